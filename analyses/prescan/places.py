"""Where a scan goes on to beside its target: its http or https twin, and the allowed hosts.

Each of them is a target of its own as far as permission goes: administrators allow it or not, its name is looked up
and its addresses are judged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from analyses.engines.contract import Place
from analyses.prescan import side
from analyses.prescan.connection import TLS_SECONDS, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import ScanStatus
from analyses.targets import Address, InvalidTarget, in_scope, parse_target, twin

MOST_PLACES = 20


def places(target: PrescanTarget) -> tuple[Place, ...]:
    """Where the scan goes on to, each place once; nothing is looked up yet. Raises CheckFailed for what is no place."""
    found = {}
    if target.both_schemes:
        there = twin(parse_target(target.url))
        if there is None:
            raise CheckFailed(
                _("An address with a port of its own has no twin by http or https"),
                _("Do without the twin. If there is one, add its address as a URL, or as a further host."),
                ScanStatus.VERIFICATION_FAILED,
            )
        found[there.url] = Place(there.url, scope=target.scope)
    for text in target.allowed_hosts:
        try:
            there = parse_target(text)
        except InvalidTarget as error:
            raise CheckFailed(
                _("A further host cannot be read: %(error)s", error=said_by(error)),
                _("Correct the further hosts."),
                ScanStatus.VERIFICATION_FAILED,
            ) from error
        found.setdefault(there.url, Place(there.url))
    if len(found) > MOST_PLACES:
        raise CheckFailed(
            _("There are more than %(most)s further hosts", most=MOST_PLACES),
            _("Scan some of them by themselves."),
            ScanStatus.VERIFICATION_FAILED,
        )
    return tuple(found.values())


def judged_places(network: Network) -> tuple[Place, ...]:
    """The places with their IP addresses, all of them allowed. Raises CheckFailed, which names the place."""
    return tuple(_judged(network, place) for place in places(network.target))


def reached_places(network: Network) -> list[str]:
    """Connect to each place once; answers their origins. Raises CheckFailed, which names the place."""
    reached: dict[str, None] = {}
    for place in judged_places(network):
        address = parse_target(place.url)
        if address.origin in reached:
            continue
        with _naming(address), network.connect(address) as connection:
            if address.scheme == "https":  # without the client certificate: that is for the target alone
                network.secured(connection, address.host, network.deadline.left(TLS_SECONDS)).close()
        reached[address.origin] = None
    return list(reached)


def is_scanned(address: Address, target: PrescanTarget) -> bool:
    """Tell whether an address is in the scope of a scan: the target's own, or that of one of its places."""
    return any(in_scope(address, start, scope) for start, scope in scopes(target))


def scopes(target: PrescanTarget) -> list[tuple[Address, str]]:
    """The addresses that the scan is of, each with how far. Raises CheckFailed for what is no place."""
    everywhere = (Place(target.url, scope=target.scope), *places(target))
    return [(parse_target(place.url), place.scope) for place in everywhere]


def _judged(network: Network, place: Place) -> Place:
    address = parse_target(place.url)
    with _naming(address):
        return replace(place, addresses=network.addresses(address))


@contextmanager
def _naming(address: Address) -> Iterator[None]:
    try:
        yield
    except CheckFailed as failure:
        raise CheckFailed(side.within(address.origin, failure.cause), failure.advice, failure.status) from failure
