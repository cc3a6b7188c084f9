"""The crawl script: played in a browser of its own, kept to the places that were judged, and bounded in time."""

import base64
import hashlib
import json
import logging
import os
import re
import shutil
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyses.engines.contract import Cookie
from analyses.engines.process import ProcessGroup
from analyses.prescan import side
from analyses.prescan.connection import TLS_SECONDS, Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session
from analyses.prescan.side import Command, Script, ScriptError
from analyses.targets import Address, InvalidTarget, in_scope, parse_target

MOST_SECONDS = 120.0  # for the whole script
STEP_SECONDS = 10.0
MOST_START_URLS = 200
AT_ONCE = 3  # browsers, in one worker
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

_BROWSER = Path(__file__).with_name("browser.py")
_LONGEST_FOLDER = 40
_MOST_SAID = 2_000_000  # bytes
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")  # of this process's environment
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|sess|sid|auth|key|code|csrf|jwt|sig|otp|ticket", re.IGNORECASE)
_RECORD_AGAIN = "Record the script again, or remove this step."
_free = threading.BoundedSemaphore(AT_ONCE)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Spot:
    """A host and port that the browser may reach, and the one IP address at which it does."""

    address: Address
    ip: str
    key: str = ""  # the hash of the key in its certificate, which was verified

    @property
    def rule(self) -> str:
        """For Chromium's resolver: this host leads there, whatever a name server says."""
        host, ip = (f"[{text}]" if ":" in text else text for text in (self.address.host, self.ip))
        return f"MAP {host}:{self.address.port} {ip}:{self.address.port}"


def play(network: Network, session: Session) -> tuple[tuple[str, ...], str]:
    """Play the target's script; answers the addresses it visited, and what was seen. Raises CheckFailed."""
    target = network.target
    try:
        script = side.parse(target.crawl_script.encode())
        opened = [(command, _opened(script, command, target)) for command in script.commands if command.name == "open"]
    except ScriptError as error:
        raise CheckFailed(str(error), "Record the script at the address of the scan, and within its scope.") from error
    program = _program(target.chromium)
    spots = [*_spots(network, session, opened)]
    seconds = network.deadline.left(MOST_SECONDS)
    if not _free.acquire(timeout=seconds):
        raise CheckFailed("No browser was free in time: other scripts were playing", "Submit again a little later.")
    try:
        job = _job(target, session, script, dict(opened), spots) | {"program": program, "sandbox": os.geteuid() != 0}
        outcome = _outcome(job, network.deadline.left(MOST_SECONDS))
    finally:
        _free.release()
    return _judged(outcome, script, target, session)


def _opened(script: Script, command: Command, target: PrescanTarget) -> Address:
    """Where an `open` leads to, if that is within the scope. Raises ScriptError."""
    start = parse_target(target.url)
    address = script.address(command, start)
    if in_scope(address, start, target.scope) or any(map(address.same_page, _named(target))):
        return address
    raise ScriptError(f"{command.label}: it leads to {address.shown}, outside of the scope of the scan")


def _named(target: PrescanTarget) -> list[Address]:
    """The pages that the sign-in settings name: a script may visit them too."""
    return [parse_target(url) for url in (target.sign_in.login_url, target.sign_in.check_url) if url]


def _program(wanted: str) -> str:
    """Where Chromium is. Raises CheckFailed."""
    for name in [wanted] if wanted else PROGRAMS:
        if found := shutil.which(name):
            return found
    where = f"There is no {wanted}" if wanted else "There is no Chromium on the machine that runs the prescan"
    raise CheckFailed(
        f"{where}, which crawl scripts are played in",
        "Ask an administrator to install it (apt-get install chromium), or to set CHROMIUM; or remove the script.",
    )


# --- Where the browser may go ---------------------------------------------------------------------------------------


def _spots(network: Network, session: Session, opened: Iterable[tuple[Command, Address]]) -> Iterator[Spot]:
    """The places it may reach, each judged and connected to once. Raises CheckFailed."""
    start = parse_target(network.target.url)
    wanted = [("", start), *(("", address) for address in _named(network.target))]
    wanted += [(f"{command.label}: ", address) for command, address in opened]
    trusted = _trusted(network.target)
    done: set[tuple[str, int]] = set()
    for place, address in wanted:
        if (address.host, address.port) in done:
            continue
        if session.headers and address.origin not in trusted:
            raise CheckFailed(
                f"{place}it leads to {address.origin}, where the header of the sign-in must not go", _RECORD_AGAIN
            )
        done.add((address.host, address.port))
        try:
            yield _spot(network, address)
        except CheckFailed as failure:
            raise CheckFailed(place + failure.cause, failure.advice) from failure


def _spot(network: Network, address: Address) -> Spot:
    with network.connect(address) as connection:
        ip = connection.getpeername()[0]
        if address.scheme == "http":
            return Spot(address, ip)
        with network.secured(connection, address.host, network.deadline.left(TLS_SECONDS)) as secured:
            return Spot(address, ip, _key(secured))


def _key(secured: ssl.SSLSocket) -> str:
    """The hash by which Chromium knows a key that was verified here, by this machine's own authorities."""
    certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def _trusted(target: PrescanTarget) -> set[str]:
    """The origins that the header of a sign-in goes to."""
    return {parse_target(url).origin for url in (target.url, target.sign_in.check_url) if url}


# --- What the browser is told ---------------------------------------------------------------------------------------


