"""Signs in by a recorded script, played in a browser. What the browser then holds is the session: cookies, and the
tokens that its pages send in headers.

Being signed in is proved in the browser, because there may be no text before scripts have drawn it. How a loss shows
over plain HTTP is found out at once: by the check text where it is in the page's source too; else by an address that
the pages asked for, which answers the session and refuses strangers (the witness); else by a refusal of the check page.
"""

import json

from analyses.engines.contract import Cookie
from analyses.prescan import side
from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignedIn, SignInFailed
from analyses.prescan.playing import STEP_SECONDS, Said, Unplayed, picture, play
from analyses.prescan.proof import (
    BY_HAND,
    check_address,
    locked_out,
    only_to_sign_in_hosts,
    prove,
    refuses,
    settings_address,
    shows,
    sign_in_hosts,
    tells_of_lockout,
)
from analyses.prescan.side import ScriptError
from analyses.prescan.sign_out_script import sign_out_by_script
from analyses.prescan.spots import Steps
from analyses.prescan.stages import Stages
from analyses.prescan.visitor import Page, Visitor, answered, named_status
from analyses.said import joined, said_by
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.targets import Address, InvalidTarget, parse_target

MOST_COOKIES = 100
MOST_WITNESSES = 5  # addresses that are tried

_CORRECT = _("Correct the script, or record it again.")


def sign_in_by_script(network: Network, stages: Stages, *, sign_out: bool = False) -> SignedIn:
    """Answer the session, and what was seen. With `sign_out` the logout script is tried before. Raises CheckFailed."""
    target = network.target
    sign_in_hosts(target)  # whatever the settings name can be read
    login = read(target, target.sign_in.login_script, side.called(_("Login script"), target.sign_in.login_script_name))
    excluded: tuple[str, ...] = ()
    remark = ""
    if sign_out and target.sign_in.logout_script:
        name = side.called(_("Logout script"), target.sign_in.logout_script_name)
        logout = read(target, target.sign_in.logout_script, name)
        excluded, remark = sign_out_by_script(network, stages, login, logout)
    outcome = _played(network, stages, login)
    try:
        _prove_in_browser(outcome, target)
        session = _session(outcome, target)
        session, seen = _over_http(network, session, outcome)
    except CheckFailed as failure:
        failure.screenshot = picture(outcome)
        raise
    return SignedIn(session, joined(seen, remark, by="; "), excluded, picture(outcome))


def read(target: PrescanTarget, text: str, called: str) -> Steps:
    """The steps of a script. Raises SignInFailed."""
    try:
        script = side.parse(text.encode(), called)
        start = parse_target(target.url)
        steps = enumerate(script.commands)
        opened = {at: script.address(command, start) for at, command in steps if command.name == "open"}
    except ScriptError as error:
        raise SignInFailed(said_by(error), _CORRECT) from error
    return Steps(script.commands, opened, anywhere=True)


def _played(network: Network, stages: Stages, login: Steps) -> Said:
    target = network.target
    proof = {"address": target.sign_in.check_url, "text": target.sign_in.check_text, "there": True}
    try:
        outcome = play(network, Session(), login, proof=proof | {"seconds": STEP_SECONDS}, pictures=target.pictures)
    except Unplayed as failure:
        stages.tell_played(login.commands, failure.outcome)
        raise _unplayed(failure) from failure
    stages.tell_played(login.commands, outcome)
    return outcome


def _unplayed(failure: Unplayed) -> SignInFailed:
    said = locked_out() if _is_locked(failure.outcome) else SignInFailed(failure.cause, failure.advice)
    said.screenshot = failure.screenshot
    return said


def _is_locked(outcome: Said) -> bool:
    return outcome.get("locked", False) or tells_of_lockout(outcome.get("seen", {}).get("text", ""))


def _prove_in_browser(outcome: Said, target: PrescanTarget) -> None:
    """Make sure that the browser shows what a signed-in person sees. Raises SignInFailed."""
    seen = outcome.get("seen", {})
    shown, text = _shown(seen.get("url", "")), target.sign_in.check_text
    if strayed := outcome["strayed"]:
        raise SignInFailed(
            _("After the login script, the check page leads to %(host)s, which the settings do not name", host=strayed),
            _("Check user name and password, and that the check page is one that a signed-in person gets."),
        )
    if not outcome["proved"] and text:
        if _is_locked(outcome):
            raise locked_out()
        raise SignInFailed(
            _("The check text does not show on %(page)s after the login script", page=shown),
            _("Look at the picture: it should be the page that a signed-in person sees, with the text on it."),
        )
    if text:
        return
    status = outcome["status"]
    if not outcome["proved"] or (status and status >= 400):
        cause = _("%(page)s did not answer in time after the login script", page=shown)
        if status:
            answer = {"page": shown, "status": named_status(status)}
            cause = _("%(page)s answered %(status)s after the login script", **answer)
        raise SignInFailed(cause, BY_HAND)
    if seen.get("asks"):
        raise SignInFailed(_("%(page)s asks for a password after the login script", page=shown), BY_HAND)


