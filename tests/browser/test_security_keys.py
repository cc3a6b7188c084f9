"""Security keys, in a real browser with an authenticator of its own; and the pages of people's accounts."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.browser.test_every_page import NARROW, violations

pytestmark = pytest.mark.browser
PASSWORD = "a-long-password-1"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Window:
    """A browser window, with a key that can be put in and pulled out."""

    def __init__(self, page: Page):
        self.page = page
        self.devices = page.context.new_cdp_session(page)
        self.devices.send("WebAuthn.enable")
        self.key = ""

    def plug_in(self) -> None:
        self.key = self.devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]

    def pull_out(self) -> dict:
        """Take the key away, and return what it holds."""
        held = self.devices.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"]
        self.devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.key})
        return held[0]

    def confirm(self) -> None:
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Confirm").click()

    def add_key(self) -> None:
        self.page.goto("/account/keys/add/")
        self.confirm()
        self.page.get_by_label("Name").fill("The blue one")
        self.page.get_by_role("button", name="Add a key").click()
        expect(self.page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    def sign_out(self) -> None:
        self.page.locator("#user-menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()

    def sign_in(self) -> None:
        self.page.get_by_label("Username").fill("alice")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Second factor")).to_be_visible()


@pytest.fixture
def window(browse, alice) -> Window:
    """Alice's window, with a key in it."""
    window = Window(browse(alice))
    window.plug_in()
    return window


def test_a_key_is_added_signs_in_is_renamed_and_removed(window):
    page = window.page
    window.add_key()
    window.sign_out()
    page.goto("/calendar/")
    window.sign_in()
    assert violations(page) == []
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    page.goto("/account/keys/")
    assert violations(page) == []
    page.get_by_role("link", name="Rename… The blue one").click()
    page.get_by_role("button", name="Use the security key").click()
    page.get_by_label("Name").fill("The red one")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove… The red one").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have no security keys.")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_another_key_does_not_sign_in_and_says_so(window):
    page = window.page
    window.add_key()
    window.sign_out()
    window.pull_out()
    window.plug_in()
    window.sign_in()
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("status").filter(has_text=re.compile("key is not one of yours"))).to_be_visible()
    assert violations(page) == []


def test_an_answer_is_good_for_one_question(window, browse):
    """What a key answered is sent again, in another session: by somebody who has seen it, and knows the password."""
    page = window.page
    window.add_key()
    window.sign_out()
    window.sign_in()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Use a security key").click()
    credential = sent.value.post_data_json["credential"]
    thief = Window(browse())
    thief.page.goto("/sign-in/")
    thief.sign_in()
    thief.page.evaluate(
        "credential => { const form = document.querySelector('form[data-key]');"
        " form.elements.credential.value = credential; form.submit(); }",
        credential,
    )
    expect(thief.page.get_by_text("The code is wrong, or has been used before.")).to_be_visible()
    assert violations(thief.page) == []


def test_recovery_codes_sign_in_where_the_key_is_lost(window):
    page = window.page
    window.add_key()
    code = page.locator(".account__codes li").first.inner_text()
    window.sign_out()
    window.sign_in()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="No analyses yet")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/account/password/",
        "/account/sessions/",
        "/account/confirm/",
        "/account/app/add/",
        "/account/keys/",
        "/account/keys/add/",
    ],
)
def test_the_pages_are_accessible_and_fit_a_narrow_screen(window, path):
    page = window.page
    page.goto("/account/confirm/")
    window.confirm()
    page.goto(path)
    fits(page)


def test_the_pages_of_an_app_are_accessible_and_fit_a_narrow_screen(window):
    page = window.page
    window.add_key()
    fits(page)
    for path in ("/account/", "/account/recovery-codes/new/", "/account/keys/", "/account/confirm/key/"):
        page.goto(path)
        fits(page)
    for path in ("remove", "rename"):
        page.goto(f"/account/keys/{Authenticator.objects.get(type='webauthn').pk}/{path}/")
        fits(page)
    window.sign_out()
    window.sign_in()
    fits(page)


def test_too_many_tries_are_said_on_a_page_like_the_others(browse, console, alice):
    console.expected.append("429")
    page = browse()
    page.goto("/sign-in/")
    for _ in range(5):
        page.get_by_label("Username").fill("alice")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()
    fits(page)


def fits(page: Page) -> None:
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    size = page.viewport_size
    page.set_viewport_size(NARROW)
    assert page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [NARROW["width"]] * 2
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(size)
