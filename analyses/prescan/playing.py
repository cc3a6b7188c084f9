"""Plays recorded scripts in a browser of its own, kept to the places that were judged, and bounded in time."""

import base64
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from analyses.egress.bounds import MIB, Bounds
from analyses.egress.connections import Between
from analyses.egress.proxy import USER, Proxy
from analyses.engines.contract import Cookie
from analyses.engines.process import ProcessGroup
from analyses.prescan import side
from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session
from analyses.prescan.places import scopes
from analyses.prescan.presenting import presenting
from analyses.prescan.side import Command
from analyses.prescan.spots import RECORD_AGAIN, Spot, Steps, named, spots_of, trusted_origins
from analyses.prescan.totp import MOST_WAIT, InvalidKey, claims_folder, read_key
from analyses.said import changed, joined, said_by, unpacked
from analyses.said import said as _
from analyses.targets import Address, parse_target

MOST_SECONDS = 120.0  # for the steps of one script
STEP_SECONDS = 10.0
JUDGED_SECONDS = 1.0  # how often it is asked whether the target still is allowed
QUEUE_SECONDS = 600.0  # waiting for a browser, which does not count
AT_ONCE = 3  # browsers, in one worker
BOUNDS = Bounds(bytes_each=128 * MIB, bytes_in_all=1024 * MIB)  # for one script
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

_BROWSER = Path(__file__).with_name("browser.py")
_LONGEST_FOLDER = 40
_MOST_SAID = 6_000_000  # bytes
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")  # of this process's environment
_free = threading.BoundedSemaphore(AT_ONCE)
log = logging.getLogger(__name__)

Said = dict[str, Any]


class Unplayed(CheckFailed):
    """A script could not be played to its end; `outcome` is what the player said last."""

    def __init__(self, cause: str, advice: str, outcome: Said | None = None):
        super().__init__(cause, advice)
        self.outcome = outcome or {}
        self.screenshot = picture(self.outcome)


def play(
    network: Network, session: Session, steps: Steps, *, proof: Said | None = None, pictures: bool = False
) -> Said:
    """Play steps with a session; answers what the player said last, of a script that came to its end.

    With `pictures` also what showed after each step, as `shots` by the place of the step.

    Raises CheckFailed, with a picture of where it ended.
    """
    target = network.target
    _refuse_without_key(steps, target)
    program = _program(target.chromium)
    began = time.monotonic()
    if not _free.acquire(timeout=QUEUE_SECONDS):
        raise Unplayed(_("No browser was free in time: other scripts were playing"), _("Submit again a little later."))
    network.deadline.moment += time.monotonic() - began  # other scripts' time is not this one's
    try:
        spots = list(spots_of(network, session, steps))
        between, key = _presenting(network, spots)
        with _way_out(network, spots, between) as way_out:
            job = _job(target, session, steps, spots) | {"proof": proof, "program": program, "pictures": pictures}
            job["keys"] += key
            job["way_out"] = {"port": way_out.port, "username": USER, "password": way_out.password}
            most = MOST_SECONDS + (MOST_WAIT if job["codes"] else 0)
            outcome = _outcome(job, network, network.deadline.left(most))
    finally:
        _free.release()
    _refuse_failed(outcome, steps, target, session)
    return outcome


def _way_out(network: Network, spots: Iterable[Spot], between: Mapping[tuple[str, int], Between]) -> Proxy:
    """The only way by which the browser reaches anything, by the guard that has judged the spots."""
    return Proxy(network.guard, [spot.address for spot in spots], between=between, bounds=BOUNDS)


def _presenting(network: Network, spots: Iterable[Spot]) -> tuple[dict[tuple[str, int], Between], list[str]]:
    """Where the proxy presents the client certificate, and the hash of the key that the browser sees there.

    That is at the target's own origin, where it is one of the spots. Raises SignInFailed.
    """
    own = parse_target(network.target.url)
    if not network.target.client_certificate or own.scheme == "http":
        return {}, []
    if own.origin not in {spot.address.origin for spot in spots}:
        return {}, []
    between, key = presenting(network)
    return {(own.host, own.port): between}, [key]


