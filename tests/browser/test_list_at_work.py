"""The list in use: rows are checked, menus stay open, keys walk it; all of it while it refreshes itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from analyses import lifecycle
from analyses.models import AllowedTarget
from tests.scene import an_analysis, ends, many_analyses, running, status

pytestmark = pytest.mark.browser


@pytest.fixture
def quick(page: Page) -> Page:
    """A page whose clock can be wound on."""
    page.clock.install()
    return page


def refresh(page: Page) -> None:
    with page.expect_response(lambda response: "hx-request" in response.request.headers) as answer:
        page.clock.run_for(5_000)
    assert answer.value.status == 200


def box(page: Page, name: str):
    return page.get_by_label(f"Choose {name}", exact=True)


def test_checked_rows_and_an_open_menu_outlive_a_refresh(quick, alice):
    _, _, [held] = running(alice, name="Shop")
    other, _, _ = running(alice, name="Mill")
    an_analysis(alice, name="Draft")
    page = quick
    page.goto("/")
    box(page, "Shop").check()
    box(page, "Draft").check()
    page.locator(f"#menu-{other.pk} > summary").click()
    ends(held)
    refresh(page)
    expect(page.get_by_role("row", name="Shop")).to_contain_text("Verifying")
    expect(box(page, "Shop")).to_be_checked()
    expect(box(page, "Draft")).to_be_checked()
    expect(box(page, "Mill")).not_to_be_checked()
    expect(page.locator("#bulk")).to_contain_text("2 of 3 checked")
    expect(page.locator(f"#menu-{other.pk}")).to_have_attribute("open", "")
    lifecycle.stop(other, alice, keep=True)
    refresh(page)
    expect(page.locator(f"#do-{other.pk}-stop-save")).to_contain_text("It is already stopping.")


def test_all_on_this_page_and_none(page, alice):
    many_analyses(alice, 30)
    page.goto("/")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.get_by_label("Choose all on this page").check()
    expect(bar).to_contain_text("25 of 25 checked")
    page.get_by_role("button", name="None").click()
    expect(bar).to_be_hidden()
    expect(page.locator("input[name='chosen']:checked")).to_have_count(0)


def test_checked_rows_are_submitted_and_each_is_reported(either, alice):
    AllowedTarget.objects.create(pattern="*.test")
    draft, busy = an_analysis(alice, name="Draft"), running(alice, name="Busy")[0]
    page = either(alice)
    page.goto("/?sort=name")
    box(page, "Draft").check()
    box(page, "Busy").check()
    page.locator("#bulk").get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Submit: 1 of 2 done")
    expect(page.get_by_role("row", name="Busy")).to_contain_text("Not done")
    expect(page.get_by_role("row", name="Draft")).to_contain_text("Submitted.")
    assert (status(draft), status(busy)) == ("Submitted", "In Progress")
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(re.compile(r"/\?sort=name$"))


def test_without_scripts_rows_are_stopped_together(browse, alice):
    shop, mill = running(alice, name="Shop")[0], running(alice, name="Mill")[0]
    page = browse(alice, java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_label("Choose all on this page")).to_be_hidden()
    box(page, "Shop").check()
    box(page, "Mill").check()
    page.get_by_role("button", name="Stop and delete results…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop and delete results of 2 analyses?")
    page.get_by_label("Type how many analyses").fill("2")
    page.get_by_role("button", name="Stop and delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop and delete results: 2 of 2 done")
    assert {status(shop), status(mill)} == {"Stopped - Deleting Results"}


def test_a_menu_without_scripts_leads_back_to_the_list(browse, alice):
    shop, _, _ = running(alice, name="Shop")
    page = browse(alice, java_script_enabled=False)
    page.goto("/?name=sho")
    page.locator(f"#menu-{shop.pk} > summary").click()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page).to_have_url(re.compile(r"/\?name=sho$"))
    expect(page.locator(".messages")).to_contain_text("Shop: Pausing.")


def test_enter_on_a_checkbox_does_nothing(either, alice):
    AllowedTarget.objects.create(pattern="*.test")
    draft = an_analysis(alice, name="Draft")
    page = either(alice)
    page.goto("/")
    box(page, "Draft").check()
    page.keyboard.press("Enter")
    expect(page.locator("#bulk")).to_be_visible()
    assert status(draft) == "Saved for Later"


def test_a_row_is_stopped_from_its_menu_with_the_keyboard(page, alice):
    shop, _, _ = running(alice, name="Shop")
    page.goto("/")
    page.locator(f"#menu-{shop.pk} > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Summary", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#menu-{shop.pk} > summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Stop and save results…").first.press("Enter")
    page.get_by_role("button", name="Stop and keep").press("Enter")
    expect(page.locator(".messages")).to_contain_text("Shop: Stopping.")


def test_a_menu_at_the_lower_edge_opens_upwards_and_stays_so(quick, alice):
    many_analyses(alice, 24)
    _, _, [held] = running(alice, name="Shop")
    page = quick
    page.goto("/?sort=name")
    last = page.locator("tr details.menu").last
    last.locator("> summary").scroll_into_view_if_needed()
    last.locator("> summary").click()
    expect(last.locator(".menu__panel")).to_be_in_viewport(ratio=1)
    ends(held)
    refresh(page)
    expect(last.locator(".menu__panel")).to_be_in_viewport(ratio=1)


def test_a_view_is_saved_and_found_again(either, alice):
    running(alice, name="Shop")
    page = either(alice)
    page.goto("/")
    expect(page.get_by_role("navigation", name="Saved views")).to_have_count(0)
    page.get_by_label("Only mine").check()
    page.get_by_role("button", name="Find").click()
    page.get_by_text("Save view", exact=True).click()
    page.get_by_label("Name of the view").fill("My own")
    page.get_by_role("button", name="Save", exact=True).click()
    view = page.get_by_role("link", name="My own")
    expect(view).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="All", exact=True).click()
    expect(view).not_to_have_attribute("aria-current", "page")
    view.click()
    expect(page.get_by_label("Only mine")).to_be_checked()
    page.get_by_text("Change view", exact=True).click()
    page.get_by_role("button", name="Delete “My own”").click()
    expect(view).to_have_count(0)
    expect(page.get_by_label("Only mine")).to_be_checked()


def test_keys_walk_the_rows_check_and_open_them(page, alice):
    shop, _, _ = running(alice, name="Shop")
    for name in ("A", "B", "C"):
        an_analysis(alice, name=name)
    page.goto("/?sort=name")
    row = page.get_by_role("rowheader").get_by_role("link")
    page.keyboard.press("j")
    expect(row.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(row.nth(2)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(box(page, "B")).to_be_checked()
    expect(row.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(box(page, "B")).not_to_be_checked()
    for _ in range(9):
        page.keyboard.press("j")
    expect(row.nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/analyses/{shop.pk}/$"))


def test_no_key_fires_where_somebody_types_or_holds_another_key(page, alice):
    an_analysis(alice, name="Shop")
    page.goto("/?sort=name")
    page.keyboard.press("/")
    page.keyboard.type("jkx?p/")
    expect(page.get_by_label("Find by name")).to_have_value("jkx?p/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Filter by Status").focus()
    page.keyboard.press("j")
    expect(page.get_by_label("Filter by Status")).to_be_focused()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Control+j")
    expect(page.locator("[data-row]:focus")).to_have_count(0)


def test_the_keys_are_listed_and_can_be_switched_off_for_good(browse, page, alice):
    an_analysis(alice, name="Shop")
    page.goto("/?sort=name")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_contain_text("Next or previous row")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(0)
    dialog.get_by_role("button", name="Switch single keys off").click()
    expect(page).to_have_url(re.compile(r"/\?sort=name$"))
    expect(page.locator(".messages")).to_have_text("Single keys are off.")
    elsewhere = browse(alice)
    elsewhere.goto("/?sort=name")
    for window in (page, elsewhere):
        for key in ("j", "/", "x", "g", "a", "?"):
            window.keyboard.press(key)
        expect(window).to_have_url(re.compile(r"/\?sort=name$"))
        expect(window.get_by_role("dialog", name="Keyboard")).to_be_hidden()
        expect(window.locator("[data-row]:focus")).to_have_count(0)
        expect(window.get_by_label("Find by name")).not_to_be_focused()
    page.locator("#user-menu > summary").click()
    page.get_by_role("link", name="Keyboard").click()
    dialog.get_by_role("button", name="Switch single keys on").click()
    expect(page.locator(".messages")).to_have_text("Single keys are on.")
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(1)


def test_r_refreshes_at_once_also_while_paused(page, alice):
    _, _, [held] = running(alice, name="Shop")
    page.clock.install()
    page.goto("/")
    page.keyboard.press("p")
    ends(held)
    page.keyboard.press("r")
    expect(page.get_by_role("row", name="Shop")).to_contain_text("Verifying")
    expect(page.locator("[data-live-note]")).to_contain_text("Paused")


def test_r_loads_a_list_again_on_which_nothing_is_live(page, alice):
    an_analysis(alice, name="Shop")
    page.goto("/")
    an_analysis(alice, name="Mill")
    page.keyboard.press("r")
    expect(page.get_by_role("row", name="Mill")).to_be_visible()


@pytest.mark.parametrize(("letter", "place"), [("a", "/"), ("f", "/findings/"), ("c", "/calendar/")])
def test_g_goes_to_the_main_pages(page, alice, letter, place):
    page.goto("/statuses/")
    page.keyboard.press("g")
    page.keyboard.press(letter)
    expect(page).to_have_url(re.compile(f"\\d{place}$"))


def test_g_and_another_letter_do_nothing(page, alice):
    an_analysis(alice, name="Shop")
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(0)
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_count(1)


def test_p_pauses_and_resumes_the_refreshing(page, alice):
    running(alice)
    page.goto("/")
    page.keyboard.press("p")
    expect(page.locator("[data-live-note]")).to_contain_text("Paused")
    page.keyboard.press("p")
    expect(page.locator("[data-live-note]")).to_contain_text("Live")


def test_the_menu_of_every_row_stays_in_the_window(page, alice):
    many_analyses(alice, 25)
    page.set_viewport_size({"width": 1200, "height": 600})
    page.goto("/")
    for row in (0, 5, 12, 24):
        menu = page.locator("tr details.menu").nth(row)
        menu.locator("summary").scroll_into_view_if_needed()
        menu.locator("summary").click()
        expect(menu.locator(".menu__panel")).to_be_visible()
        page.evaluate("() => new Promise(requestAnimationFrame)")
        top, bottom = menu.locator(".menu__panel").evaluate(
            "panel => [panel.getBoundingClientRect().top, panel.getBoundingClientRect().bottom]"
        )
        assert top >= 0
        assert bottom <= 600
        page.keyboard.press("Escape")
