"""The calendar: what is coming of every analysis one may see, in the viewer's zone, a month at a time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from analyses import lifecycle
from analyses.models import Analysis
from analyses.statuses import AnalysisStatus
from tests.configure.pages import text_of
from tests.scene import an_analysis
from tests.work import calls

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
FIRST = datetime(2026, 9, 3, 20, 0, tzinfo=UTC)  # a Thursday; 22:00 in Berlin


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


def planned(owner, name="Shop", start=FIRST, **fields) -> Analysis:
    """One that waits for its start."""
    analysis = an_analysis(owner, name=name, start_at=start, **fields)
    lifecycle.submit(analysis, owner, start_at=start)
    analysis.refresh_from_db()
    return analysis


def runs(page) -> list[str]:
    """Every run of the page as in "03 20:00 Shop"."""
    return [f"{run.at:%d %H:%M} {run.analysis.name}" for day in page.context["days"] for run in day.runs]


def month(client, wanted=""):
    return client.get("/calendar/", {"month": wanted} if wanted else {})


def test_a_scheduled_run_stands_on_its_day_in_the_grid_and_in_the_list(as_alice, alice):
    analysis = planned(alice, duration=timedelta(hours=5))
    page = month(as_alice)
    assert runs(page) == ["03 20:00 Shop"]
    assert "September 2026 1 run" in text_of(page)
    assert "Thursday, 3 September 2026 1 20:00 Shop takes at most 5 h" in text_of(page)
    html = page.content.decode()
    assert html.count(f'href="/analyses/{analysis.pk}/"') == 2
    assert '<td class="calendar__day" aria-current="date">' in html
    assert "2 (today)" in text_of(page)


def test_a_schedule_that_repeats_goes_on_and_on(as_alice, alice):
    planned(alice, repeat="weekly", repeat_days="03")
    assert runs(month(as_alice)) == [f"{day:02} 20:00 Shop" for day in (3, 7, 10, 14, 17, 21, 24, 28)]
    assert len(runs(month(as_alice, "2027-01"))) == 8


def test_it_ends_with_its_last_run(as_alice, alice):
    planned(alice, "Ten", repeat="daily", repeat_count=10)
    planned(alice, "Until", repeat="daily", repeat_until=date(2026, 9, 5))
    found = runs(month(as_alice))
    assert [run for run in found if "Ten" in run] == [f"{day:02} 20:00 Ten" for day in range(3, 13)]
    assert [run for run in found if "Until" in run] == [f"{day:02} 20:00 Until" for day in (3, 4, 5)]
    assert runs(month(as_alice, "2026-10")) == []


def test_runs_are_counted_over_months(as_alice, alice):
    planned(alice, repeat="daily", repeat_count=30)
    assert [run[:2] for run in runs(month(as_alice, "2026-10"))] == ["01", "02"]


def test_those_before_the_month_are_counted_too(as_alice, alice):
    analysis = planned(alice, repeat="weekly", repeat_days="03", repeat_count=20)
    Analysis.objects.filter(pk=analysis.pk).update(
        status=AnalysisStatus.COMPLETED, next_start=FIRST + timedelta(days=4), repeat_fired=5
    )
    assert len(runs(month(as_alice))) == 7
    assert [run[:2] for run in runs(month(as_alice, "2026-10"))] == ["01", "05", "08", "12", "15", "19", "22", "26"]
    assert runs(month(as_alice, "2026-11")) == []


def test_one_that_runs_now_shows_its_next_runs_only(as_alice, alice, time_machine):
    analysis = planned(alice, repeat="daily")
    time_machine.move_to(FIRST + timedelta(hours=1), tick=False)
    as_alice.force_login(alice)
    lifecycle.begin_prescan(analysis.occurrences.get().pk)
    assert runs(month(as_alice))[0] == "04 20:00 Shop"


def test_what_is_saved_withdrawn_or_over_is_not_coming(as_alice, alice):
    an_analysis(alice, name="Saved", start_at=FIRST, repeat="daily")
    withdrawn = planned(alice, "Withdrawn", repeat="daily")
    lifecycle.withdraw(withdrawn, alice)
    Analysis.objects.filter(pk=an_analysis(alice, name="Over", start_at=FIRST).pk).update(
        status=AnalysisStatus.COMPLETED
    )
    page = month(as_alice)
    assert runs(page) == []
    assert "Nothing is planned in September 2026" in text_of(page)


def test_times_are_the_viewers_with_the_schedules_own_beside_them(as_alice, alice):
    planned(alice, zone="Europe/Berlin")
    assert "20:00 Shop takes at most 24 h · Thu 3 Sep 2026, 22:00 Europe/Berlin" in text_of(month(as_alice))
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    page = month(as_alice)
    assert "Friday, 4 September 2026 1 05:00 Shop" in text_of(page)
    assert "Times are those of Asia/Tokyo." in text_of(page)
    as_alice.cookies["timezone"] = "Europe/Berlin"
    assert "·" not in text_of(month(as_alice)).partition("Thursday, 3 September")[2]


def test_a_month_begins_and_ends_where_the_viewer_is(as_alice, alice):
    planned(alice, start=datetime(2026, 9, 30, 22, 30, tzinfo=UTC))
    as_alice.cookies["timezone"] = "Europe/Berlin"
    assert runs(month(as_alice)) == []
    assert len(runs(month(as_alice, "2026-10"))) == 1


def test_what_is_unusual_about_a_run_is_said(as_alice, alice):
    planned(alice, "Paused", repeat="daily", pause_from=time(20), pause_until=time(22))
    planned(alice, "Short", start=datetime(2026, 10, 31, 1, 30, tzinfo=UTC), repeat="monthly", prescan_only=True)
    assert "In the pause window: its scans wait until Thu 3 Sep 2026, 22:00." in text_of(month(as_alice))
    text = text_of(month(as_alice, "2026-11"))
    assert "November has no 31st: it starts on the last day." in text
    assert "Short monthly, prescan only" in text


SKIPPED = "May be skipped: the run before can last until"


def test_runs_that_may_be_skipped_since_the_one_before_can_last_so_long_are_foreseen(as_alice, alice):
    planned(alice, repeat="daily", duration=timedelta(hours=30))
    for name, fields in {
        "Short": {"duration": timedelta(hours=23)},
        "Prescans": {"prescan_only": True},
        "Weekly": {"repeat": "weekly", "duration": timedelta(days=3)},
    }.items():
        planned(alice, name, **{"repeat": "daily", **fields})
    text = text_of(month(as_alice))
    assert f"Shop daily, takes at most 30 h {SKIPPED} Sat 5 Sep 2026, 02:00." in text
    assert text.count(SKIPPED) == 27, "every run of Shop from the second one on"
    assert text_of(month(as_alice, "2026-10")).count(SKIPPED) == 31, "the run before the month counts too"


def test_how_long_the_run_before_can_last_is_told_in_the_zone_of_the_page(as_alice, alice):
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    planned(alice, repeat="daily", duration=timedelta(hours=30), zone="Europe/Berlin")
    assert f"{SKIPPED} Sat 5 Sep 2026, 11:00." in text_of(month(as_alice))


def test_clocks_that_change_are_explained(as_alice, alice):
    planned(alice, start=datetime(2026, 10, 20, 0, 30, tzinfo=UTC), zone="Europe/Berlin", repeat="daily")
    assert "Clocks go back: 02:30 comes twice, and it starts the first time." in text_of(month(as_alice, "2026-10"))


def test_everybody_sees_the_runs_of_the_analyses_they_may_see(as_alice, as_bob, as_charlie, as_lead, alice, team):
    planned(alice, "Mine")
    planned(alice, "Ours").teams.add(team)
    seen = [sorted(run.split()[-1] for run in runs(month(one))) for one in (as_alice, as_bob, as_charlie, as_lead)]
    assert seen == [["Mine", "Ours"], ["Ours"], [], ["Mine", "Ours"]]


def test_months_lead_to_each_other_from_this_one_to_a_year_ahead(as_alice):
    page = month(as_alice).content.decode()
    assert 'href="?month=2026-10"' in page
    assert "2026-08" not in page.replace('datetime="2026-08-31"', "")
    page = month(as_alice, "2027-01").content.decode()
    assert 'href="?month=2026-12"' in page
    assert 'href="?month=2027-02"' in page
    assert 'rel="next"' not in month(as_alice, "2027-09").content.decode()


@pytest.mark.parametrize("wanted", ["2026-08", "2027-10", "2026-13", "0000-01", "9999-12", "x", "2026-9", "٢٠٢٦-10"])
def test_other_months_are_404(as_alice, wanted):
    assert month(as_alice, wanted).status_code == 404


def test_a_busy_day_shows_three_in_the_grid_and_all_in_the_list(as_alice, alice):
    for number in range(5):
        planned(alice, f"Shop {number}")
    page = month(as_alice)
    assert "2 more on 3 Sep 2026" in text_of(page)
    assert len(runs(page)) == 5


def _many(owner, number: int, **fields) -> None:
    Analysis.objects.bulk_create(
        Analysis(
            name=f"Analysis {n}", owner=owner, status=AnalysisStatus.COMPLETED, zone="Europe/Berlin", repeat="daily",
            start_at=FIRST - timedelta(days=400), next_start=FIRST + timedelta(minutes=n), repeat_fired=3, **fields,
        )
        for n in range(number)
    )  # fmt: skip


def test_a_month_of_200_daily_analyses_is_quick_and_says_that_it_is_cut(as_alice, alice):
    _many(alice, 200, pause_from=time(22), pause_until=time(6))
    assert calls(lambda: month(as_alice, "2026-10")) < 1_500_000
    page = month(as_alice, "2026-10")
    assert len(runs(page)) == 500
    assert "There are more than 500 runs in this month: those until 3 Oct 2026 are shown." in text_of(page)


@pytest.mark.parametrize("fields", [{}, {"repeat_count": 1000}], ids=["endless", "counted"])
def test_a_year_ahead_1000_daily_analyses_are_quick(as_alice, alice, fields):
    _many(alice, 1000, **fields)
    assert calls(lambda: month(as_alice, "2027-09")) < 2_000_000
    page = month(as_alice, "2027-09")
    assert runs(page)[0].startswith("01 20:")
    assert len(runs(page)) == 500


@pytest.mark.parametrize("number", [1, 100])
def test_the_number_of_queries_does_not_grow(as_alice, alice, number, django_assert_num_queries):
    _many(alice, number)
    with django_assert_num_queries(4):
        month(as_alice)


def test_it_is_in_the_main_navigation(as_alice):
    assert '<a href="/calendar/" data-go="c">Calendar</a>' in as_alice.get("/").content.decode()
    assert '<a href="/calendar/" data-go="c" aria-current="page">Calendar</a>' in month(as_alice).content.decode()
