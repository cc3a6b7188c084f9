"""A list that refreshes itself moves nobody: what is read, pointed at, checked and opened stays where it is."""

import re

import pytest
from playwright.sync_api import Page, expect

from analyses import lifecycle
from analyses.engines.contract import Phase, Progress
from analyses.moves import Ending
from dashboard.accounts.models import ChosenAnnouncements
from tests.browser.polling import poll
from tests.scene import an_analysis, ends, many_analyses, prescanned, running

pytestmark = pytest.mark.browser
# Where the reader is, and where the rows stand.
PLACE = """() => ({
    focus: document.activeElement.id,
    scroll: [scrollX, scrollY],
    menus: [...document.querySelectorAll("details[open]")].map(menu => menu.id),
    checked: [...document.querySelectorAll("input[name='chosen']:checked")].map(box => box.id),
    selection: [getSelection().toString(), getSelection().anchorNode?.parentElement.id],
    rows: [...document.querySelectorAll("tbody tr")].map(row => [row.id, row.getBoundingClientRect().top]),
})"""


@pytest.fixture(autouse=True)
def _time_can_be_wound_on(page: Page) -> None:
    page.clock.install()


def test_twenty_polls_in_which_everything_changes_move_nothing(page, alice):
    many_analyses(alice, 20)
    _, _, [first] = running(alice, "http://a.test/", name="Alpha")
    _, _, [second] = running(alice, "http://b.test/", name="Beta")
    other, _, _ = running(alice, "http://c.test/", name="Gamma")
    page.goto("/?sort=started&size=50")
    page.get_by_label("Choose Gamma", exact=True).check()
    page.locator(f"#menu-{other.pk} > summary").click()
    page.evaluate("""() => {
        const words = document.querySelector("tbody tr:nth-child(6) th a");
        words.scrollIntoView({ block: "center" });
        getSelection().selectAllChildren(words);
    }""")
    page.get_by_role("link", name="Beta", exact=True).evaluate("link => link.focus({ preventScroll: true })")
    page.evaluate("getSelection().toString()")
    before = page.evaluate(PLACE)
    assert before["scroll"][1] > 0
    assert before["selection"][0] != ""
    assert (len(before["menus"]), len(before["checked"]), before["focus"] != "") == (1, 1, True)
    changes = [
        *(lambda n=n: lifecycle.heartbeat(first, Progress(Phase.ATTACKING, n, n * 10, 100)) for n in (1, 4, 7)),
        lambda: an_analysis(alice, name="A newcomer"),
        lambda: ends(first),
        lambda: prescanned(lifecycle.submit(an_analysis(alice, name="Another"), alice)),
        lambda: lifecycle.publish(first),
        *(lambda n=n: lifecycle.heartbeat(second, Progress(Phase.ATTACKING, n, n * 10, 100)) for n in range(1, 10)),
        lambda: ends(second),
        lambda: [an_analysis(alice, name=f"More {n}") for n in range(3)],
        lambda: lifecycle.publish(second),
        lambda: lifecycle.stop(other, alice, keep=True),
    ]
    assert len(changes) == 20
    for change in changes:
        change()
        assert poll(page) == 200
        assert page.evaluate(PLACE) == before
    expect(page.get_by_role("row", name="Beta")).to_contain_text("Completed - Results Available")
    expect(page.locator("[data-new-rows]")).to_have_text("5 new analyses")


def test_what_is_new_comes_when_it_is_asked_for_and_checks_stay(page, alice):
    running(alice, name="Shop")
    page.goto("/?sort=name")
    page.get_by_label("Choose Shop", exact=True).check()
    an_analysis(alice, name="Attic")
    poll(page)
    rows = page.get_by_role("rowheader")
    expect(rows).to_have_text(["Shop"])
    page.get_by_role("link", name="1 new analysis").press("Enter")
    expect(rows).to_have_text(["Attic", "Shop"])
    expect(page.get_by_role("link", name="Attic", exact=True)).to_be_focused()
    expect(page.get_by_label("Choose Shop", exact=True)).to_be_checked()
    expect(page.locator("#bulk")).to_contain_text("1 of 2 checked")
    expect(page.locator("[data-new-rows]")).to_have_count(0)


