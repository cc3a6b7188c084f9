"""A scheduled run that somebody does not want to wait for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle, submitting
from analyses.forms.preview import preview_of
from analyses.models import Activity, Analysis
from tests.scene import an_analysis, ends, let_pass, prescanned, scans_of, started, status

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOW, tick=False)


def waiting(alice, **fields) -> Analysis:
    analysis = an_analysis(alice, start_at=TOMORROW, zone="Europe/Berlin", **fields)
    lifecycle.submit(analysis, alice, start_at=TOMORROW)
    analysis.refresh_from_db()
    return analysis


def to_its_end(analysis: Analysis) -> None:
    occurrence = analysis.occurrences.latest("number")
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    ends(held)
    lifecycle.publish(held)
    analysis.refresh_from_db()


def test_it_begins_at_once_and_the_log_says_who_and_what_it_does_not_wait_for(alice):
    analysis = waiting(alice)
    assert lifecycle.due().prescans == []
    lifecycle.run_now(analysis, alice)
    assert lifecycle.due().prescans == [analysis.occurrences.get().pk]
    entry = Activity.objects.get(action="Run now requested")
    assert (entry.actor, entry.cause) == (alice, "It does not wait for Wed 25 Nov 2026, 21:00 (Europe/Berlin).")
    to_its_end(analysis)
    assert status(analysis) == "Completed - Results Available"


def test_a_single_one_is_not_waited_for_again(alice):
    analysis = waiting(alice)
    lifecycle.run_now(analysis, alice)
    to_its_end(analysis)
    assert analysis.start_at is None
    assert submitting.start_of_next_run(analysis) is None


def test_asked_twice_it_is_done_once(alice):
    analysis = waiting(alice)
    lifecycle.run_now(analysis, alice)
    with pytest.raises(lifecycle.Refused, match="as soon as a worker is free"):
        lifecycle.run_now(analysis, alice)
    assert Activity.objects.filter(action="Run now requested").count() == 1


def test_what_is_not_scheduled_cannot_be_run_now(alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice)
    with pytest.raises(lifecycle.Refused, match="not waiting for a scheduled start"):
        lifecycle.run_now(analysis, alice)


def test_a_schedule_goes_on_with_the_times_that_follow(alice, time_machine):
    analysis = waiting(alice, repeat="daily", repeat_count=3)
    lifecycle.run_now(analysis, alice)
    to_its_end(analysis)
    assert (analysis.start_at, analysis.next_start) == (TOMORROW, TOMORROW + timedelta(days=1))
    let_pass(time_machine, DAY + 5)
    assert list(lifecycle.due_schedules()) == []
    let_pass(time_machine, DAY)
    assert lifecycle.fire(analysis.pk).nominal_at == TOMORROW + timedelta(days=1)
    analysis.refresh_from_db()
    assert analysis.repeat_fired == 2


def test_the_time_that_is_used_is_not_shown_as_a_next_run(alice):
    analysis = waiting(alice, repeat="daily")
    assert preview_of(analysis).runs[0].at == TOMORROW
    lifecycle.run_now(analysis, alice)
    to_its_end(analysis)
    assert preview_of(analysis).runs[0].at == TOMORROW + timedelta(days=1)


def test_an_edit_does_not_bring_the_time_back_that_is_used(alice):
    analysis = waiting(alice, repeat="daily")
    lifecycle.run_now(analysis, alice)
    to_its_end(analysis)
    lifecycle.edited(analysis, alice, "Description: a → b")
    analysis.refresh_from_db()
    assert analysis.next_start == TOMORROW + timedelta(days=1)


def test_submitted_once_more_it_is_a_run_besides(alice):
    analysis = waiting(alice, repeat="daily")
    lifecycle.run_now(analysis, alice)
    to_its_end(analysis)
    assert submitting.submit(analysis, alice).start_at is None
    analysis.refresh_from_db()
    assert analysis.next_start == TOMORROW + timedelta(days=1)


def test_a_new_first_start_makes_all_runs_of_the_schedule_come_again(alice):
    analysis = an_analysis(alice, repeat="daily", repeat_count=3)
    lifecycle.submit(analysis, alice)
    to_its_end(analysis)
    Analysis.objects.filter(pk=analysis.pk).update(start_at=TOMORROW + timedelta(hours=1))
    analysis.refresh_from_db()
    lifecycle.edited(analysis, alice, "Start: …", schedule=True, start=True)
    analysis.refresh_from_db()
    assert (analysis.next_start, analysis.repeat_fired) == (TOMORROW + timedelta(hours=1), 0)
    assert timezone.now() == NOW
