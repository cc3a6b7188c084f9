"""The main job in a browser that runs no scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from analyses.models import Analysis
from tests.scene import an_analysis, prescanned, running, status

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]


@pytest.fixture
def page(browse, alice) -> Page:
    return browse(alice, java_script_enabled=False)


def choose(page: Page, action: str) -> None:
    page.locator("#actions > summary").click()
    page.locator("#actions").get_by_text(re.compile(f"^{action}")).click()


def test_sign_in(browse, alice):
    page = browse(java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("form").get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="No analyses yet")).to_be_visible()


def test_create_with_a_sign_in_and_submit(page):
    page.goto("/")
    page.get_by_role("link", name="Create analysis").first.click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Add URLs, one a line").fill("https://shop.example.test/")
    page.get_by_role("button", name="Add to the list").click()
    row = page.locator("#scans > li")
    row.locator("summary").click()
    row.get_by_label("Sign-in", exact=True).select_option(value="header")
    row.get_by_label("Password or header value").fill("Bearer 1234")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    choose(page, "Submit")
    expect(page.locator(".messages")).to_contain_text("Submitted")
    analysis = Analysis.objects.get()
    assert status(analysis) == "Submitted"
    assert analysis.scans.get().secret == "Bearer 1234"
    prescanned(analysis.occurrences.get())
    page.reload()
    expect(page.locator(".page-header")).to_contain_text("Queued")


def test_find_and_filter(page, alice):
    running(alice, name="Web shop")
    an_analysis(alice, name="Old web shop")
    an_analysis(alice, name="Intranet")
    page.goto("/")
    page.get_by_label("Find by name").fill("shop")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.get_by_label("Filter by Status").select_option(value="in_progress")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("rowheader")).to_have_text(["Web shop"])


def test_stop_and_save_results(page, alice):
    analysis, _, _ = running(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    choose(page, "Stop and save results")
    page.get_by_role("button", name="Stop and keep").click()
    expect(page.locator(".messages")).to_contain_text("Results found so far are kept")
    assert status(analysis) == "Stopped - Saving Results"


def test_stop_and_delete_asks_first(page, alice):
    analysis, _, _ = running(alice, name="Web shop")
    page.goto(f"/analyses/{analysis.pk}/")
    choose(page, "Stop and delete results")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Web shop")
    page.get_by_role("link", name="Let it run").click()
    assert status(analysis) == "In Progress"
    choose(page, "Stop and delete results")
    page.get_by_label("Type the name of the analysis").fill("Web shop")
    page.get_by_role("button", name="Stop and delete 0 findings").click()
    expect(page.locator(".page-header")).to_contain_text("Stopped - Deleting Results")
    assert status(analysis) == "Stopped - Deleting Results"


def test_the_keys_are_listed_and_switched_off(page):
    page.goto("/")
    page.locator("#user-menu > summary").click()
    page.get_by_role("link", name="Keyboard").click()
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_have_text("Keyboard")
    expect(main).to_contain_text("Check the row, or take the check away")
    main.get_by_role("button", name="Switch single keys off").click()
    expect(main).to_contain_text("Single keys are off.")
    expect(main.get_by_role("button", name="Switch single keys on")).to_be_visible()


def test_delete_an_analysis(page, alice):
    an_analysis(alice, name="Shop")
    page.goto("/")
    page.get_by_role("link", name="Shop", exact=True).click()
    choose(page, "Delete analysis")
    expect(page.get_by_role("heading", name="Delete “Shop”?")).to_be_visible()
    page.get_by_label("Type the name of the analysis to delete it").fill("Shop")
    page.get_by_role("button", name="Delete analysis").click()
    expect(page.locator(".messages")).to_contain_text("“Shop” has been deleted.")
    assert not Analysis.objects.exists()


def test_everything_is_stopped_and_let_start_again(browse, admin_user, alice):
    analysis, _, _ = running(alice, name="Shop")
    page = browse(admin_user, java_script_enabled=False)
    page.goto("/stop-everything/")
    expect(page.get_by_role("main")).to_contain_text("1 scan running")
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("Everything was stopped").first).to_be_visible()
    assert status(analysis) == "Stopped - Saving Results"
    page.goto("/stop-everything/")
    page.get_by_role("button", name="Let analyses start again").click()
    expect(page.get_by_text("Everything was stopped")).to_have_count(0)


def test_a_run_is_stopped_from_the_list_and_leads_back_there(page, alice):
    analysis, _, _ = running(alice, name="Shop")
    page.goto("/?name=sho")
    page.locator(f"#menu-{analysis.pk} > summary").click()
    page.locator(f"#menu-{analysis.pk}").get_by_text(re.compile("^Stop and save results")).click()
    page.get_by_role("button", name="Stop and keep").click()
    expect(page).to_have_url(re.compile(r"/\?name=sho$"))
    assert status(analysis) == "Stopped - Saving Results"