def picture(outcome: Said) -> bytes:
    """The picture of where it ended."""
    return decoded(outcome.get("picture", ""))


def decoded(text: str) -> bytes:
    """A picture as the player says it."""
    return base64.b64decode(text)


def secrets(outcome: Said, target: PrescanTarget, session: Session, typed: Iterable[str]) -> list[str]:
    """Texts that nothing that is kept or shown may hold, in all their spellings, the longest first."""
    given = [target.sign_in.secret, *typed, *outcome.get("codes", ())]
    given += [cookie.value for cookie in session.cookies] + [value for _, value in session.headers]
    given += [value for _, value in target.headers]
    known = [text for text in given if len(text) >= 4]
    spelled = {spelling for text in known for spelling in (text, quote(text), quote(text, safe=""), quote_plus(text))}
    return sorted(spelled, key=len, reverse=True)


def typed_in(commands: Iterable[Command]) -> list[str]:
    """What a script types."""
    return [command.value for command in commands if command.name in side.TYPING]


def _refuse_without_key(steps: Steps, target: PrescanTarget) -> None:
    for command in steps.commands:
        if side.CODE not in command.value:
            continue
        try:
            read_key(target.sign_in.totp_secret)
        except InvalidKey as error:
            raise Unplayed(
                side.within(command.label, _("it types a one-time code, and there is no key for it that can be used")),
                joined(_("Enter the key of the one-time codes in the sign-in settings."), said_by(error)),
            ) from error


def _program(wanted: str) -> str:
    """Where Chromium is. Raises CheckFailed."""
    for name in [wanted] if wanted else PROGRAMS:
        if found := shutil.which(name):
            return found
    cause = _("There is no Chromium on the machine that runs the prescan, which scripts are played in")
    if wanted:
        cause = _("There is no %(program)s, which scripts are played in", program=wanted)
    raise Unplayed(
        cause,
        _(
            "Ask an administrator to install it (apt-get install chromium-headless-shell), or to set CHROMIUM; "
            "or remove the script."
        ),
    )


# --- What the browser is told ---------------------------------------------------------------------------------------


def _job(target: PrescanTarget, session: Session, steps: Steps, spots: list[Spot]) -> Said:
    within = [*steps.opened.values(), *named(target)] if steps.anywhere else []
    coded = any(side.CODE in command.value for command in steps.commands)
    codes = {"key": target.sign_in.totp_secret, "seconds": MOST_WAIT, "folder": str(claims_folder())}
    return {
        "start": target.url,
        "places": [[address.url, scope] for address, scope in scopes(target)],
        "named": [address.url for address in named(target)],
        "hosts": sorted({address.host for address in within}),
        "spots": [[spot.address.host, spot.address.port] for spot in spots],
        "keys": [spot.key for spot in spots if spot.key],
        "user_agent": target.user_agent,
        "cookies": [_cookie(cookie) for cookie in session.cookies],
        "headers": _headers(session.headers),
        "extra": _headers(target.headers),
        "trusted": sorted(trusted_origins(target)),
        "kept": session.kept,
        "codes": codes if coded else None,
        "sandbox": os.geteuid() != 0,
        "step_seconds": STEP_SECONDS,
        "commands": [_command(command, steps.opened.get(at)) for at, command in enumerate(steps.commands)],
    }


def _headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """As Chromium names them, so that none is sent twice."""
    return {name.lower(): value for name, value in pairs}


def _command(command: Command, opened: Address | None = None) -> Said:
    told: Said = {
        "name": command.name,
        "target": command.target,
        "value": command.value,
        "by": "",
        "text": "",
    }
    if command.locator:
        told |= {"by": command.locator.by, "text": command.locator.text}
    if opened:
        told["address"] = opened.url
    if command.name == "sendKeys":
        told["keys"] = side.keys(command.value)
    return told


