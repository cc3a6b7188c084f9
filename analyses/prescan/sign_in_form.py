"""Signs in as a person does: fills in the form with the password field, sends it, and looks at what follows.

The user name may be asked for on a page before it, a one-time code beside it or on a page after it.
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from analyses.prescan.connection import Network
from analyses.prescan.contract import PrescanTarget, Session, SignInFailed
from analyses.prescan.form_fields import SignInForm
from analyses.prescan.forms_found import code_form, leads_on, name_form, sign_in_form
from analyses.prescan.proof import (
    BY_HAND,
    check_address,
    locked,
    only_to_sign_in_hosts,
    prove,
    settings_address,
    sign_in_hosts,
)
from analyses.prescan.stages import Stages, View
from analyses.prescan.totp import MOST_WAIT, InvalidKey, read_key, unused_code
from analyses.prescan.visitor import Page, Submission, Visitor, answered, named_status
from analyses.said import joined, said_by
from analyses.said import said as _
from analyses.targets import Address, InvalidTarget, join

MOST_REFRESHES = 3  # pages that lead on by themselves to the one with the form
MOST_CODES = 2  # another machine may have used the code of the moment

_BY_SCRIPT = _("A sign-in made by a script cannot be used: sign in with a recorded login script, or with a header.")


def sign_in_by_form(network: Network, stages: Stages) -> tuple[Session, str]:
    """Answer the session's cookies, and what was seen. Raises CheckFailed."""
    target = network.target
    visitor = Visitor(network)
    may_go = only_to_sign_in_hosts(target)
    first = visitor.visit(_login_page(target), may_go)
    stages.tell(_("Opened the sign-in page: %(answer)s", answer=answered(first)), View(first.address, Session()))
    page, form = _form_for_the_password(visitor, first)
    if page is not first:
        stages.tell(_("Gave the user name: %(answer)s", answer=answered(page)))
    answer = _submit(visitor, page, form)
    landing = visitor.follow(answer, may_go)
    _tell_sent(stages, _("Sent the form with the password"), visitor, answer, landing)
    tries = MOST_CODES if target.sign_in.totp_secret else 0
    while tries and (asking := code_form(landing.text)):
        tries -= 1
        page, answer = landing, _submit(visitor, landing, asking)
        landing = visitor.follow(answer, may_go)
        _tell_sent(stages, _("Sent a one-time code"), visitor, answer, landing)
    doubt = _doubt(visitor, page, answer, landing)
    if doubt and not target.sign_in.check_text:
        raise doubt
    check = visitor.visit(check_address(target), may_go)
    shown = View(check.address, Session(cookies=visitor.cookies()))
    stages.tell(_("Opened the check page: %(answer)s", answer=answered(check)), shown)
    seen = prove(check, target, doubt)
    return Session(cookies=visitor.cookies()), seen


def _tell_sent(stages: Stages, what: str, visitor: Visitor, answer: Page, landing: Page) -> None:
    """What followed on a form. The page after it is pictured, unless the form shows there again."""
    came = {"what": what, "answer": answered(answer), "page": landing.address.shown}
    is_led = landing is not answer
    words = _("%(what)s: %(answer)s, which leads to %(page)s", **came) if is_led else _("%(what)s: %(answer)s", **came)
    seen = View(landing.address, Session(cookies=visitor.cookies()))
    again = sign_in_form(landing.text) or code_form(landing.text)
    stages.tell(words, b"" if again else seen)


def _login_page(target: PrescanTarget) -> Address:
    return settings_address(target.sign_in.login_url or target.url)


def _form_for_the_password(visitor: Visitor, page: Page) -> tuple[Page, SignInForm]:
    """The form with the password field and its page, after the user name was given where that comes first."""
    may_go = only_to_sign_in_hosts(visitor.network.target)
    for _try in range(MOST_REFRESHES):
        if sign_in_form(page.text) or name_form(page.text) or not (further := leads_on(page.text)):
            break
        page = visitor.visit(_further(page, further, may_go), may_go)
    if not sign_in_form(page.text) and (asking := name_form(page.text)):
        page = visitor.follow(_submit(visitor, page, asking), may_go)
    return page, _form_on(page)


def _further(page: Page, reference: str, may_go: Callable[[Address], bool]) -> Address:
    """Where a page leads on to, if that is a host that signing in may lead to. Raises SignInFailed."""
    try:
        address = join(page.address, reference)
    except InvalidTarget as error:
        cause = _("%(page)s leads on to something that is not a web address", page=page.address.shown)
        raise SignInFailed(cause, _("Give the address of the page with the form.")) from error
    may_go(address)
    return address


