"""Schedules that repeat: each time makes one run, whatever was down meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from analyses import lifecycle
from analyses.lifecycle import requests
from analyses.models import Activity, Analysis
from tests.lifecycle.test_races import at_once
from tests.scene import an_analysis, ends, let_pass, prescanned, published, running, scans_of, started, status

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def evening(time_machine):
    time_machine.move_to(START)


def daily(alice, **fields) -> Analysis:
    """A daily analysis whose first run is over."""
    analysis = published(alice, repeat="daily", **fields)
    assert list(lifecycle.due_schedules()) == []
    return analysis


def numbers(analysis: Analysis) -> list[int]:
    return list(analysis.occurrences.order_by("number").values_list("number", flat=True))


def log(analysis: Analysis) -> list[str]:
    return list(Activity.objects.filter(analysis=analysis).order_by("pk").values_list("action", flat=True))


@pytest.mark.django_db
def test_submitting_begins_the_schedule(alice):
    analysis = daily(alice)
    assert analysis.next_start == analysis.start_at + timedelta(days=1)
    assert analysis.start_at.replace(microsecond=0) == START


@pytest.mark.django_db
def test_the_time_comes_and_makes_one_run(alice, time_machine):
    analysis = daily(alice)
    let_pass(time_machine, DAY + 5)
    assert list(lifecycle.due_schedules()) == [analysis.pk]
    occurrence = lifecycle.fire(analysis.pk)
    assert status(occurrence) == status(analysis) == "Submitted"
    assert occurrence.requested_by is None
    assert list(lifecycle.due_schedules()) == []
    assert lifecycle.fire(analysis.pk) is None
    assert numbers(analysis) == [1, 2]


@pytest.mark.django_db
def test_after_a_long_downtime_it_runs_once_and_says_what_was_missed(alice, time_machine):
    analysis = daily(alice)
    let_pass(time_machine, 5 * DAY + 60)
    occurrence = lifecycle.fire(analysis.pk)
    analysis.refresh_from_db()
    assert numbers(analysis) == [1, 2]
    assert occurrence.nominal_at == analysis.start_at + timedelta(days=5)
    assert analysis.next_start == analysis.start_at + timedelta(days=6)
    missed = Activity.objects.get(analysis=analysis, action="Missed by its schedule")
    assert missed.cause.startswith("4 earlier")


def causes(analysis: Analysis, new_status: str) -> list[str]:
    return list(
        Activity.objects.filter(analysis=analysis, scan_occurrence=None, new_status=new_status)
        .order_by("-pk")
        .values_list("cause", flat=True)
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (5, "Its schedule's time has come."),
        (
            16 * 3600,
            "Its schedule's time has come. It was due on Wed 25 Nov 2026, 20:00 (UTC) and begins 16 hours late.",
        ),
    ],
)
def test_a_run_that_was_kept_waiting_says_how_late_it_is(alice, time_machine, seconds, said):
    analysis = daily(alice)
    let_pass(time_machine, DAY + seconds)
    lifecycle.fire(analysis.pk)
    assert causes(analysis, "Submitted")[0] == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "said"), [(0, ""), (12, "It was due on Wed 25 Nov 2026, 20:00 (UTC) and begins 12 hours late.")]
)
def test_so_does_one_that_waited_for_a_time_of_its_own(alice, time_machine, hours, said):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice, start_at=START + timedelta(days=1))
    let_pass(time_machine, DAY + hours * 3600)
    lifecycle.begin_prescan(occurrence.pk)
    assert causes(analysis, "Prescanning") == [said]


@pytest.mark.django_db
def test_a_time_at_which_the_run_before_is_under_way_is_skipped(alice, time_machine):
    analysis, _, _ = running(alice, repeat="daily")
    let_pass(time_machine, DAY + 5)
    assert lifecycle.fire(analysis.pk) is None
    assert numbers(analysis) == [1]
    skipped = Activity.objects.get(analysis=analysis, action="Skipped by its schedule")
    assert skipped.cause == "The run before is still under way."


@pytest.mark.django_db
def test_the_schedule_ends_after_its_number_of_runs(alice, time_machine):
    analysis = daily(alice, repeat_count=2)
    let_pass(time_machine, DAY + 5)
    lifecycle.fire(analysis.pk)
    analysis.refresh_from_db()
    assert analysis.next_start is None
    assert analysis.repeat_fired == 2


@pytest.mark.django_db
def test_a_first_run_in_the_future_waits_for_it_and_the_schedule_goes_on_from_there(alice, time_machine):
    analysis = an_analysis(alice, repeat="weekly")
    first = START + timedelta(days=2)
    lifecycle.submit(analysis, alice, start_at=first)
    assert status(analysis) == "Scheduled"
    assert analysis.next_start == first + timedelta(days=7)


@pytest.mark.django_db
def test_withdrawing_ends_the_schedule_and_leaves_the_results(alice):
    analysis = daily(alice)
    lifecycle.withdraw(analysis, alice)
    assert status(analysis) == "Completed - Results Available"
    assert analysis.next_start is None


@pytest.mark.django_db
def test_withdrawing_an_ended_run_while_somebody_submits_the_next_is_refused(alice, bob, monkeypatch):
    analysis = daily(alice)

    def submitted_meanwhile(*asked):
        monkeypatch.undo()
        found = requests.latest(*asked)
        lifecycle.submit(analysis, bob, start_at=START + timedelta(hours=2))
        return found

    monkeypatch.setattr(requests, "latest", submitted_meanwhile)
    with pytest.raises(lifecycle.Refused):
        lifecycle.withdraw(analysis, alice)
    assert status(analysis) == "Scheduled"
    assert analysis.next_start


@pytest.mark.django_db
def test_a_time_that_was_withdrawn_may_be_chosen_again(alice):
    analysis = an_analysis(alice, repeat="daily")
    first = START + timedelta(hours=2)
    for _ in range(2):
        lifecycle.submit(analysis, alice, start_at=first)
        lifecycle.withdraw(analysis, alice)
    assert status(analysis) == "Saved for Later"


@pytest.mark.django_db
def test_a_run_besides_does_not_move_the_schedule(alice):
    analysis = daily(alice)
    before = analysis.next_start
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    ends(held)
    lifecycle.publish(held)
    analysis.refresh_from_db()
    assert analysis.next_start == before
    assert occurrence.nominal_at is None


@pytest.mark.django_db
def test_an_edit_moves_the_next_run(alice):
    analysis = daily(alice)
    Analysis.objects.filter(pk=analysis.pk).update(repeat="weekly")
    analysis.refresh_from_db()
    lifecycle.edited(analysis, alice, "Repeat: daily → weekly")
    analysis.refresh_from_db()
    assert analysis.next_start == analysis.start_at + timedelta(days=7)
    Analysis.objects.filter(pk=analysis.pk).update(repeat="")
    lifecycle.edited(Analysis.objects.get(pk=analysis.pk), alice, "Repeat: weekly → once")
    analysis.refresh_from_db()
    assert analysis.next_start is None


@pytest.mark.django_db
def test_a_clock_that_jumps_back_fires_nothing_twice(alice, time_machine):
    analysis = daily(alice)
    let_pass(time_machine, DAY + 5)
    lifecycle.fire(analysis.pk)
    let_pass(time_machine, -3600)
    assert list(lifecycle.due_schedules()) == []
    assert numbers(analysis) == [1, 2]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_make_one_run(alice, time_machine):
    analysis = daily(alice)
    let_pass(time_machine, DAY + 5)
    at_once(*[lambda: lifecycle.fire(analysis.pk)] * 8)
    assert numbers(analysis) == [1, 2]
    assert connection.vendor == "postgresql"
