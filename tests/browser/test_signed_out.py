"""A long form whose session expires while it is filled in, in a browser with scripts and in one without."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from analyses.models import Analysis
from tests.browser.test_every_page import violations

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_typed_is_there_again_after_signing_in(browse, alice, scripts):
    page = browse(alice, java_script_enabled=scripts)
    page.goto("/analyses/new/")
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Add URLs, one a line").fill("https://shop.example.test/")
    page.get_by_role("button", name="Add to the list").click()
    row = page.locator("#scans > li")
    row.locator("summary").first.click()
    row.get_by_label("Sign-in", exact=True).select_option(value="header")
    row.get_by_label("Password or header value").fill("Bearer 1234")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".messages")).to_contain_text("what you had typed is shown again")
    if scripts:
        assert violations(page) == []
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#content")).to_contain_text("Nothing was saved; this is what you had typed.")
    if scripts:
        assert violations(page) == []
    expect(page.get_by_label("Name", exact=True)).to_have_value("Shop")
    row.locator("summary").first.click()
    expect(row.get_by_label("Sign-in", exact=True)).to_have_value("header")
    expect(row.get_by_label("Password or header value")).to_have_value("")
    row.get_by_label("Password or header value").fill("Bearer 5678")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert Analysis.objects.get().scans.get().secret == "Bearer 5678"
