"""Signs in as a person does: fills in the form with the password field, sends it, and looks at what follows."""

from dataclasses import replace
from urllib.parse import urlencode

from analyses.prescan.connection import Network
from analyses.prescan.contract import PrescanTarget, Session, SignInFailed
from analyses.prescan.forms_found import SignInForm, sign_in_form
from analyses.prescan.proof import (
    BY_HAND,
    check_address,
    locked,
    only_to_sign_in_hosts,
    prove,
    settings_address,
    sign_in_hosts,
)
from analyses.prescan.visitor import Page, Submission, Visitor, named_status
from analyses.targets import Address, InvalidTarget, join

_USE_A_HEADER = "A sign-in made by a script cannot be used: sign in with a header instead."


def sign_in_by_form(network: Network) -> tuple[Session, str]:
    """Answer the session's cookies, and what was seen. Raises CheckFailed."""
    target = network.target
    visitor = Visitor(network)
    may_go = only_to_sign_in_hosts(target)
    page = visitor.visit(settings_address(target.sign_in.login_url or target.url), may_go)
    answer = _submit(visitor, page, _form_on(page))
    landing = visitor.follow(answer, may_go)
    doubt = _doubt(visitor, page, answer, landing)
    if doubt and not target.sign_in.check_text:
        raise doubt
    seen = prove(visitor.visit(check_address(target), may_go), target, doubt)
    return Session(cookies=visitor.cookies()), seen


def _form_on(page: Page) -> SignInForm:
    if form := sign_in_form(page.text):
        return form
    if page.status >= 400:
        cause = f"The sign-in page {page.address.shown} answered {named_status(page.status)}"
        raise locked(page) or SignInFailed(cause, "Correct the address of the sign-in page.")
    raise SignInFailed(
        f"There is no form with a password field on {page.address.shown}",
        f"Give the address of the page with the form. {_USE_A_HEADER}",
    )


def _submit(visitor: Visitor, page: Page, form: SignInForm) -> Page:
    """Send the filled-in form."""
    target = visitor.network.target
    action = _action(page, form, target)
    fields = form.filled(target.sign_in.username, target.sign_in.secret)
    if form.method == "get":
        query = urlencode(fields, encoding=page.encoding, errors="xmlcharrefreplace")
        return visitor.fetch(replace(action, query=query))
    return visitor.fetch(action, Submission(page.address, fields, form.multipart, page.encoding))


def _action(page: Page, form: SignInForm, target: PrescanTarget) -> Address:
    """Where the form is sent, provided that the password may go there."""
    try:
        action = join(join(page.address, form.base), form.action) if form.action.strip() else page.address
    except InvalidTarget as error:
        raise SignInFailed(
            f"The form on {page.address.shown} is sent to something that is not a web address", _USE_A_HEADER
        ) from error
    if action.host not in sign_in_hosts(target) or (page.address.scheme, action.scheme) == ("https", "http"):
        raise SignInFailed(
            f"The form on {page.address.shown} sends the password to {action.origin}",
            "Use a form that sends it over https, to the host of the target or of the sign-in page.",
        )
    return action


def _doubt(visitor: Visitor, page: Page, answer: Page, landing: Page) -> SignInFailed | None:
    """What speaks against being signed in after the form on `page` was answered; None when nothing does."""
    cause = _against(visitor, page, answer, landing)
    if not cause:
        return None
    if page.address.scheme == "http" and any(cookie.secure for cookie in visitor.cookies()):
        return SignInFailed(
            "The target sets cookies for https only, but the sign-in page's address begins with http://",
            "Use the https address of the target and of its sign-in page.",
        )
    return locked(landing, words=True) or SignInFailed(*cause)


def _against(visitor: Visitor, page: Page, answer: Page, landing: Page) -> tuple[str, str] | None:
    """The cause and the advice of a doubt."""
    refused = answer.status if answer.status >= 400 else landing.status
    if answer.status >= 400 or landing.status in (401, 403, 423, 429):
        return f"The target answered {named_status(refused)} to the sign-in form", BY_HAND
    again = sign_in_form(landing.text)
    if again and again.passwords <= 2:
        return "The sign-in page shows its password form again: user name or password is wrong", BY_HAND
    start = settings_address(visitor.network.target.url)
    if page.address.same_page(landing.address) and not page.address.same_page(start):
        return "The target stayed on its sign-in page: user name or password is wrong", BY_HAND
    if not visitor.cookies():
        return "The target set no cookie for the sign-in", _USE_A_HEADER
    return None
