"""What somebody sets for themselves holds on the next page: zone, language, what is told and announced."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from analyses.models import Activity
from notifications import wishes
from notifications.models import Choice
from tests.scene import an_analysis

pytestmark = pytest.mark.browser


def chosen(page: Page, section: str, field: str, label: str) -> None:
    """Choose something on the account's page and save it."""
    page.goto("/account/")
    form = page.get_by_role("region", name=section, exact=True)
    form.get_by_label(field).select_option(label=label)
    form.get_by_role("button").click()


def test_the_time_zone_holds_on_pages_at_once(either, alice):
    analysis = an_analysis(alice, name="Shop")
    Activity.objects.filter(analysis=analysis).update(at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    page = either(alice, timezone_id="UTC")
    page.goto(f"/analyses/{analysis.pk}/")
    expect(page.locator("#log")).to_contain_text("22:30")
    chosen(page, "Time zone", "Time zone", "Asia/Tokyo")
    expect(page.locator(".messages")).to_contain_text("Tokyo")
    expect(page.get_by_role("region", name="Time zone", exact=True)).to_contain_text("in Asia/Tokyo")
    page.goto(f"/analyses/{analysis.pk}/")
    expect(page.locator("#log")).to_contain_text("Times are in Asia/Tokyo.")
    expect(page.locator("#log")).to_contain_text("07:30")
    page.get_by_role("link", name="Show them in UTC").click()
    expect(page.locator("#log")).to_contain_text("22:30")


def test_the_language_holds_on_pages_at_once_and_can_be_given_back_to_the_browser(either, alice):
    page = either(alice, locale="en-GB")
    chosen(page, "Language", "Language", "Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator(".messages")).to_contain_text("Deutsch")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihr Konto")
    page.goto("/")
    expect(page.get_by_role("heading", name="Noch keine Analysen")).to_be_visible()
    chosen(page, "Sprache", "Sprache", "Wie im Browser")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_is_announced_is_kept(either, alice):
    page = either(alice)
    chosen(page, "Announcements", "Announce", "Failures only")
    page.goto("/account/")
    expect(page.get_by_role("region", name="Announcements", exact=True).get_by_role("combobox")).to_have_value(
        "failures"
    )


def test_what_somebody_wants_to_be_told_is_kept(either, alice):
    page = either(alice)
    page.goto("/notifications/")
    page.get_by_role("group", name="Prescan failed").get_by_label("In the daily mail").check()
    page.get_by_label("The daily mail comes at").select_option("17")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_contain_text("Your notifications are saved.")
    expect(page.get_by_role("group", name="Prescan failed").get_by_label("In the daily mail")).to_be_checked()
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.DAILY
    assert wishes.daily_time_of(alice).hour == 17
