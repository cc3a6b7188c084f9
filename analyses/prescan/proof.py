"""What shows that somebody is signed in, and what speaks against it."""

import re
from collections.abc import Callable

from analyses.prescan.contract import CheckFailed, PrescanTarget, SignInFailed
from analyses.prescan.forms_found import asks_to_sign_in, visible_text
from analyses.prescan.places import is_scanned
from analyses.prescan.visitor import Page, answered
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import ScanStatus
from analyses.targets import Address, InvalidTarget, parse_target

BY_HAND = _("Sign in by hand with the same settings, then correct what differs.")

_LOCKED_STATUSES = frozenset({423, 429})
_REFUSING = frozenset({401, 403, *_LOCKED_STATUSES})
_LOCKED_WORDS = re.compile(
    r"(account|user|login)[^.]{0,40}\b(locked|blocked|suspended)|too many [^.]{0,30}attempts|temporarily locked",
    re.IGNORECASE,
)


def settings_address(url: str) -> Address:
    """Read an address of the sign-in settings. Raises SignInFailed."""
    try:
        return parse_target(url)
    except InvalidTarget as error:
        raise SignInFailed(said_by(error), _("Correct the addresses in the sign-in settings.")) from error


def sign_in_hosts(target: PrescanTarget) -> frozenset[str]:
    """The hosts that signing in may lead to: those that the settings name."""
    named = (target.url, target.sign_in.login_url, target.sign_in.check_url)
    return frozenset(settings_address(url).host for url in named if url)


def only_to_sign_in_hosts(target: PrescanTarget) -> Callable[[Address], bool]:
    """For `Visitor.follow`: True for a host that the settings name. Raises SignInFailed for any other."""
    hosts = sign_in_hosts(target)

    def may_go(address: Address) -> bool:
        if address.host in hosts:
            return True
        raise SignInFailed(
            _("Signing in leads to %(host)s, which the settings do not name", host=address.origin),
            _("If that host is where people sign in, give the address of its sign-in page."),
        )

    return may_go


def check_address(target: PrescanTarget) -> Address:
    """The page on which being signed in shows. Of an API, whose root may say nothing: one that is only asked for."""
    reads = [request for request in target.requests if request.method == "GET"]
    first = next((request for request in reads if "{" not in request.endpoint), reads[0] if reads else None)
    return settings_address(target.sign_in.check_url or (first.url if first else target.url))


def prove(page: Page, target: PrescanTarget, doubt: SignInFailed | None = None) -> str:
    """Make sure that `page`, asked for with the session, is what a signed-in person gets; say what was seen.

    `doubt` is what spoke against it before: only the check text overrules it. Raises CheckFailed.
    """
    text = target.sign_in.check_text
    if text and not shows(page, text):
        cause = _("The check text is not on %(page)s after signing in", page=page.address.shown)
        advice = _("Check user name and password, and that the text is on that page for a signed-in person only.")
        raise doubt or locked(page) or SignInFailed(cause, advice)
    if not text:
        _prove_without_text(page, doubt, is_api=bool(target.requests))
    if not target.sign_in.check_url and not is_scanned(page.address, target):
        raise CheckFailed(
            _("After signing in, the target leads to %(page)s, outside of its scope", page=page.address.shown),
            _("Use that address for the scan, or widen the scope."),
            ScanStatus.VERIFICATION_FAILED,
        )
    if text:
        return _("The check text is on %(page)s", page=page.address.shown)
    return _("%(page)s does not ask to sign in; a check text would make sure", page=page.address.shown)


def _prove_without_text(page: Page, doubt: SignInFailed | None, *, is_api: bool) -> None:
    if doubt:
        raise doubt
    # A sample request may name what an API does not have: that is no word about who asks.
    if page.status in _REFUSING or (page.status >= 400 and not is_api):
        cause = _("%(answer)s after signing in", answer=answered(page))
        raise locked(page) or SignInFailed(cause, BY_HAND)
    if asks_to_sign_in(page.text):
        raise SignInFailed(_("%(page)s asks for a password after signing in", page=page.address.shown), BY_HAND)


def shows(page: Page, text: str) -> bool:
    """Tell whether a page holds a text, in its source or as a person sees it."""
    return text in page.text or " ".join(text.split()) in visible_text(page.text)


def refuses(page: Page, asked: Address) -> bool:
    """Tell whether a page is the answer to somebody who is not signed in: a refusal, or another page."""
    return page.status in (401, 403) or page.next is not None or not page.address.same_page(asked)


def is_sign_in_page(page: Page, target: PrescanTarget) -> bool:
    """Tell whether a page is the one with the sign-in that the settings name, when another was asked for."""
    login = target.sign_in.login_url
    return bool(login) and login != target.sign_in.check_url and page.address.same_page(settings_address(login))


def locked(page: Page, *, words: bool = False) -> SignInFailed | None:
    """The failure that says so, when a page is a target's lockout answer; by its `words` too if asked."""
    if page.status in _LOCKED_STATUSES or (words and tells_of_lockout(visible_text(page.text))):
        return locked_out()
    return None


def tells_of_lockout(text: str) -> bool:
    """Tell whether the words on a page say that the account is locked."""
    return bool(_LOCKED_WORDS.search(text))


def locked_out() -> SignInFailed:
    """The failure that says so."""
    return SignInFailed(
        _("The target says that the account is locked, or that there were too many attempts"),
        _("Unlock the account or wait, and exempt it from the target's lockout while it is scanned."),
        locked=True,
    )
