"""Clocks that jump: no run is lost, none is done twice, none is called late before its time."""

import pytest

from analyses import lifecycle
from analyses.engines.contract import Phase, Progress
from analyses.lifecycle import LostClaim
from analyses.models import Activity
from analyses.templatetags.vedette import duration
from tests.scene import an_analysis, ends, let_pass, running, scans_of, status

pytestmark = pytest.mark.django_db
HOUR = 3600


def test_back_a_running_scan_stays_its_runners(alice, time_machine):
    analysis, _, [held] = running(alice)
    let_pass(time_machine, -HOUR)
    assert lifecycle.due().scans == []
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 1, 1, 2))
    ends(held)
    lifecycle.publish(held)
    assert status(analysis) == "Completed - Results Available"


def test_back_a_lost_worker_is_noticed_in_time_all_the_same(alice, time_machine, settings):
    """Its last sign of life came after the jump."""
    _, _, [held] = running(alice)
    let_pass(time_machine, -HOUR)
    lifecycle.heartbeat(held)
    let_pass(time_machine, settings.LEASE_SECONDS + 1)
    assert lifecycle.due().scans == [held.scan_id]


def test_back_no_length_of_time_is_negative(alice, time_machine):
    _, occurrence, [held] = running(alice)
    let_pass(time_machine, -HOUR)
    ends(held)
    [scan] = scans_of(occurrence)
    assert duration(scan.engine_ended_at - scan.started_at) == "0 s"


def test_forward_a_living_runner_keeps_its_scan(alice, time_machine):
    _, _, [held] = running(alice)
    let_pass(time_machine, HOUR)
    lifecycle.heartbeat(held)
    assert lifecycle.due().scans == []
    assert lifecycle.claim(held.scan_id) is None


def test_forward_there_is_one_runner_also_when_somebody_else_is_quicker(alice, time_machine):
    _, _, [held] = running(alice)
    let_pass(time_machine, HOUR)
    taken_over = lifecycle.claim(held.scan_id)
    with pytest.raises(LostClaim):
        lifecycle.heartbeat(held)
    lifecycle.heartbeat(taken_over)


def test_forward_a_scheduled_start_comes_once(alice, time_machine):
    analysis = an_analysis(alice, repeat="daily")
    lifecycle.submit(analysis, alice)
    let_pass(time_machine, 25 * HOUR)
    for pk in lifecycle.never_taken():
        lifecycle.refuse_late(pk)
    lifecycle.fire(analysis.pk)
    let_pass(time_machine, -25 * HOUR)
    let_pass(time_machine, 25 * HOUR)
    assert lifecycle.fire(analysis.pk) is None
    assert analysis.occurrences.count() == 2
    assert Activity.objects.filter(analysis=analysis, action="Submitted").count() == 2
