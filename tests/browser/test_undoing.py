"""Deleting results by mistake, and having them back, in a browser."""

import pytest
from playwright.sync_api import expect

from analyses import lifecycle
from analyses.moves import Ending
from tests.browser.test_every_page import violations
from tests.scene import FLAW, running, scans_of

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False])
def test_stop_delete_undo_and_see_the_findings_again(browse, alice, scripts, scheme):
    analysis, occurrence, [held] = running(alice, name="Shop")
    lifecycle.record_found(held, [FLAW])
    page = browse(alice, java_script_enabled=scripts, color_scheme=scheme)
    page.set_viewport_size(NARROW)
    page.goto(f"/analyses/{analysis.pk}/actions/stop-delete/")
    expect(page.locator("main")).to_contain_text("For 1 h this can be undone")
    page.get_by_label("Type the name").fill("Shop")
    page.get_by_role("button", name="Stop and delete 1 finding").click()
    lifecycle.end_run(held, Ending.STOPPED)
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(page.locator("main")).to_contain_text("This run has no results")

    page.goto(f"/analyses/{analysis.pk}/")
    notice = page.locator("#undo")
    expect(notice).to_contain_text("1 finding of this run was deleted by alice")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    if scripts:
        assert violations(page) == []
    undo = notice.get_by_role("button", name="Undo deleting results")
    undo.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Undone")
    expect(notice).to_have_count(0)

    lifecycle.publish(lifecycle.claim(scans_of(occurrence)[0].pk))
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(page.locator("main")).to_contain_text("SQL Injection")
    page.goto(f"/analyses/{analysis.pk}/")
    for words in ("Results deleted", "Deletion undone", "Stopped - Partial Results Available"):
        expect(page.locator("main")).to_contain_text(words)
