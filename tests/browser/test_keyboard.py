"""Everything can be reached and done without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.scene import an_analysis, running, status

pytestmark = pytest.mark.browser


def tab_to(page: Page, words: str, element: str = "") -> None:
    """Press Tab until the focus is on these words, in an element of this name if that is given."""
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        if seen[-1] == words and page.evaluate("name => document.activeElement.matches(name)", element or "*"):
            return
    pytest.fail(f"{words!r} is not among {seen}")


def test_the_first_tab_offers_to_skip_to_the_content(page, alice):
    running(alice, name="Shop")
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_actions_menu_opens_closes_and_gives_the_focus_back(page, alice):
    analysis, _, _ = running(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    menu, opener = page.locator("#actions"), page.locator("#actions > summary")
    tab_to(page, "Analysis Actions", "summary")
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Configure Analysis")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(opener).to_be_focused()


def test_arrows_home_and_end_walk_a_menu_round_and_round(page, alice):
    analysis, _, _ = running(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    opener = page.locator("#user-menu > summary")
    opener.focus()
    ways = ["ArrowDown Your account", "ArrowDown Notifications", "End Sign out", "ArrowDown Your account"]
    for way in (*ways, "ArrowUp Sign out", "Home Your account"):
        key, name = way.split(" ", 1)
        page.keyboard.press(key)
        expect(page.locator("#user-menu .menu__item:focus")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#user-menu")).not_to_have_attribute("open", "")


def test_a_link_to_the_menu_opens_it_however_often_it_is_followed(page, alice):
    analysis = an_analysis(alice)
    menu, opener = page.locator("#actions"), page.locator("#actions > summary")
    link = page.locator(".next-steps").get_by_role("link", name="Analysis Actions")
    page.goto(f"/analyses/{analysis.pk}/history/")
    for _ in ("from another page", "on this page", "where the address has it already"):
        link.click()
        expect(menu).to_have_attribute("open", "")
        expect(opener).to_be_focused()
        page.keyboard.press("Escape")
        expect(menu).not_to_have_attribute("open", "")


def test_g_q_goes_to_the_queue_which_is_in_the_navigation(page):
    page.goto("/calendar/")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Queue")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.get_by_role("heading", level=1, name="Queue")).to_be_visible()


def test_a_click_elsewhere_closes_the_menu(page, alice):
    analysis, _, _ = running(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    page.locator("#actions > summary").click()
    page.get_by_role("heading", name="Activity log").click()
    expect(page.locator("#actions")).not_to_have_attribute("open", "")


def test_an_analysis_is_stopped_with_the_keyboard_alone(page, alice):
    analysis, _, _ = running(alice, name="Shop")
    page.goto("/")
    tab_to(page, "Shop")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/analyses/{analysis.pk}/$"))
    tab_to(page, "Analysis Actions", "summary")
    page.keyboard.press("Enter")
    expect(page.locator("#actions")).to_have_attribute("open", "")
    tab_to(page, "Stop and save results…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Let it run")).to_be_focused()
    page.wait_for_load_state()  # the focus is there before the page's scripts are
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(rf"/analyses/{analysis.pk}/$"))
    assert status(analysis) == "In Progress"
    page.go_back()
    expect(page.get_by_role("link", name="Let it run")).to_be_focused()
    page.wait_for_load_state()
    tab_to(page, "Stop and keep 0 findings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Stopping")).to_be_visible()
    assert status(analysis) == "Stopped - Saving Results"


def test_the_focus_can_be_seen_on_every_step(page, alice):
    running(alice, name="Shop")
    page.goto("/")
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const at = document.activeElement, style = getComputedStyle(at);"
            " return at === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)"
            " || style.boxShadow !== 'none' || at.outerHTML; }"
        )
        assert seen is True