def _shown(url: str) -> str:
    try:
        return parse_target(url.partition("#")[0]).shown
    except InvalidTarget:
        return _("the page")


def _session(outcome: Said, target: PrescanTarget) -> Session:
    """The cookies that are for the hosts of the target, and the headers that its pages sent. Raises SignInFailed."""
    hosts = {settings_address(target.url).host, check_address(target).host}
    cookies = []
    for given in outcome["cookies"]:
        domain = given["domain"].removeprefix(".").strip("[]")
        if any(host == domain or host.endswith(f".{domain}") for host in hosts):
            cookies.append(Cookie(given["name"], given["value"], domain, given["path"], bool(given["secure"])))
    headers = tuple(outcome["headers"].items())
    if not cookies and not headers:
        raise SignInFailed(
            _("The login script left neither a cookie nor a token in a header, so there is no session to scan with"),
            _("Let the script end on a page that a signed-in person sees; see the picture."),
        )
    kept = json.dumps(outcome["kept"]) if outcome["kept"] else ""
    return Session(tuple(cookies[:MOST_COOKIES]), headers, kept=kept)


# --- Without the browser --------------------------------------------------------------------------------------------


def _over_http(network: Network, session: Session, outcome: Said) -> tuple[Session, str]:
    """See what the session does without the browser, and how a loss of it would show. Raises CheckFailed."""
    target, text = network.target, network.target.sign_in.check_text
    address = check_address(target)
    page = visit(network, session, address)
    if page.status in (401, 403):
        raise SignInFailed(
            _("The browser is signed in, but what it holds is refused: %(answer)s", answer=answered(page)),
            _("The site keeps the session in a way that cannot be carried over to the scan. Sign in in another way."),
        )
    if text and shows(page, text):
        stranger = _stranger(network, address)
        if stranger and shows(stranger, text):
            raise SignInFailed(
                _("The check text is on %(page)s without signing in too", page=address.shown),
                _("Choose a text that only a signed-in person sees."),
            )
        return session, joined(prove(page, target), _held(session), by="; ")
    if not text:
        prove(page, target)
    witness = _witness(network, session, outcome["asked"])
    session = Session(session.cookies, session.headers, witness=witness, rendered=bool(text), kept=session.kept)
    seen = _("The check text shows in the browser") if text else _("It was played; a check text would make sure")
    known = _("its loss shows only where the check page refuses it")
    if witness:
        known = _("its loss shows at %(page)s", page=_shown(witness))
    return session, joined(seen, _held(session), known, by="; ")


def visit(network: Network, session: Session, address: Address) -> Page:
    """Ask for a page with a session. Raises CheckFailed."""
    trusted = frozenset({settings_address(network.target.url).origin, check_address(network.target).origin})
    visitor = Visitor(network, session.headers, trusted, session.cookies)
    return visitor.visit(address, only_to_sign_in_hosts(network.target))


def _stranger(network: Network, address: Address) -> Page | None:
    """The same page for a stranger; None when strangers get none."""
    try:
        return Visitor(network).visit(address, only_to_sign_in_hosts(network.target))
    except CheckFailed:
        return None


def _witness(network: Network, session: Session, asked: list[str]) -> str:
    """An address that answers the session and refuses strangers; empty when none of those asked for does."""
    for url in asked[:MOST_WITNESSES]:
        address = parse_target(url)
        try:
            page = visit(network, session, address)
        except CheckFailed:
            continue
        stranger = _stranger(network, address)
        if page.status < 300 and not refuses(page, address) and (stranger is None or refuses(stranger, address)):
            return address.url
    return ""


def _held(session: Session) -> str:
    """What the session consists of, for people."""
    names = ", ".join(name.title() for name, _ in session.headers)
    count = len(session.cookies)
    cookies = ngettext("%(count)s cookie", "%(count)s cookies", count)
    header = _("the header %(header)s", header=names)
    held = _("%(cookies)s and %(header)s", cookies=cookies, header=header) if count and names else cookies
    return _("the session is %(held)s", held=held if count else header)
