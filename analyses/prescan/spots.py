"""Where the browser of a recorded script may go: places that were judged, and that have answered once."""

import base64
import hashlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyses.prescan import side
from analyses.prescan.connection import TLS_SECONDS, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session
from analyses.prescan.places import scopes
from analyses.prescan.side import Command
from analyses.said import said as _
from analyses.targets import Address, parse_target

RECORD_AGAIN = _("Record the script again, or remove this step.")


@dataclass(frozen=True)
class Spot:
    """A host and port that the browser may reach."""

    address: Address
    key: str = ""  # the hash of the key in its certificate, which was verified


@dataclass(frozen=True)
class Steps:
    """What is to be played: the steps of one script or of several, and where each `open` leads."""

    commands: tuple[Command, ...]
    opened: dict[int, Address]  # by the place of the step
    anywhere: bool = False  # the page may go to every host that the settings or the script name, as a sign-in does


def named(target: PrescanTarget) -> list[Address]:
    """The pages that the sign-in settings name: a script may visit them too."""
    return [parse_target(url) for url in (target.sign_in.login_url, target.sign_in.check_url) if url]


def spots_of(network: Network, session: Session, steps: Steps) -> Iterator[Spot]:
    """The places it may reach, each judged and connected to once. Raises CheckFailed.

    A header that Chromium is told to send goes with a request through its redirects too. So where there are headers,
    it finds no places but those that these may go to.
    """
    target = network.target
    start = parse_target(target.url)
    wanted = [("", start, True), *(("", address, True) for address in named(target))]
    wanted += [(steps.commands[at].label, address, True) for at, address in steps.opened.items()]
    wanted += [("", address, False) for address, _scope in scopes(target)[1:]]
    done: set[tuple[str, int]] = set()
    for place, address, needed in wanted:
        if (address.host, address.port) in done:
            continue
        what = _held_header(target, session, address)
        if what and not (place or steps.anywhere):
            continue
        if what:
            led = _("it leads to %(host)s, where %(header)s must not go", host=address.origin, header=what)
            raise CheckFailed(side.within(place, led), RECORD_AGAIN)
        try:
            yield _spot(network, address)
        except CheckFailed as failure:
            if needed:
                raise CheckFailed(side.within(place, failure.cause), failure.advice, failure.status) from failure
            continue
        done.add((address.host, address.port))


def _held_header(target: PrescanTarget, session: Session, address: Address) -> str:
    """Which header must not go to an address; empty when none is sent, or it may."""
    if session.headers and address.origin not in trusted_origins(target):
        return _("the header of the sign-in")
    if target.headers and address.origin != parse_target(target.url).origin:
        return _("the extra headers of the scan")
    return ""


def _spot(network: Network, address: Address) -> Spot:
    with network.connect(address) as connection:
        if address.scheme == "http":
            return Spot(address)
        with network.secured(connection, address.host, network.deadline.left(TLS_SECONDS)) as secured:
            return Spot(address, _key(secured))


def _key(secured: ssl.SSLSocket) -> str:
    """The hash by which Chromium knows a key that was verified here, by this machine's own authorities."""
    return key_hash(x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b""))


def key_hash(certificate: x509.Certificate) -> str:
    """The hash by which Chromium knows a key."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def trusted_origins(target: PrescanTarget) -> set[str]:
    """The origins that the header of a sign-in goes to."""
    return {parse_target(url).origin for url in (target.url, target.sign_in.check_url) if url}
