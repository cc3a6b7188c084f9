"""The schedule of an analysis on its summary and in the list."""

from datetime import UTC, date, datetime, time

import pytest

from analyses import lifecycle
from analyses.models import Analysis
from analyses.statuses import AnalysisStatus
from tests.configure.pages import text_of
from tests.scene import an_analysis, many_analyses

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 9, 3, 20, 0, tzinfo=UTC)  # a Thursday; 22:00 in Berlin
WEEKLY = {
    "zone": "Europe/Berlin", "start_at": FIRST, "repeat": "weekly", "repeat_days": "03",
    "repeat_until": date(2026, 12, 31),
}  # fmt: skip
IN_WORDS = "Weekly on Monday and Thursday at 22:00 Europe/Berlin, until 31 Dec 2026"


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(datetime(2026, 9, 2, 12, 0, tzinfo=UTC), tick=False)


def summary(client, analysis) -> str:
    return text_of(client.get(f"/analyses/{analysis.pk}/"))


def _ended(analysis: Analysis) -> None:
    """Its latest run is over."""
    now = datetime(2026, 9, 4, 8, 0, tzinfo=UTC)
    analysis.occurrences.update(status=AnalysisStatus.COMPLETED, ended_at=now)
    Analysis.objects.filter(pk=analysis.pk).update(status=AnalysisStatus.COMPLETED)


def test_a_saved_schedule_is_said_in_words_and_has_no_next_run_yet(as_alice, alice):
    text = summary(as_alice, an_analysis(alice, **WEEKLY))
    assert f"Schedule {IN_WORDS}" in text
    assert "Next run" not in text


def test_submitted_its_next_runs_are_told(as_alice, alice):
    analysis = an_analysis(alice, **WEEKLY)
    lifecycle.submit(analysis, alice, start_at=FIRST)
    text = summary(as_alice, analysis)
    assert "Scheduled for Thu 3 Sep 2026, 20:00" in text
    assert "Next run Thu 3 Sep 2026, 20:00" in text
    assert "Thu 3 Sep 2026, 22:00 Thu 3 Sep 2026, 20:00 for you Mon 7 Sep 2026, 22:00" in text


def test_between_two_runs_the_next_one_is_told(as_alice, alice, time_machine):
    analysis = an_analysis(alice, **WEEKLY)
    lifecycle.submit(analysis, alice, start_at=FIRST)
    _ended(analysis)
    time_machine.move_to(datetime(2026, 9, 4, 8, 0, tzinfo=UTC), tick=False)
    as_alice.force_login(alice)
    text = summary(as_alice, analysis)
    assert "Next run Mon 7 Sep 2026, 20:00" in text
    assert f"Schedule {IN_WORDS}" in text


def test_taken_from_its_schedule_it_starts_when_it_is_submitted(as_alice, alice, time_machine):
    analysis = an_analysis(alice, **WEEKLY)
    lifecycle.submit(analysis, alice, start_at=FIRST)
    _ended(analysis)
    time_machine.move_to(datetime(2026, 9, 4, 8, 0, tzinfo=UTC), tick=False)
    as_alice.force_login(alice)
    lifecycle.withdraw(analysis, alice)
    text = summary(as_alice, analysis)
    assert "Next run" not in text
    assert "As soon as it is submitted, then weekly on Monday and Thursday at the same time Europe/Berlin" in text


@pytest.mark.parametrize("days", ["", "56"])
def test_the_pause_window_is_said_in_words(as_alice, alice, days):
    analysis = an_analysis(alice, zone="Europe/Berlin", pause_from=time(22), pause_until=time(6), pause_days=days)
    begins = "On Saturday and Sunday" if days else "Every day"
    assert f"Pause window {begins} from 22:00 until 06:00 the next day, Europe/Berlin" in summary(as_alice, analysis)


def test_without_a_schedule_or_a_pause_nothing_is_said_of_them(as_alice, alice):
    text = summary(as_alice, an_analysis(alice))
    assert "Schedule As soon as it is submitted" in text
    assert "Pause window" not in text
    assert "Next run" not in text


def test_an_earlier_run_tells_the_time_and_the_pause_it_was_made_with(as_alice, alice, time_machine):
    analysis = an_analysis(alice, **WEEKLY, pause_from=time(22), pause_until=time(6))
    first = lifecycle.submit(analysis, alice, start_at=FIRST)
    _ended(analysis)
    lifecycle.submit(analysis, alice)
    Analysis.objects.update(pause_from=None, pause_until=None)
    text = text_of(as_alice.get(f"/analyses/{analysis.pk}/", {"occurrence": first.number}))
    assert "Scheduled for Thu 3 Sep 2026, 20:00" in text
    assert "Pause window Every day from 22:00 until 06:00 the next day, Europe/Berlin" in text


def test_the_list_tells_the_next_run(as_alice, alice):
    scheduled, repeating = an_analysis(alice, name="A", **WEEKLY), an_analysis(alice, name="B", **WEEKLY)
    for analysis in (scheduled, repeating):
        lifecycle.submit(analysis, alice, start_at=FIRST)
    _ended(repeating)
    an_analysis(alice, name="C", **WEEKLY)
    page = as_alice.get("/", {"sort": "name"})
    assert [f"{a.next_run:%d %H:%M}" if a.next_run else "" for a in page.context["page"]] == [
        "03 20:00",
        "07 20:00",
        "",
    ]
    assert 'data-label="Next run"><time datetime="2026-09-03T20:00:00+00:00"' in page.content.decode()


@pytest.mark.parametrize("rows", [3, 60])
def test_the_next_runs_of_the_list_cost_no_query(as_alice, alice, rows, django_assert_max_num_queries):
    many_analyses(alice, rows)
    Analysis.objects.update(**WEEKLY, next_start=FIRST)
    with django_assert_max_num_queries(12):
        as_alice.get("/", {"size": 100})


def test_the_schedule_costs_the_summary_no_query(as_alice, alice, django_assert_max_num_queries):
    for analysis in (an_analysis(alice, name="A"), an_analysis(alice, name="B", **WEEKLY)):
        with django_assert_max_num_queries(10):
            as_alice.get(f"/analyses/{analysis.pk}/")
