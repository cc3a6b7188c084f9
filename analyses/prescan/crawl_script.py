"""The crawl script: played signed in; what it visits is where the scan starts too."""

import re
from urllib.parse import parse_qsl

from analyses.prescan import side
from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session
from analyses.prescan.places import is_scanned
from analyses.prescan.playing import Said, picture, play, secrets
from analyses.prescan.side import Command, Script, ScriptError
from analyses.prescan.spots import Steps, named
from analyses.said import joined, said_by
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.targets import Address, InvalidTarget, parse_target

MOST_START_URLS = 200

SECRET_NAME = re.compile(r"pass|pwd|secret|token|sess|sid|auth|key|code|csrf|jwt|sig|otp|ticket", re.IGNORECASE)


def crawl(network: Network, session: Session) -> tuple[tuple[str, ...], str, bytes]:
    """Play the target's script; answers the addresses it visited, what was seen, and a picture. Raises CheckFailed."""
    target = network.target
    try:
        script = side.parse(target.crawl_script.encode(), side.called(_("Crawl script"), target.crawl_script_name))
        steps = list(enumerate(script.commands))
        opened = {at: _opened(script, command, target) for at, command in steps if command.name == "open"}
    except ScriptError as error:
        raise CheckFailed(
            said_by(error), _("Record the script at the address of the scan, and within its scope.")
        ) from error
    outcome = play(network, session, Steps(script.commands, opened))
    typed = [script.commands[at].value for at in outcome["passwords"]]
    visited = _start_urls(outcome["visited"], target, secrets(outcome, target, session, typed))
    return visited, _seen(script, visited, outcome), picture(outcome)


def _opened(script: Script, command: Command, target: PrescanTarget) -> Address:
    """Where an `open` leads to, if that is within the scope. Raises ScriptError."""
    start = parse_target(target.url)
    address = script.address(command, start)
    if is_scanned(address, target) or any(map(address.same_page, named(target))):
        return address
    led = _("it leads to %(page)s, outside of the scope of the scan", page=address.shown)
    raise ScriptError(side.within(command.label, led))


def _seen(script: Script, visited: tuple[str, ...], outcome: Said) -> str:
    played = ngettext("%(count)s step played", "%(count)s steps played", len(script.commands))
    found = ngettext("%(count)s addresses to start from", "%(count)s addresses to start from", len(visited))
    hosts = ", ".join(outcome["held_back"])
    held_back = _("requests to %(hosts)s were held back", hosts=hosts) if hosts else ""
    return joined(joined(played, found, by=", "), held_back, by="; ")


def _start_urls(visited: list[str], target: PrescanTarget, secrets: list[str]) -> tuple[str, ...]:
    """The visited addresses that are in scope and hold no secret, each once."""
    kept: dict[str, None] = {}
    for url in visited:
        try:
            address = parse_target(url)
        except InvalidTarget:
            continue
        bare = address.origin + address.path
        if is_scanned(address, target) and not any(secret in bare for secret in secrets):
            kept[without_secrets(address, secrets)] = None
    return tuple(kept)[:MOST_START_URLS]


def without_secrets(address: Address, secrets: list[str]) -> str:
    """An address to be kept: without its query where that holds a secret, or looks as if it did."""
    names = [name for name, _ in parse_qsl(address.query, keep_blank_values=True)]
    telling = any(map(SECRET_NAME.search, names)) or any(secret in address.url for secret in secrets)
    return address.origin + address.path if telling else address.url
