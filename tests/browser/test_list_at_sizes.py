"""The list on windows of every width: dense where there is room, its first analysis in sight where there is none."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from analyses import presence
from analyses.models import Analysis, SavedView
from analyses.statuses import AnalysisStatus
from tests.lifecycle.test_reviewing import held
from tests.list.test_changes import failed
from tests.scene import an_analysis, many_analyses, published, running

pytestmark = pytest.mark.browser
HEIGHTS = "rows => rows.map(row => row.getBoundingClientRect().height)"
LINE = 20
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
IS_ON_TOP = """one => {
    const place = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2));
}"""
FOLDS = ("fold-changes", "fold-filters", "fold-tiles")


@pytest.fixture
def full(alice) -> None:
    """Every status, what failed, what runs, and all severities with many findings."""
    many_analyses(alice, len(AnalysisStatus))
    found = {f"{name}_count": 112 for name in ("critical", "high", "medium", "low", "info")}
    presence.say_present("worker@one", "default")
    presence.say_present("scanner@one", "scans")
    now = timezone.now()
    Analysis.objects.update(**found, started_at=now, ended_at=now, next_start=now, problem_count=3)
    held(alice, "http://held.test/", name="Press pages")
    failed(alice, "Old customer portal")
    published(alice, "http://new.test/", name="Web shop")
    running(alice, "http://runs.test/", name="Service desk")
    SavedView.objects.create(user=alice, name="Failed", query="attention=on")


def sized(page: Page, width: int, height: int = 640, address: str = "/?size=50") -> Page:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    return page


@pytest.mark.parametrize("with_scripts", [True, False])
def test_on_a_wide_window_rows_are_44_pixels_high_and_no_time_takes_two_lines(browse, alice, full, with_scripts):
    page = sized(browse(alice, java_script_enabled=with_scripts), 1440, 900)
    heights = page.locator(".analyses tbody tr").evaluate_all(HEIGHTS)
    assert len(heights) == len(AnalysisStatus) + 4
    assert set(heights) == {44}
    times = page.locator(".analyses time:not(:has(span)), .analyses .time__exact").evaluate_all(HEIGHTS)
    assert times
    assert max(times) < LINE
    assert page.evaluate(TOO_WIDE) == 0


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [1440, 1280, 1249, 1248, 768, 640, 320])
def test_nothing_is_wider_than_the_window(browse, alice, full, width, language):
    page = sized(browse(alice, locale=language), width)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("rowheader").first).to_be_visible()
    assert page.evaluate(TOO_WIDE) == 0


@pytest.mark.parametrize("with_scripts", [True, False])
def test_on_a_phone_the_first_analysis_is_seen_at_once(browse, alice, full, with_scripts):
    page = sized(browse(alice, java_script_enabled=with_scripts), 320)
    first = page.locator(".analyses tbody tr").first
    expect(first.get_by_role("rowheader")).to_be_in_viewport(ratio=1)
    expect(first.locator(".badge")).to_be_in_viewport(ratio=1)
    assert first.locator(".badge").evaluate(IS_ON_TOP)
    expect(page.get_by_label("Find by name")).to_be_in_viewport(ratio=1)
    for hidden in ("Filter by Status", "Needs attention", "Owner"):
        expect(page.get_by_label(hidden, exact=True)).to_be_hidden()
    for name in FOLDS:
        page.locator(f"#{name} summary").click()
    expect(page.get_by_role("button", name="Mark as seen")).to_be_visible()
    expect(page.get_by_label("Filter by Status")).to_be_visible()
    expect(page.get_by_role("link", name=": Running")).to_be_visible()
    expect(page.get_by_label("Owner", exact=True)).to_be_hidden()
    page.locator("#more-filters summary").click()
    expect(page.get_by_label("Owner", exact=True)).to_be_visible()


def test_on_a_wide_window_nothing_is_folded_away_but_further_filters(browse, alice, full):
    page = sized(browse(alice), 1440)
    for name in FOLDS:
        expect(page.locator(f"#{name}")).to_have_count(1)
        expect(page.locator(f"#{name}")).to_be_hidden()
    expect(page.get_by_label("Filter by Status")).to_be_visible()
    expect(page.get_by_label("Owner", exact=True)).to_be_hidden()
    page.locator("#more-filters summary").press("Enter")
    expect(page.get_by_label("Owner", exact=True)).to_be_visible()


def test_what_was_unfolded_on_a_phone_outlives_a_refresh(browse, alice):
    page = browse(alice)
    page.clock.install()
    running(alice)
    sized(page, 320)
    page.locator("#fold-tiles summary").click()
    an_analysis(alice, name="Another")
    with page.expect_response(lambda response: "hx-request" in response.request.headers):
        page.clock.run_for(5_000)
    expect(page.locator("[data-new-rows]")).to_be_visible()
    expect(page.get_by_role("link", name=": Running")).to_be_visible()


def test_a_figure_is_pressed_anywhere_and_leads_to_what_it_counts(browse, alice):
    running(alice, "http://a.test/", name="Shop")
    an_analysis(alice, name="Draft")
    page = sized(browse(alice), 1440)
    page.locator(".strip > div").first.click(position={"x": 90, "y": 10})
    expect(page.get_by_role("rowheader")).to_have_text(["Shop"])
    expect(page.get_by_label("Group of statuses")).to_have_value("running")
