"""What keeps pages live, and what is said when nothing can: paused, in the background, at the end, cut off."""

import re
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, Route, expect

from analyses import lifecycle
from analyses.lifecycle import Claim
from tests.browser.polling import is_quiet, poll, sent, wind_on
from tests.scene import an_analysis, ends, running

pytestmark = pytest.mark.browser
# Every page that shows a run while it is under way: its address, and where on it the status of its only scan stands.
PAGES = {
    "list": ("/", "#analyses tbody tr"),
    "summary": ("/analyses/{}/", ".scans tbody tr"),
    "scan details": ("/analyses/{}/scans/{}/", "#scan-head"),
}
everywhere = pytest.mark.parametrize("where", PAGES)
STALE = re.compile("is-stale")


@pytest.fixture(autouse=True)
def _time_can_be_wound_on(page: Page) -> None:
    page.clock.install()


@dataclass(frozen=True)
class Opened:
    """A page of a run that scans, and what is looked at."""

    page: Page
    held: Claim
    shown: Locator

    def ends(self) -> None:
        """Out of sight of the page, its scan comes to its end."""
        ends(self.held)

    @property
    def html(self) -> Locator:
        return self.page.locator("html")


def opened(page: Page, alice: User, where: str) -> Opened:
    analysis, _, [held] = running(alice, name="Shop")
    address, place = PAGES[where]
    page.goto(address.format(analysis.pk, held.scan_id))
    found = Opened(page, held, page.locator(place))
    expect(found.shown).to_contain_text("In Progress")
    return found


@everywhere
def test_pause_stops_the_refresh_and_resume_catches_up(page, polls, alice, where):
    here = opened(page, alice, where)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("[data-live-note]")).to_contain_text("Paused")
    here.ends()
    assert is_quiet(page, polls)
    expect(here.shown).to_contain_text("In Progress")
    before = sent(page, polls)
    page.locator("[data-live-note]").get_by_role("button", name="Resume").click()
    assert sent(page, polls) == before + 1
    expect(here.shown).to_contain_text("Completed - Verifying Results")


@everywhere
def test_a_tab_in_the_background_is_quiet_and_catches_up_when_it_is_looked_at(page, polls, alice, where):
    here = opened(page, alice, where)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    here.ends()
    assert is_quiet(page, polls)
    before = sent(page, polls)
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    assert sent(page, polls) == before + 1
    expect(here.shown).to_contain_text("Completed - Verifying Results")


@everywhere
def test_it_ends_when_nothing_is_live_any_more(page, polls, alice, where):
    here = opened(page, alice, where)
    here.ends()
    lifecycle.publish(here.held)
    poll(page)
    expect(here.shown).to_contain_text("Completed - Results Available")
    expect(page.locator("[data-live-note]")).to_contain_text("Up to date")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_hidden()
    assert is_quiet(page, polls)


def test_it_never_begins_where_nothing_is_live(page, polls, alice):
    an_analysis(alice)
    page.goto("/")
    expect(page.locator("[data-live-note]")).to_be_hidden()
    assert is_quiet(page, polls)


def is_cut(route: Route) -> None:
    route.abort()


def is_broken(route: Route) -> None:
    route.fulfill(status=502)


@everywhere
@pytest.mark.parametrize(
    ("trouble", "cause"), [(is_cut, "the server cannot be reached"), (is_broken, "the server answers with error 502")]
)
def test_a_lost_connection_is_told_with_its_cause_and_so_is_its_return(page, console, alice, where, trouble, cause):
    console.expected += ["ERR_FAILED", "502", "htmx:"]
    here = opened(page, alice, where)
    banner = page.get_by_role("alert")
    expect(banner).to_be_empty()
    page.route("**/*", trouble)
    wind_on(page)
    expect(banner).to_contain_text(re.compile(rf"Connection lost: {cause}\. What you see is from \d\d:\d\d:\d\d"))
    expect(here.shown).to_contain_text("In Progress")
    page.unroute_all()
    here.ends()
    poll(page)
    expect(banner).to_be_empty()
    expect(here.shown).to_contain_text("Completed - Verifying Results")


def test_no_answer_at_all_is_told_as_that(page, console, alice):
    console.expected += ["ERR_FAILED", "htmx:"]
    opened(page, alice, "list")
    page.evaluate("htmx.config.timeout = 50")
    page.route("**/*", lambda _route: None)
    wind_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Connection lost: no answer within 15 seconds.")


@everywhere
def test_what_is_old_is_dimmed_and_can_be_asked_for_at_once(page, console, alice, where):
    console.expected += ["ERR_FAILED", "htmx:"]
    here = opened(page, alice, where)
    page.route("**/*", lambda route: route.abort())
    retry = page.get_by_role("button", name="Retry now")
    page.clock.run_for(5_000)
    expect(retry).to_be_visible()
    expect(here.html).not_to_have_class(STALE)
    for _ in range(2):
        with page.expect_event("requestfailed"):  # none is under way when the connection is there again
            page.clock.run_for(5_000)
    expect(here.html).to_have_class(STALE)
    page.unroute_all()
    here.ends()
    retry.press("Enter")
    expect(here.shown).to_contain_text("Verifying")
    expect(here.html).not_to_have_class(STALE)
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.get_by_role("main")).to_be_focused()
