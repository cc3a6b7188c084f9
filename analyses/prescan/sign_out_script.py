"""The logout script: played right after the login script, to see that it signs out, and what signs out by it.

What signs out is what the page asks for at the last of its steps that asks for anything: the scan must not.
"""

from contextlib import suppress

from analyses.prescan.connection import Network
from analyses.prescan.contract import PrescanTarget, Session, SignInFailed
from analyses.prescan.crawl_script import without_secrets
from analyses.prescan.places import is_scanned
from analyses.prescan.playing import STEP_SECONDS, Said, Unplayed, play, secrets, typed_in
from analyses.prescan.proof import check_address
from analyses.prescan.spots import Steps, named
from analyses.prescan.stages import Stages
from analyses.said import said as _
from analyses.targets import Address, InvalidTarget, parse_target

MOST_EXCLUDED = 3

_ADVICE = _("Record the logout script again, beginning where the login script ends; or remove it.")


def sign_out_by_script(network: Network, stages: Stages, login: Steps, logout: Steps) -> tuple[tuple[str, ...], str]:
    """Sign in and out again; answers the addresses that sign out, and a remark for people. Raises CheckFailed."""
    target, first = network.target, len(login.commands)
    opened = login.opened | {first + at: address for at, address in logout.opened.items()}
    both = Steps(login.commands + logout.commands, opened, anywhere=True)
    text = target.sign_in.check_text
    proof = {"address": check_address(target).url, "text": text, "there": False, "seconds": STEP_SECONDS}
    try:
        outcome = play(network, Session(), both, proof=proof, pictures=target.pictures)
    except Unplayed as failure:
        stages.tell_played(both.commands, failure.outcome)
        said = SignInFailed(failure.cause, failure.advice)
        said.screenshot = failure.screenshot
        raise said from failure
    stages.tell_played(both.commands, outcome)
    excluded = _signing_out(outcome, first, both, target)
    if text and not outcome["proved"] and not outcome["strayed"]:
        raise SignInFailed(_("The check text still shows after the logout script"), _ADVICE)
    remark = _("whether the logout script signs out could not be seen")
    if text or _looks_signed_out(outcome, target):
        remark = _("the logout script signs out")
    if excluded:
        remark = _("%(remark)s, so %(addresses)s is left out", remark=remark, addresses=", ".join(excluded))
    return excluded, remark


def _looks_signed_out(outcome: Said, target: PrescanTarget) -> bool:
    """Without a check text: the check page refuses, asks for a password, or leads to another page."""
    seen = outcome.get("seen", {})
    if outcome["strayed"] or outcome["status"] in (401, 403) or seen.get("asks"):
        return True
    with suppress(InvalidTarget):
        return not parse_target(seen.get("url", "").partition("#")[0]).same_page(check_address(target))
    return False


def _signing_out(outcome: Said, first: int, both: Steps, target: PrescanTarget) -> tuple[str, ...]:
    """The addresses in scope that the page asked for at the step that signs out, and never while signing in."""
    asked_for = outcome["asked_for"][: len(both.commands)]
    before = {_bare(url) for step in asked_for[:first] for url in step}
    before |= {address.origin + address.path for address in (parse_target(target.url), *named(target))}
    hidden = secrets(outcome, target, Session(), typed_in(both.commands))
    for step in reversed(asked_for[first:]):
        new = [address for url in step if (address := _in_scope(url, target)) and _bare(url) not in before]
        if new:
            kept = {without_secrets(address, hidden): None for address in new}
            return tuple(kept)[:MOST_EXCLUDED]
    return ()


def _in_scope(url: str, target: PrescanTarget) -> Address | None:
    with suppress(InvalidTarget):
        address = parse_target(url.partition("#")[0])
        return address if is_scanned(address, target) else None
    return None


def _bare(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]
