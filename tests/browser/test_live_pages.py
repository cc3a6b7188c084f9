"""Pages that refresh themselves. Their clock is wound on, so nothing here waits five seconds."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from analyses import lifecycle
from analyses.engines.contract import Phase, Progress
from analyses.models import Analysis
from tests.browser.polling import is_quiet, poll, wind_on
from tests.scene import ends, running

pytestmark = pytest.mark.browser
EXACT = re.compile(r"^\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d$")
ENDS = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d"
HOSTILE = "<img src=x onerror=window.__pwn=1>"


@pytest.fixture(autouse=True)
def _time_can_be_wound_on(page: Page) -> None:
    page.clock.install()


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.__mark = 'still the same page'")


def is_marked(page: Page) -> bool:
    return page.evaluate("window.__mark") == "still the same page"


def test_a_row_changes_without_a_reload(page, alice):
    _, _, [held] = running(alice, name="Shop")
    page.goto("/")
    row = page.get_by_role("row", name="Shop")
    expect(row).to_contain_text("In Progress")
    mark(page)
    ends(held)
    poll(page)
    expect(row).to_contain_text("Completed - Verifying Results")
    assert is_marked(page)


def test_a_change_of_status_is_announced_politely(page, alice):
    _, _, [held] = running(alice, name=HOSTILE)
    page.goto("/")
    announcements = page.locator("#announcements")
    expect(announcements).to_have_attribute("aria-live", "polite")
    expect(announcements).to_be_empty()
    ends(held)
    poll(page)
    expect(announcements).to_have_text(f"{HOSTILE}: Completed - Verifying Results.")
    assert page.evaluate("window.__pwn") is None


def test_progress_alone_is_not_announced(page, alice):
    _, _, [held] = running(alice, name="Shop")
    page.goto("/")
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, pages=1, checks_done=50, checks_total=100))
    poll(page)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("#announcements")).to_be_empty()


def test_a_refresh_keeps_the_focus_where_it_is(page, alice):
    _, _, [held] = running(alice, name="Shop")
    page.goto("/")
    page.get_by_role("link", name="Shop").focus()
    page.evaluate("window.__focused = document.activeElement")
    ends(held)
    poll(page)
    expect(page.get_by_role("row", name="Shop")).to_contain_text("Verifying")
    expect(page.get_by_role("link", name="Shop")).to_be_focused()
    assert page.evaluate("window.__focused === document.activeElement")


def test_a_refresh_keeps_an_open_menu_open(page, alice):
    analysis, _, [held] = running(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    page.locator("#actions > summary").click()
    ends(held)
    poll(page)
    expect(page.locator("#actions")).to_have_attribute("open", "")
    expect(page.locator("#action-stop-save")).to_contain_text("Nothing is running.")
    expect(page.locator(".page-header")).to_contain_text("Completed - Verifying Results")


def test_a_poll_that_finds_nothing_new_leaves_the_page_alone(page, alice):
    running(alice)
    page.goto("/")
    assert poll(page) == 204
    expect(page.get_by_role("table", name="Analyses")).to_be_visible()


def test_signed_out_it_says_so_and_leads_back(page, polls, console, alice):
    running(alice, name="Shop")
    console.expected.append("401")
    page.goto("/?name=sho")
    Session.objects.all().delete()
    assert poll(page) == 401
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("You have been signed out")
    expect(page.get_by_role("row", name="Shop")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)
    assert is_quiet(page, polls)
    banner.get_by_role("link", name="Sign in").click()
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/\?name=sho$"))
    expect(page.get_by_role("row", name="Shop")).to_be_visible()


def test_what_was_deleted_or_is_shared_no_more_is_told(page, polls, console, alice, bob):
    analysis, _, _ = running(alice, name="Shop")
    console.expected.append("404")
    page.goto(f"/analyses/{analysis.pk}/")
    analysis.owner = bob
    analysis.save()
    assert poll(page) == 404
    expect(page.get_by_role("alert")).to_contain_text("no longer there for you")
    assert is_quiet(page, polls)


def test_times_of_the_list_are_said_as_people_say_them_and_exact_in_the_title_and_on_paper(page, alice):
    for name, ago in (("New", timedelta(seconds=20)), ("Shop", timedelta(minutes=42)), ("Old", timedelta(days=90))):
        analysis = running(alice, f"http://{name}.test/", name=name)[0]
        Analysis.objects.filter(pk=analysis.pk).update(started_at=timezone.now() - ago)
    page.clock.set_system_time(timezone.now())
    page.goto("/")

    def started(name: str):
        return page.get_by_role("row", name=name).locator("[data-label=Started] time")

    expect(started("New")).to_have_text("now")
    expect(started("Shop")).to_have_text("42 minutes ago")
    expect(started("Old")).to_have_text(EXACT)
    assert re.search(r", \d\d:\d\d:\d\d ", started("Shop").get_attribute("title"))
    poll(page)
    expect(started("Shop")).to_have_text("42 minutes ago")
    wind_on(page, 60)
    expect(started("Shop")).to_have_text("43 minutes ago")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(started("Shop")).to_have_text(EXACT)


def test_a_run_of_the_list_says_how_much_time_it_has_left_and_until_when_exactly(page, alice):
    analysis = running(alice, name="Shop")[0]
    now = timezone.now()
    Analysis.objects.filter(pk=analysis.pk).update(deadline=now + timedelta(hours=3, seconds=30))
    page.clock.set_system_time(now)
    page.goto("/")
    limit = page.get_by_role("row", name="Shop").locator("[data-label='Time limit'] time")
    expect(limit).to_have_text(re.compile(rf"^in 3 hours · {ENDS}$"))
    wind_on(page, 60)
    expect(limit).to_have_text(re.compile(rf"^in 2 hours · {ENDS}$"))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(limit).to_have_text(re.compile(f"^{ENDS}$"))