def _form_on(page: Page) -> SignInForm:
    if form := sign_in_form(page.text):
        return form
    if page.status >= 400:
        cause = _("The sign-in page %(answer)s", answer=answered(page))
        raise locked(page) or SignInFailed(cause, _("Correct the address of the sign-in page."))
    raise SignInFailed(
        _("There is no form with a password field on %(page)s", page=page.address.shown),
        joined(_("Give the address of the page with the form."), _BY_SCRIPT),
    )


def _submit(visitor: Visitor, page: Page, form: SignInForm) -> Page:
    """Send the filled-in form."""
    target = visitor.network.target
    action = _action(page, form, target)
    code = _code(visitor.network) if form.code_fields and target.sign_in.totp_secret else ""
    fields = form.filled(target.sign_in.username, target.sign_in.secret, code)
    if form.method == "get":
        query = urlencode(fields, encoding=page.encoding, errors="xmlcharrefreplace")
        return visitor.fetch(replace(action, query=query))
    return visitor.fetch(action, Submission(page.address, fields, form.multipart, page.encoding))


def _code(network: Network) -> str:
    """A one-time code that nobody has used. Raises SignInFailed."""
    try:
        key = read_key(network.target.sign_in.totp_secret)
    except InvalidKey as error:
        raise SignInFailed(said_by(error), _("Enter the key of the one-time codes again.")) from error
    code = unused_code(key, network.deadline.left(MOST_WAIT))
    if code is None:
        raise SignInFailed(
            _("No one-time code was free in time: other sign-ins had used them"),
            _("Use an account of its own for each scan that signs in with one-time codes."),
        )
    return code


def _action(page: Page, form: SignInForm, target: PrescanTarget) -> Address:
    """Where the form is sent, provided that the password may go there."""
    try:
        action = join(join(page.address, form.base), form.action) if form.action.strip() else page.address
    except InvalidTarget as error:
        raise SignInFailed(
            _("The form on %(page)s is sent to something that is not a web address", page=page.address.shown),
            _BY_SCRIPT,
        ) from error
    if action.host not in sign_in_hosts(target) or (page.address.scheme, action.scheme) == ("https", "http"):
        raise SignInFailed(
            _("The form on %(page)s sends the password to %(host)s", page=page.address.shown, host=action.origin),
            _("Use a form that sends it over https, to the host of the target or of the sign-in page."),
        )
    return action


def _doubt(visitor: Visitor, page: Page, answer: Page, landing: Page) -> SignInFailed | None:
    """What speaks against being signed in after the form on `page` was answered; None when nothing does."""
    cause = _against(visitor, page, answer, landing)
    if not cause:
        return None
    if page.address.scheme == "http" and any(cookie.secure for cookie in visitor.cookies()):
        return SignInFailed(
            _("The target sets cookies for https only, but the sign-in page's address begins with http://"),
            _("Use the https address of the target and of its sign-in page."),
        )
    return locked(landing, words=True) or SignInFailed(*cause)


def _against(visitor: Visitor, page: Page, answer: Page, landing: Page) -> tuple[str, str] | None:
    """The cause and the advice of a doubt."""
    refused = answer.status if answer.status >= 400 else landing.status
    if answer.status >= 400 or landing.status in (401, 403, 423, 429):
        return _("The target answered %(status)s to the sign-in form", status=named_status(refused)), BY_HAND
    again = sign_in_form(landing.text)
    if again and again.passwords <= 2:
        if again.code_fields:
            told = _("The sign-in page shows its password form again: user name, password or one-time code is wrong")
            return told, BY_HAND
        return _("The sign-in page shows its password form again: user name or password is wrong"), BY_HAND
    if code_form(landing.text):
        return _asks_for_code(visitor.network.target)
    start = settings_address(visitor.network.target.url)
    if page.address.same_page(landing.address) and not page.address.same_page(start):
        return _("The target stayed on its sign-in page: user name or password is wrong"), BY_HAND
    if not visitor.cookies():
        return _("The target set no cookie for the sign-in"), _BY_SCRIPT
    return None


def _asks_for_code(target: PrescanTarget) -> tuple[str, str]:
    if target.sign_in.totp_secret:
        return _("The target refuses the one-time code"), _(
            "Check the key of the codes, and the clock of both machines."
        )
    return (
        _("The target asks for a one-time code after the password"),
        _("Enter the key of the codes in the sign-in settings, or use an account without them."),
    )