def test_an_empty_list_tells_of_what_is_new_and_has_all_that_belongs_to_it(page, alice):
    running(alice, name="Mill")
    page.goto("/?name=shop")
    expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    an_analysis(alice, name="Shop")
    poll(page)
    page.get_by_role("link", name="1 new analysis").click()
    page.get_by_label("Choose Shop", exact=True).check()
    expect(page.locator("#bulk")).to_contain_text("1 of 1 checked")


def test_what_changes_is_said_once_in_half_a_minute(page, alice):
    _, _, [first] = running(alice, "http://a.test/", name="Alpha")
    _, _, [second] = running(alice, "http://b.test/", name="Beta")
    page.goto("/?sort=name")
    said = page.locator("#announcements")
    ends(first)
    poll(page)
    expect(said).to_have_text("Alpha: Completed - Verifying Results.")
    lifecycle.publish(first)
    an_analysis(alice, name="Attic")
    poll(page)
    ends(second)
    poll(page)
    expect(said).to_have_text("Alpha: Completed - Verifying Results.")
    page.clock.run_for(20_000)
    expect(said).to_have_text(
        "The list: 1 new analysis. Alpha: Completed - Results Available. Beta: Completed - Verifying Results."
    )


@pytest.mark.parametrize(
    ("chosen", "heard"), [("failures", "Beta: Stopped - Technical Issue."), ("off", "")], ids=["failures", "off"]
)
def test_who_wants_to_hear_of_failures_only_or_of_nothing_does(browse, alice, chosen, heard):
    ChosenAnnouncements.objects.create(user=alice, announced=chosen)
    _, _, [first] = running(alice, "http://a.test/", name="Alpha")
    _, _, [second] = running(alice, "http://b.test/", name="Beta")
    page = browse(alice)
    page.clock.install()
    page.goto("/?sort=name")
    ends(first)
    ends(second, Ending.ERROR, finds=False)
    poll(page)
    expect(page.get_by_role("row", name="Beta")).to_contain_text("Stopped - Technical Issue")
    expect(page.locator("#announcements")).to_have_text(heard)


def test_the_tab_says_how_many_need_attention(page, alice):
    _, _, [held] = running(alice, name="Shop")
    page.goto("/")
    expect(page).to_have_title("All Dynamic Analysis Scans · Vedette")
    icon = page.locator("#favicon").get_attribute("href")
    ends(held, Ending.ERROR, finds=False)
    poll(page)
    expect(page).to_have_title("(1 needs attention) All Dynamic Analysis Scans · Vedette")
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile("favicon-worst"))
    assert "worst" not in icon


def test_the_tab_of_an_analysis_says_that_it_failed(page, alice):
    analysis, _, [held] = running(alice, name="Shop")
    page.goto(f"/analyses/{analysis.pk}/")
    expect(page).to_have_title("Shop · Vedette")
    ends(held, Ending.ERROR, finds=False)
    poll(page)
    expect(page).to_have_title("(failed) Shop · Vedette")


def test_the_numbers_of_the_status_filter_follow_and_it_stays_open_chosen_and_focused(page, alice):
    _, _, [claim] = running(alice, name="Shop")
    page.goto("/")
    status = page.get_by_label("Filter by Status")
    status.select_option("in_progress")
    status.click()  # opens it
    status.evaluate("select => { was = select; }")
    options = "select => [...select.options].map(option => option.text).filter(text => text.includes('(1)'))"
    kept = """select => [select === was, select === document.activeElement, select.value, select.matches(':open')]"""
    assert status.evaluate(options) == ["In Progress (1)"]
    assert status.evaluate(kept) == [True, True, "in_progress", True]
    ends(claim)
    assert poll(page) == 200
    assert status.evaluate(options) == ["Completed - Verifying Results (1)"]
    assert status.evaluate(kept) == [True, True, "in_progress", True]
