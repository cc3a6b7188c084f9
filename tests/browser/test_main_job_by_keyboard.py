"""The main job from the sign-in to the results with Tab, Enter and letters alone, and what a screen reader is told."""

import pytest
from playwright.sync_api import Locator, Page, expect

from analyses import lifecycle
from analyses.models import Analysis
from tests.scene import ends, prescanned, started, status

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]
MOST_STOPS = 90  # of a page: Configure Analysis has the most
HAS_FOCUS = "at => at === document.activeElement"
# The ring of a field that is drawn by its label or its group counts, too.
RING = """() => {
    const at = document.activeElement, style = getComputedStyle(at);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== "none" || at === document.body ? "" : at.outerHTML.slice(0, 200);
}"""


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there; at every stop on the way it can be seen."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(RING) == ""
        if wanted.evaluate(HAS_FOCUS):
            return
    pytest.fail(f"{wanted} is not reached")


def press(page: Page, wanted: Locator) -> None:
    reach(page, wanted)
    page.keyboard.press("Enter")


def test_the_main_job_is_done_with_the_keyboard_alone(browse, alice):
    page = browse()
    page.goto("/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("alice")
    reach(page, page.get_by_label("Password"))
    page.keyboard.type("a-long-password-1")
    page.keyboard.press("Enter")

    press(page, page.get_by_role("link", name="Create analysis").last)
    reach(page, page.get_by_label("Name", exact=True))
    page.keyboard.type("Shop")
    reach(page, page.get_by_label("Add URLs, one a line"))
    page.keyboard.type("https://shop.example.test/")
    press(page, page.get_by_role("button", name="Save and submit"))

    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    run = Analysis.objects.get().occurrences.get()
    prescanned(run)
    expect(page.locator(".page-header")).to_contain_text("Queued")
    expect(page.locator("#announcements[role=status]")).to_contain_text("Queued")

    press(page, page.get_by_role("link", name="View scan details of https://shop.example.test/"))
    expect(page.get_by_text("Connection Passed")).to_be_visible()
    held = started(run.scans.get())
    assert held
    ends(held)
    lifecycle.publish(held)
    assert status(run) == "Completed - Results Available"

    expect(page.locator("#scan-head")).to_contain_text("Completed - Results Available")
    press(page, page.locator(".tabs").get_by_role("link", name="Results"))
    press(page, page.locator(".finding summary").first)
    expect(page.locator(".finding").first).to_have_attribute("open", "")
