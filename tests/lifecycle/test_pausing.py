"""Pauses: a person's, and the pause window of the schedule."""

from datetime import UTC, datetime, time

import pytest

from analyses import lifecycle
from analyses.lifecycle import Refused, Work
from analyses.models import Activity
from analyses.moves import Ending
from tests.scene import FLAW, an_analysis, ends, let_pass, prescanned, running, scans_of, started, status

pytestmark = pytest.mark.django_db

NIGHT = {"zone": "Europe/Berlin", "pause_from": time(22), "pause_until": time(6), "pause_days": "0123456"}
EVENING = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)  # 21:30 in Berlin


def paused(alice):
    """An analysis whose engine has been suspended by its pause."""
    analysis, occurrence, [held] = running(alice)
    lifecycle.record_found(held, [FLAW])
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    return analysis, occurrence, held


def test_a_pause_is_asked_for_and_the_runner_suspends_the_engine(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    [scan] = scans_of(occurrence)
    assert status(scan) == "Pausing"
    assert lifecycle.heartbeat(held).status.label == "Pausing"
    assert scan.slot is not None
    lifecycle.suspended(held)
    scan.refresh_from_db()
    assert (scan.slot, scan.lease_until) == (None, None)
    assert status(analysis) == "In Progress"


def test_a_paused_scan_is_nobodys_work(alice):
    _, _, held = paused(alice)
    assert lifecycle.due().scans == []
    assert lifecycle.claim(held.scan_id) is None


def test_a_resumed_scan_waits_for_a_slot_and_goes_on_from_its_session(alice):
    analysis, occurrence, held = paused(alice)
    lifecycle.resume(analysis, alice)
    [scan] = scans_of(occurrence)
    assert status(scan) == "Resuming"
    again = lifecycle.claim(held.scan_id)
    assert again.work is Work.RESUME
    began = scan.started_at
    lifecycle.started(again)
    assert status(scan) == "In Progress"
    assert scan.started_at == began


def test_on_another_host_a_resumed_scan_begins_again(alice, monkeypatch):
    analysis, _, held = paused(alice)
    lifecycle.resume(analysis, alice)
    monkeypatch.setattr("analyses.lifecycle.claims.HOST", "elsewhere")
    assert lifecycle.claim(held.scan_id).work is Work.RUN


def test_a_pause_that_ends_before_the_engine_is_suspended_is_followed_by_its_resuming(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    lifecycle.resume(analysis, alice)
    assert status(scans_of(occurrence)[0]) == "Pausing"
    assert lifecycle.suspended(held).label == "Resuming"


def test_while_paused_nothing_new_starts_and_capacity_is_free_for_others(alice, settings):
    settings.SCAN_CAPACITY = 1
    analysis, _, [held] = running(alice, "http://a.test/", "http://b.test/")
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    assert lifecycle.startable() == []
    other = an_analysis(alice, name="Other")
    occurrence = lifecycle.submit(other, alice)
    prescanned(occurrence)
    assert started(scans_of(occurrence)[0])


def test_a_scan_whose_engine_starts_during_a_pause_pauses_at_once(alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    held = lifecycle.claim(scans_of(occurrence)[0].pk)
    lifecycle.pause(analysis, alice)
    lifecycle.started(held)
    assert status(scans_of(occurrence)[0]) == "Pausing"


def test_a_worker_that_is_lost_while_pausing_leaves_a_paused_scan(alice, settings, time_machine):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    let_pass(time_machine, settings.LEASE_SECONDS + 1)
    assert lifecycle.due().scans == [held.scan_id]
    assert lifecycle.claim(held.scan_id) is None
    assert lifecycle.due().scans == []
    lifecycle.resume(analysis, alice)
    assert status(scans_of(occurrence)[0]) == "Resuming"


def test_a_worker_that_is_shut_down_while_pausing_leaves_a_paused_scan(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    lifecycle.resume(analysis, alice)
    lifecycle.release(held)
    [scan] = scans_of(occurrence)
    assert (status(scan), scan.slot) == ("Resuming", None)


def test_a_scan_whose_worker_was_shut_down_is_paused_without_one(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.release(held)
    lifecycle.pause(analysis, alice)
    [scan] = scans_of(occurrence)
    assert (status(scan), scan.slot) == ("Pausing", None)
    lifecycle.resume(analysis, alice)
    assert status(scan) == "Resuming"
    assert lifecycle.startable() == [scan.pk]


def test_an_engine_that_ends_by_itself_while_pausing_has_ended(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    ends(held)
    assert status(scans_of(occurrence)[0]) == "Completed - Verifying Results"


@pytest.mark.parametrize("keep", [True, False])
def test_a_paused_run_can_be_stopped(alice, keep):
    analysis, _, held = paused(alice)
    lifecycle.stop(analysis, alice, keep=keep)
    assert lifecycle.due().scans == [held.scan_id]
    again = lifecycle.claim(held.scan_id)
    assert again.work is Work.END
    lifecycle.end_run(again, Ending.STOPPED)
    expected = "Stopped - Verifying Partial Results" if keep else "Stopped - Deleting Results"
    assert status(analysis) == expected


def test_the_duration_ends_a_paused_run_with_what_it_found(alice, time_machine):
    analysis, occurrence, held = paused(alice)
    let_pass(time_machine, 25 * 3600)
    assert lifecycle.overdue() == [occurrence.pk]
    lifecycle.expire(occurrence.pk)
    assert status(scans_of(occurrence)[0]) == "Time Expired - Verifying Partial Results"
    assert status(analysis) == "Time Expired - Verifying Partial Results"
    assert lifecycle.claim(held.scan_id).work is Work.VERIFY


def test_only_what_runs_is_paused_and_only_what_is_paused_resumed(alice):
    analysis = an_analysis(alice)
    with pytest.raises(Refused, match="never been submitted"):
        lifecycle.pause(analysis, alice)
    lifecycle.submit(analysis, alice)
    with pytest.raises(Refused, match="running or queued"):
        lifecycle.pause(analysis, alice)
    running_one, _, _ = running(alice, name="Running")
    with pytest.raises(Refused, match="nobody has paused it"):
        lifecycle.resume(running_one, alice)
    lifecycle.pause(running_one, alice)
    with pytest.raises(Refused, match="already paused"):
        lifecycle.pause(running_one, alice)


def test_a_pause_window_suspends_and_goes_on_by_itself(alice, time_machine):
    time_machine.move_to(EVENING)
    analysis, occurrence, [held] = running(alice, **NIGHT)
    assert list(lifecycle.window_changes()) == []
    let_pass(time_machine, 3600)
    assert list(lifecycle.window_changes()) == [occurrence.pk]
    lifecycle.follow_window(occurrence.pk)
    [scan] = scans_of(occurrence)
    assert status(scan) == "Pausing"
    lifecycle.suspended(held)
    let_pass(time_machine, 8 * 3600)
    lifecycle.follow_window(occurrence.pk)
    assert status(scan) == "Resuming"
    actions = list(Activity.objects.filter(analysis=analysis).values_list("action", flat=True))
    assert actions.count("Pause window began") == actions.count("Pause window ended") == 1


def test_a_run_that_is_queued_in_its_pause_window_does_not_start(alice, time_machine):
    time_machine.move_to(EVENING)
    occurrence = lifecycle.submit(an_analysis(alice, **NIGHT), alice)
    prescanned(occurrence)
    let_pass(time_machine, 3600)
    lifecycle.follow_window(occurrence.pk)
    assert lifecycle.startable() == []
    let_pass(time_machine, 9 * 3600)
    lifecycle.follow_window(occurrence.pk)
    assert lifecycle.startable() == [scans_of(occurrence)[0].pk]


def test_somebody_who_pauses_within_the_window_resumes_into_it(alice, time_machine):
    time_machine.move_to(EVENING)
    analysis, occurrence, [held] = running(alice, **NIGHT)
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    let_pass(time_machine, 3600)
    lifecycle.resume(analysis, alice)
    assert status(scans_of(occurrence)[0]) == "Pausing"
    assert list(lifecycle.window_changes()) == []
    let_pass(time_machine, 9 * 3600)
    lifecycle.follow_window(occurrence.pk)
    assert status(scans_of(occurrence)[0]) == "Resuming"


def test_a_persons_pause_outlasts_the_window(alice, time_machine):
    time_machine.move_to(EVENING)
    analysis, occurrence, _ = running(alice, **NIGHT)
    lifecycle.pause(analysis, alice)
    let_pass(time_machine, 24 * 3600 - 60)
    assert list(lifecycle.window_changes()) == []
    lifecycle.follow_window(occurrence.pk)
    occurrence.refresh_from_db()
    assert occurrence.pause == "user"