def _cookie(cookie: Cookie) -> Said:
    """As Playwright wants it. A name with a dot before it means the hosts below it too."""
    literal = ":" in cookie.domain or cookie.domain.rpartition(".")[2].isdigit()
    dotted = cookie.domain if literal or "." not in cookie.domain else f".{cookie.domain}"
    domain = f"[{cookie.domain}]" if ":" in cookie.domain else dotted
    return {
        "name": cookie.name, "value": cookie.value, "domain": domain, "path": cookie.path, "secure": cookie.secure
    }  # fmt: skip


# --- What comes of it -----------------------------------------------------------------------------------------------


def _outcome(job: Said, network: Network, seconds: float) -> Said:
    """Run the browser within a time; answers the last thing that was said. Leaves no process and no file behind.

    Raises CheckFailed as soon as the target is no longer allowed.
    """
    ends, target = time.monotonic() + seconds, parse_target(network.target.url)
    with _folder() as folder:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"HOME": folder, "TMPDIR": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder}
        command = [sys.executable, "-P", str(_BROWSER)]
        group = ProcessGroup(command, json.dumps(job).encode() + b"\n", Path(folder), environment)
        said = b""
        try:
            while (left := ends - time.monotonic()) > 0 and len(said) < _MOST_SAID:
                heard = group.read(min(left, JUDGED_SECONDS))
                network.judge(target)
                if heard is None:
                    break
                said += heard
        finally:
            group.end()
    lines = [json.loads(line) for line in said.split(b"\n")[:-1]]
    shots = {line["at"]: line["shot"] for line in lines if "shot" in line}
    last = (lines[-1] if lines else {"at": -1}) | {"shots": shots}
    return last if "outcome" in last else {"outcome": "over" if left <= 0 else "lost", "seconds": seconds, **last}


def _folder() -> tempfile.TemporaryDirectory:
    """A private folder, removed afterwards; Chromium makes a socket in it, whose path must be short."""
    below = None if len(tempfile.gettempdir()) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108  # nosec B108
    return tempfile.TemporaryDirectory(prefix="vedette-browser-", dir=below, ignore_cleanup_errors=True)


def _refuse_failed(outcome: Said, steps: Steps, target: PrescanTarget, session: Session) -> None:
    """Raise CheckFailed, with its picture, for a script that did not come to its end."""
    if outcome["outcome"] == "played":
        return
    if outcome["outcome"] == "no browser":
        log.warning("Chromium could not be started: %s", outcome["detail"])
        raise Unplayed(
            _("Chromium could not be started on the machine that runs the prescan"),
            _("Tell an administrator, who finds the reason in the log; or remove the script."),
        )
    at = outcome.get("at", -1)
    place = steps.commands[at].label if at >= 0 else steps.commands[0].script
    if outcome["outcome"] == "failed":
        hosts = ", ".join(outcome.get("held_back", ()))
        held_back = _("Requests to %(hosts)s were held back: the scan is not for them.", hosts=hosts) if hosts else ""
        # It may quote an address, into which a site has put what was typed.
        typed = secrets(outcome, target, session, typed_in(steps.commands))
        cause = changed(unpacked(outcome["cause"]), lambda words: _without(words, typed))
        raise Unplayed(side.within(place, cause), joined(held_back, RECORD_AGAIN), outcome)
    if outcome["outcome"] == "over":
        seconds = round(outcome["seconds"])
        raise Unplayed(
            side.within(place, _("the %(seconds)s s that were left for the script were over", seconds=seconds)),
            _("Make it shorter, or check that the site answers quickly."),
        )
    raise Unplayed(
        side.within(place, _("the browser ended in the middle of it")), _("Submit again; if it repeats, shorten it.")
    )


def _without(words: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "•••")
    return words
