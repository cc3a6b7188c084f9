"""Test connection and sign-in, on the page: it shows each step as it comes, and what the browser showed."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from analyses import sign_in_tests
from analyses.models import AllowedTarget, Analysis, SignInTest
from tests.browser.test_creating import fill, press
from tests.targets import sites
from tests.targets.serving import serve

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]


@pytest.fixture
def site(live_server):
    AllowedTarget.objects.create(pattern="127.0.0.1")
    with serve(sites.FormSite()) as serving:
        yield serving


def _ready(page: Page, site, password: str):
    """A new URL with its sign-in filled in."""
    fill(page, urls=site.url)
    press(page, "Add to the list")
    row = page.locator("#scans > li")
    row.locator("summary").first.click()
    row.get_by_label("Sign-in", exact=True).select_option(label="Sign-in form")
    row.get_by_label("Sign-in page").fill(f"{site.url}login/")
    row.get_by_label("User name").fill("alice")
    row.get_by_label("Password or header value").fill(password)
    return row


def _worked_off() -> None:
    """What a worker does with all that waits."""
    for pk in sign_in_tests.waiting():
        sign_in_tests.drive(pk)


def test_it_is_tried_in_place_and_shows_pictures(page, site):
    row = _ready(page, site, "correct horse")
    press(page, "Test connection and sign-in")
    expect(row.get_by_text("Waiting for a worker")).to_be_visible()
    _worked_off()
    expect(row.get_by_text("It works.")).to_be_visible()
    step = row.locator(".step").filter(has_text="Sign-in").filter(has_text=re.compile("What the browser showed"))
    for words in ("Opened the sign-in page", "Sent the form with the password", "What the browser showed"):
        fold = step.locator("details").filter(has_text=words)
        fold.locator("summary").click()
        expect(fold.locator("img")).to_be_visible()
        expect(fold.locator("img")).to_have_js_property("complete", True)
        assert fold.locator("img").evaluate("image => image.naturalWidth") == 1280
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert not Analysis.objects.exists()
    press(page, "Save")  # nothing that was typed is lost
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert Analysis.objects.get().scans.get().secret == "correct horse"


def test_a_wrong_password_says_what_to_do(page, site):
    row = _ready(page, site, "wrong")
    press(page, "Test connection and sign-in")
    expect(row.get_by_text("Waiting for a worker")).to_be_visible()
    _worked_off()
    expect(row.get_by_text("It does not work.")).to_be_visible()
    expect(row.locator(".banner--red")).to_contain_text("Authentication Error")


def test_what_is_missing_is_said_in_place(page, site):
    row = _ready(page, site, "")
    press(page, "Test connection and sign-in")
    expect(row.get_by_role("alert")).to_contain_text("Give the password.")
    assert not SignInTest.objects.exists()
