"""Signs in with a header that goes with every request: HTTP basic, a bearer token, or any other."""

import base64
import re

from analyses.prescan.connection import Network
from analyses.prescan.contract import CheckFailed, PrescanTarget, Session, SignInFailed, SignInMethod
from analyses.prescan.proof import check_address, only_to_sign_in_hosts, prove, settings_address, shows
from analyses.prescan.stages import Stages, sent_as
from analyses.prescan.visitor import Page, Visitor, answered, named_status
from analyses.said import said as _
from analyses.targets import Address

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SET_BY_US = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade"})


def sign_in_by_header(network: Network, stages: Stages) -> tuple[Session, str]:
    """Answer the session's header, and what was seen with and without it. Raises CheckFailed."""
    target = network.target
    header = _basic(target) if target.sign_in.method is SignInMethod.BASIC else _given(target)
    address = check_address(target)
    trusted = frozenset({settings_address(target.url).origin, address.origin})
    page = Visitor(network, (header,), trusted).visit(address, only_to_sign_in_hosts(target))
    stages.tell(_("Asked with %(sent)s: %(answer)s", sent=sent_as(target, header[0]), answer=answered(page)))
    if page.status in (401, 403):
        raise _refused(page, header[0], target)
    without = _without(network, address)
    stages.tell(_("Asked without: %(answer)s", answer=answered(without) if without else _("strangers get no page")))
    text = target.sign_in.check_text
    if text and without and shows(without, text):
        raise SignInFailed(
            _("The check text is on %(page)s without signing in too", page=without.address.shown),
            _("Choose a text that only a signed-in person sees."),
        )
    seen = prove(page, target)
    if not text and without and (without.status, without.text) == (page.status, page.text):
        shown = page.address.shown
        seen = _("%(page)s is the same with and without signing in; a check text would make sure", page=shown)
    return Session(headers=(header,)), seen


def _without(network: Network, address: Address) -> Page | None:
    """The same page for a stranger; None when strangers get none."""
    try:
        return Visitor(network).visit(address, only_to_sign_in_hosts(network.target))
    except CheckFailed:
        return None


def _basic(target: PrescanTarget) -> tuple[str, str]:
    if ":" in target.sign_in.username:
        raise SignInFailed(
            _("The user name contains a colon, which HTTP basic cannot send"), _("Use another account for the scan.")
        )
    pair = f"{target.sign_in.username}:{target.sign_in.secret}"
    return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"


def _given(target: PrescanTarget) -> tuple[str, str]:
    name, value = target.sign_in.header.strip() or "Authorization", target.sign_in.secret.strip()
    if not _NAME.fullmatch(name) or name.lower() in _SET_BY_US:
        raise SignInFailed(_("A header of this name cannot be sent"), _("Correct it in the sign-in settings."))
    if not (value.isascii() and value.isprintable()):
        raise SignInFailed(
            _("The value of the header %(name)s has a line break or an unusual character in it", name=name),
            _("Enter it again, on one line."),
        )
    return name, value


def _refused(page: Page, header: str, target: PrescanTarget) -> SignInFailed:
    status = named_status(page.status)
    if target.sign_in.method is SignInMethod.HEADER:
        return SignInFailed(
            _("The target refuses the header %(header)s: it answered %(status)s", header=header, status=status),
            _("Check the value, and that it has not expired. A bearer token is entered as “Bearer” and the token."),
        )
    advice = _("Check user name and password.")
    wanted = re.match(r"[A-Za-z]{1,20}", page.headers.get("www-authenticate", ""))
    if wanted and wanted[0].lower() != "basic":
        other = {"scheme": wanted[0]}
        advice = _("The target asks for %(scheme)s, not for HTTP basic: choose another way to sign in.", **other)
    cause = _("The target refuses the user name and password: it answered %(status)s", status=status)
    return SignInFailed(cause, advice)
