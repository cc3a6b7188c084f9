"""Choosing a schedule: only what belongs to it is shown, and the next runs follow every change."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from analyses.models import Analysis
from tests.browser.test_every_page import NARROW, violations
from tests.scene import an_analysis, published

pytestmark = pytest.mark.browser


@pytest.fixture
def new(browse, alice) -> Page:
    page = browse(alice, timezone_id="Europe/Berlin")
    page.goto("/")  # where the script leaves the zone
    page.goto("/analyses/new/")
    return page


def _choose_weekly(page: Page) -> str:
    """Weekly from the day after tomorrow at 22:00; answers that day."""
    first = timezone.localdate() + timedelta(days=2)
    page.get_by_label("At a set time").check()
    page.get_by_label("Start time").fill(f"{first}T22:00")
    page.get_by_label("Repeat", exact=True).select_option("weekly")
    return f"{first:%a} {first.day} {first:%b %Y}, 22:00"


def test_only_what_belongs_to_the_choice_is_shown(new):
    expect(new.get_by_label("Start time")).to_be_hidden()
    expect(new.get_by_label("Number of runs")).to_be_hidden()
    expect(new.get_by_label("End no later than")).to_be_visible()
    _choose_weekly(new)
    expect(new.get_by_label("Start time")).to_be_visible()
    expect(new.get_by_label("Number of runs")).to_be_visible()
    expect(new.get_by_role("checkbox", name="Monday").first).to_be_visible()
    expect(new.get_by_label("End no later than")).to_be_hidden()
    new.get_by_label("Repeat", exact=True).select_option("daily")
    expect(new.get_by_role("checkbox", name="Monday").first).to_be_hidden()


def test_the_next_runs_follow_every_change(new):
    runs = new.get_by_role("list", name="Next runs").get_by_role("listitem")
    expect(new.get_by_text("As soon as it is submitted", exact=True).last).to_be_visible()
    expect(runs).to_have_count(0)
    first = _choose_weekly(new)
    expect(runs).to_have_count(5)
    expect(runs.first).to_have_text(first)
    new.get_by_label("Number of runs").fill("2")
    expect(runs).to_have_count(2)
    expect(new.get_by_text("No run follows these.")).to_be_visible()
    new.get_by_label("Time zone").fill("Asia/Tokyo")
    expect(runs.first).to_contain_text(re.compile(r"22:00.*for you", re.DOTALL))
    new.get_by_text("Pause window").click()
    new.get_by_label("From", exact=False).fill("20:00")
    new.get_by_label("Until", exact=False).fill("06:00")
    expect(new.get_by_text("once this is settled: This lies in the pause window")).to_be_visible()


def test_what_was_chosen_is_saved(new, allowed):
    new.get_by_label("Name", exact=True).fill("Weekly")
    _choose_weekly(new)
    expect(new.get_by_role("list", name="Next runs")).to_be_visible()
    new.get_by_role("button", name="Save", exact=True).click()
    expect(new.get_by_role("heading", name="Weekly")).to_be_visible()
    expect(new.get_by_text(re.compile("Weekly on .* at 22:00 Europe/Berlin"))).to_be_visible()
    assert Analysis.objects.get().repeat == "weekly"


def test_the_new_parts_are_accessible_and_fit_a_narrow_screen(new, alice):
    published(alice, name="Shop")
    shop = Analysis.objects.get()
    later = timezone.now() + timedelta(days=1)
    night = {"pause_from": "22:00", "pause_until": "06:00", "zone": "America/Argentina/ComodRivadavia"}
    repeating = an_analysis(alice, name="Repeating", start_at=later, repeat="daily", next_start=later, **night)
    Analysis.objects.filter(pk=repeating.pk).update(status="completed")
    for path in (f"/analyses/{shop.pk}/history/", f"/analyses/{repeating.pk}/", f"/analyses/{repeating.pk}/configure/"):
        new.set_viewport_size({"width": 1280, "height": 800})
        new.goto(path)
        for fold in new.locator("main details:not(.menu):not([open]) > summary").all():
            fold.click()
        for scheme in ("light", "dark"):
            new.emulate_media(color_scheme=scheme)
            assert violations(new) == []
        new.set_viewport_size(NARROW)
        assert new.evaluate("[document.scrollingElement.scrollWidth, innerWidth]") == [NARROW["width"]] * 2
        assert new.evaluate("[...document.querySelectorAll('.next-runs')].every(e => e.scrollWidth <= e.clientWidth)")
        assert violations(new) == []
