"""What has changed since somebody last looked, marked as seen by its key or its button."""

import pytest
from playwright.sync_api import expect

from tests.scene import published

pytestmark = pytest.mark.browser


def test_what_has_changed_is_marked_as_seen_by_its_key(page, alice):
    published(alice, name="Shop")
    page.goto("/?sort=name")
    changes = page.get_by_role("region", name="In the last")
    expect(changes).to_contain_text("1 finished")
    page.keyboard.press("m")
    expect(page.locator(".messages")).to_contain_text("Marked as seen.")
    expect(page.locator("#changes")).to_have_count(0)
    assert page.url.endswith("/?sort=name")
    page.keyboard.press("m")  # where nothing is to be marked it does nothing
    published(alice, name="Mill")
    page.reload()
    expect(page.get_by_role("region", name="Since you last looked")).to_contain_text("1 finished")


def test_what_has_changed_is_marked_as_seen_by_its_button(either, alice):
    published(alice, name="Shop")
    page = either(alice)
    page.goto("/")
    page.get_by_role("button", name="Mark as seen").click()
    expect(page.locator(".messages")).to_contain_text("Marked as seen.")
    expect(page.locator("#changes")).to_have_count(0)