def _job(
    target: PrescanTarget, session: Session, script: Script, opened: dict[Command, Address], spots: list[Spot]
) -> dict[str, Any]:
    return {
        "start": target.url,
        "scope": target.scope,
        "named": [address.url for address in _named(target)],
        "spots": [[spot.address.host, spot.address.port] for spot in spots],
        "rules": ", ".join([*(spot.rule for spot in spots), "MAP * ~NOTFOUND"]),
        "keys": [spot.key for spot in spots if spot.key],
        "user_agent": target.user_agent,
        "cookies": [_cookie(cookie) for cookie in session.cookies],
        "headers": dict(session.headers),
        "trusted": sorted(_trusted(target)),
        "step_seconds": STEP_SECONDS,
        "commands": [_command(command, opened) for command in script.commands],
    }


def _command(command: Command, opened: dict[Command, Address]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": command.name,
        "target": command.target,
        "value": command.value,
        "by": "",
        "text": "",
    }
    if command.locator:
        told |= {"by": command.locator.by, "text": command.locator.text}
    if command.name == "open":
        told["address"] = opened[command].url
    if command.name == "sendKeys":
        told["keys"] = side.keys(command.value)
    return told


def _cookie(cookie: Cookie) -> dict[str, Any]:
    """As Playwright wants it. A name with a dot before it means the hosts below it too."""
    literal = ":" in cookie.domain or cookie.domain.rpartition(".")[2].isdigit()
    dotted = cookie.domain if literal or "." not in cookie.domain else f".{cookie.domain}"
    domain = f"[{cookie.domain}]" if ":" in cookie.domain else dotted
    return {
        "name": cookie.name, "value": cookie.value, "domain": domain, "path": cookie.path, "secure": cookie.secure
    }  # fmt: skip


# --- What comes of it -----------------------------------------------------------------------------------------------


def _outcome(job: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run the browser within a time; answers the last thing that was said. Leaves no process and no file behind."""
    ends = time.monotonic() + seconds
    with _folder() as folder:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"HOME": folder, "TMPDIR": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
        command = [sys.executable, "-P", str(_BROWSER)]
        group = ProcessGroup(command, json.dumps(job).encode() + b"\n", Path(folder), environment)
        said = b""
        try:
            while (left := ends - time.monotonic()) > 0 and len(said) < _MOST_SAID:
                heard = group.read(left)
                if heard is None:
                    break
                said += heard
        finally:
            group.end()
    lines = [json.loads(line) for line in said.split(b"\n")[:-1]]
    last = lines[-1] if lines else {"at": -1}
    return last if "outcome" in last else {"outcome": "over" if left <= 0 else "lost", "seconds": seconds, **last}


def _folder() -> tempfile.TemporaryDirectory:
    """A private folder, removed afterwards; Chromium makes a socket in it, whose path must be short."""
    below = None if len(tempfile.gettempdir()) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108  # nosec B108
    return tempfile.TemporaryDirectory(prefix="vedette-browser-", dir=below, ignore_cleanup_errors=True)


def _judged(
    outcome: dict[str, Any], script: Script, target: PrescanTarget, session: Session
) -> tuple[tuple[str, ...], str]:
    """Turn what was said into what is kept. Raises CheckFailed."""
    if outcome["outcome"] == "no browser":
        log.warning("Chromium could not be started: %s", outcome["detail"])
        raise CheckFailed(
            "Chromium could not be started on the machine that runs the prescan",
            "Tell an administrator, who finds the reason in the log; or remove the script.",
        )
    place = f"{script.commands[outcome['at']].label}: " if outcome.get("at", -1) >= 0 else ""
    held_back = ", ".join(outcome.get("held_back", ()))
    if outcome["outcome"] == "failed":
        advice = f"Requests to {held_back} were held back: the scan is not for them. " if held_back else ""
        typed = [command.value for command in script.commands if command.name in ("type", "sendKeys")]
        cause = outcome["cause"]  # it may quote an address, into which a site has put what was typed
        for secret in sorted(_secrets(target, session, typed), key=len, reverse=True):
            cause = cause.replace(secret, "•••")
        raise CheckFailed(place + cause, advice + _RECORD_AGAIN)
    if outcome["outcome"] == "over":
        raise CheckFailed(
            f"{place}the {outcome['seconds']:.0f} s that were left for the script were over",
            "Make it shorter, or check that the site answers quickly.",
        )
    if outcome["outcome"] != "played":
        raise CheckFailed(f"{place}the browser ended in the middle of it", "Submit again; if it repeats, shorten it.")
    typed = [script.commands[at].value for at in outcome["passwords"]]
    visited = _start_urls(outcome["visited"], target, _secrets(target, session, typed))
    count = len(script.commands)
    seen = f"{count} step{'' if count == 1 else 's'} played, {len(visited)} addresses to start from"
    return visited, f"{seen}; requests to {held_back} were held back" if held_back else seen


def _secrets(target: PrescanTarget, session: Session, typed: list[str]) -> set[str]:
    """Texts that no kept address may hold."""
    given = [target.sign_in.secret, *typed, *(cookie.value for cookie in session.cookies)]
    given += [value for _, value in session.headers]
    known = [text for text in given if len(text) >= 4]
    return {spelling for text in known for spelling in (text, quote(text), quote(text, safe=""), quote_plus(text))}


def _start_urls(visited: list[str], target: PrescanTarget, secrets: set[str]) -> tuple[str, ...]:
    """The visited addresses that are in scope and hold no secret, each once."""
    start = parse_target(target.url)
    kept: dict[str, None] = {}
    for url in visited:
        try:
            address = parse_target(url)
        except InvalidTarget:
            continue
        bare = address.origin + address.path
        if not in_scope(address, start, target.scope) or any(secret in bare for secret in secrets):
            continue
        names = [name for name, _ in parse_qsl(address.query, keep_blank_values=True)]
        telling = any(map(_SECRET_NAME.search, names)) or any(secret in address.url for secret in secrets)
        kept[bare if telling else address.url] = None
    return tuple(kept)[:MOST_START_URLS]
