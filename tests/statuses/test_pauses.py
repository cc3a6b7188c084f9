"""Pauses while an engine runs, by the window or by a person: what was found is kept, and the engine goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Activity, Analysis
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S
from tests.statuses import ways
from tests.statuses.stage import Stage, now, run_of, scans, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def begin_window(analysis: Analysis, seconds: float) -> None:
    """The run's pause window has just begun, and is over soon."""
    moment = timezone.now()
    window = {"pause_from": moment.time(), "pause_until": (moment + timedelta(seconds=seconds)).time()}
    analysis.occurrences.update(zone="UTC", **window)


def moves_of_the_scan(analysis: Analysis) -> list[str]:
    told = Activity.objects.filter(scan_occurrence=scans(analysis)[0]).exclude(new_status="")
    return list(told.order_by("pk").values_list("new_status", flat=True))


def paused_by_its_window(stage: Stage, seconds: float) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding"))
    begin_window(analysis, seconds)
    stage.sweep()
    stage.wait_for_scan(analysis, S.PAUSING)
    wait_until(lambda: scans(analysis)[0].lease_until is None, "the engine to be suspended")
    return analysis


def goes_on_and_ends(stage: Stage, analysis: Analysis) -> None:
    stage.drive_by_a_worker(analysis)
    stage.wait_for_scan(analysis, S.IN_PROGRESS)
    stage.stop(analysis, keep=True)
    stage.wait_for(analysis, A.STOPPED_AVAILABLE)


THE_WHOLE_WAY = [
    "Submitted",
    "Queued",
    "In Progress",
    "Pausing",
    "Resuming",
    "In Progress",
    "Stopping - Saving Results",
    "Stopped - Verifying Partial Results",
    "Stopped - Partial Results Available",
]


def test_a_window_suspends_the_engine_and_lets_it_go_on_when_it_is_over(stage):
    analysis = paused_by_its_window(stage, seconds=1)
    wait_until(lambda: list(lifecycle.window_changes()), "the end of the window")
    stage.sweep()
    assert scans(analysis)[0].status == S.RESUMING
    goes_on_and_ends(stage, analysis)
    assert moves_of_the_scan(analysis) == THE_WHOLE_WAY
    assert scans(analysis)[0].finding_count == 3


def test_what_a_person_paused_goes_on_where_it_was(stage):
    analysis = ways.paused_by_a_person(stage)
    assert scans(analysis)[0].slot is None
    lifecycle.resume(analysis, stage.owner)
    goes_on_and_ends(stage, analysis)
    assert moves_of_the_scan(analysis) == THE_WHOLE_WAY


def test_resuming_within_the_window_waits_for_its_end(stage):
    analysis = ways.paused_by_a_person(stage)
    begin_window(analysis, seconds=60)
    lifecycle.resume(analysis, stage.owner)
    stage.sweep()
    assert scans(analysis)[0].status == S.PAUSING
    assert run_of(analysis).pause == "window"


def test_a_pause_before_the_engine_started_keeps_it_from_starting(stage):
    analysis = ways.prescan_passed(stage)
    lifecycle.pause(analysis, stage.owner)
    stage.drive_all(analysis)
    assert (now(analysis), scans(analysis)[0].status) == (A.QUEUED, S.QUEUED)
    lifecycle.resume(analysis, stage.owner)
    stage.drive_all(analysis)
    assert now(analysis) == A.COMPLETED


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_suspended_can_be_stopped(stage, keep):
    analysis = ways.paused_by_a_person(stage)
    stage.stop(analysis, keep=keep)
    stage.drive_all(analysis)
    scan = scans(analysis)[0]
    assert (now(analysis), scan.status) == (
        (A.STOPPED_AVAILABLE, S.STOPPED_AVAILABLE) if keep else (A.STOPPED_DELETING, S.STOPPED)
    )
    assert (scan.cause, bool(scan.finding_count)) == ("Stopped by alice", keep)


def test_the_duration_ends_what_is_suspended(stage):
    analysis = ways.paused_by_a_person(stage)
    analysis.occurrences.update(deadline=timezone.now())
    stage.sweep()
    assert (now(analysis), scans(analysis)[0].status) == (A.EXPIRED_VERIFYING, S.EXPIRED_VERIFYING)
    stage.drive_all(analysis)
    assert (now(analysis), scans(analysis)[0].status) == (A.COMPLETED_PARTIAL, S.EXPIRED_AVAILABLE)
