"""The pages of one analysis refresh themselves as the list does: twenty polls move nothing, and hardly ever speak."""

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, FoundFlaw, Phase, Progress, Severity
from analyses.lifecycle import Claim
from analyses.models import Analysis
from tests.browser.polling import poll
from tests.scene import ends, running

pytestmark = pytest.mark.browser
POLLS = 20
SCANS = 6
HALF_A_MINUTE = 29_900  # clocks are not that exact
# Where the reader is. What they look at stands in the window where it stood, whatever has come above it.
PLACE = """() => {
    const here = document.activeElement;
    return {
        focus: [here.tagName, here.id || here.textContent],
        typed: [here.value ?? "", here.selectionStart ?? 0, here.selectionEnd ?? 0],
        scrolled: scrollY > 0,
        open: [...document.querySelectorAll("details[open]")].map(one => one.id).sort(),
        chosen: [...document.querySelectorAll("[data-live] select:not(.triage *)")].map(one => [one.id, one.value]),
        checked: [...document.querySelectorAll("input:checked")].map(one => one.id),
        selected: getSelection().toString(),
    };
}"""


STANDS = "() => document.activeElement.getBoundingClientRect().top"


@pytest.fixture(autouse=True)
def _time_can_be_wound_on(page: Page) -> None:
    page.clock.install()


@pytest.fixture
def at_work(alice, settings) -> tuple[Analysis, list[Claim]]:
    settings.SCAN_CAPACITY = SCANS
    analysis, _, claims = running(alice, *(f"http://shop-{n}.test/" for n in range(SCANS - 2)), name="Shop")
    for name in ("Mill", "Farm"):
        claims += running(alice, f"http://{name.lower()}.test/", name=name)[2]
    claims[1:] = claims[:0:-1]  # they end first
    lifecycle.record_found(claims[0], [flaw(number) for number in range(6)])
    lifecycle.record_crawled(claims[0], pages(0, 30))
    return analysis, claims


def flaw(number: int) -> FoundFlaw:
    return FoundFlaw("SQL Injection", Severity.HIGH, "GET", f"http://shop-0.test/{number}?id=1", "id", "sql", "GET /")


def pages(first: int, last: int) -> list[CrawledPage]:
    return [CrawledPage("GET", f"http://shop-0.test/page/{n}", 200) for n in range(first, last)]


def happens(number: int, claims: list[Claim]) -> None:
    """The first scan is at work all the time and finds this and that; the others end and are published."""
    first, *others = claims
    match number % 5:
        case 0:
            ends(others[number // 5])
        case 1:
            lifecycle.publish(others[number // 5])
        case 2:
            lifecycle.record_found(first, [flaw(100 + number)])
        case 3:
            lifecycle.record_crawled(first, pages(30 + number, 33 + number))
    lifecycle.heartbeat(first, Progress(Phase.ATTACKING, number, number * 5, 100))


def select(words: Locator) -> None:
    words.evaluate("words => getSelection().selectAllChildren(words)")


def focus(where: Locator) -> None:
    """Go there, where it can be seen in the middle of the window."""
    where.evaluate("here => { here.focus({ preventScroll: true }); here.scrollIntoView({ block: 'center' }); }")


def on_the_summary(page: Page, analysis: Analysis, claims: list[Claim]) -> None:
    page.goto(f"/analyses/{analysis.pk}/")
    page.get_by_label("Scan", exact=True).select_option(index=2)
    page.locator("#actions > summary").click()
    select(page.locator("#log .log__what").last)
    focus(page.locator("#log .log__time a").last)


def on_scan_details(page: Page, analysis: Analysis, claims: list[Claim]) -> None:
    page.goto(f"/analyses/{analysis.pk}/scans/{claims[0].scan_id}/")
    page.get_by_label("Method").select_option("GET")
    search = page.get_by_label("URL contains")
    search.fill("a page that is")
    focus(search)
    search.evaluate("field => field.setSelectionRange(2, 6)")


def on_the_results(page: Page, analysis: Analysis, claims: list[Claim]) -> None:
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.locator(".finding > summary").nth(1).click()
    page.locator(".finding-row__box").nth(2).check()
    comment = page.locator(".finding[open] textarea")
    comment.fill("Not one of ours, bec")
    focus(comment)
    comment.evaluate("field => field.setSelectionRange(4, 7)")


@pytest.mark.parametrize("go", [on_the_summary, on_scan_details, on_the_results])
def test_twenty_polls_in_which_everything_changes_move_nothing(page, at_work, go):
    go(page, *at_work)
    before, stood = page.evaluate(PLACE), page.evaluate(STANDS)
    assert before["scrolled"]
    for number in range(POLLS):
        happens(number, at_work[1])
        assert poll(page) == 200
        assert page.evaluate(PLACE) == before
        assert abs(page.evaluate(STANDS) - stood) <= 1


@pytest.mark.parametrize("where", ["/", "/analyses/{}/", "/analyses/{}/scans/{}/", "/analyses/{}/results/"])
def test_nothing_is_said_twice_in_half_a_minute(page, at_work, where):
    analysis, claims = at_work
    page.goto(where.format(analysis.pk, claims[0].scan_id))
    page.evaluate("""() => {
        saidAt = [];
        const said = document.getElementById("announcements");
        new MutationObserver(() => saidAt.push(Date.now())).observe(said, { childList: true });
    }""")
    for number in range(POLLS):
        happens(number, claims)
        assert poll(page) == 200
    said = page.evaluate("saidAt")
    assert [later - earlier for earlier, later in pairwise(said) if later - earlier < HALF_A_MINUTE] == []
    assert (len(said) > 1) == (where in ("/", "/analyses/{}/"))  # there is something to say
