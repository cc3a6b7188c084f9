"""Submitting, scheduling, withdrawing and stopping."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Activity, FindingInstance
from analyses.moves import Ending
from tests.scene import UNREACHED, an_analysis, ends, prescanned, running, scans_of, status, statuses_in_log

pytestmark = pytest.mark.django_db


def test_a_new_analysis_is_saved_for_later(alice):
    analysis = an_analysis(alice)
    assert status(analysis) == "Saved for Later"
    assert statuses_in_log(analysis) == ["Saved for Later"]


def test_submitting_makes_an_occurrence_with_a_frozen_copy_of_every_scan(alice):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/", excluded_urls="http://a.test/admin/")
    occurrence = lifecycle.submit(analysis, alice)
    assert status(analysis) == "Submitted"
    analysis.scans.all().delete()
    assert [scan.url for scan in scans_of(occurrence)] == ["http://a.test/", "http://b.test/"]
    assert scans_of(occurrence)[0].configuration["excluded_urls"] == ["http://a.test/admin/"]


def test_submitting_twice_is_refused_and_makes_one_occurrence(alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice)
    with pytest.raises(lifecycle.Refused, match="already under way"):
        lifecycle.submit(analysis, alice)
    assert analysis.occurrences.count() == 1


def test_an_analysis_without_urls_cannot_be_submitted(alice):
    analysis = an_analysis(alice)
    analysis.scans.all().delete()
    with pytest.raises(lifecycle.Refused, match="Add at least one URL"):
        lifecycle.submit(analysis, alice)
    assert status(analysis) == "Saved for Later"


def test_a_start_in_the_future_schedules_it(alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    assert status(analysis) == "Scheduled"
    assert [status(scan) for scan in scans_of(occurrence)] == ["Scheduled"]
    assert statuses_in_log(analysis) == ["Saved for Later", "Submitted", "Scheduled"]
    assert lifecycle.begin_prescan(occurrence.pk) is None


def test_a_scheduled_analysis_starts_when_it_is_due(alice, time_machine):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    assert lifecycle.due().prescans == [occurrence.pk]
    prescanned(occurrence)
    assert status(analysis) == "Queued"


def test_withdrawing_saves_it_for_later(alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    lifecycle.withdraw(analysis, alice)
    assert status(analysis) == "Saved for Later"
    lifecycle.submit(analysis, alice)
    assert status(analysis) == "Submitted"


@pytest.mark.parametrize("keep", [True, False])
def test_stopping_before_any_scan_started_is_stopped(alice, keep):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    lifecycle.stop(analysis, alice, keep=keep)
    assert status(analysis) == "Stopped"
    assert [status(scan) for scan in scans_of(occurrence)] == ["Stopped"]
    assert lifecycle.claim(scans_of(occurrence)[0].pk) is None


def test_stop_and_save_keeps_and_publishes_what_was_found(alice):
    analysis, occurrence, [held] = running(alice)
    lifecycle.record_found(held, [])
    lifecycle.stop(analysis, alice, keep=True)
    assert status(analysis) == "Stopped - Saving Results"
    assert lifecycle.heartbeat(held).status.label == "Stopping - Saving Results"
    ends(held, Ending.STOPPED)
    assert status(analysis) == "Stopped - Verifying Partial Results"
    lifecycle.publish(held)
    assert status(analysis) == "Stopped - Partial Results Available"
    assert status(scans_of(occurrence)[0]) == "Stopped - Partial Results Available"
    assert analysis.critical_count == 1


def test_stop_and_save_after_every_started_scan_ran_to_its_end(alice, settings):
    settings.SCAN_CAPACITY = 1
    analysis, _, [held] = running(alice, "http://a.test/", "http://b.test/")
    ends(held)
    lifecycle.stop(analysis, alice, keep=True)
    assert status(analysis) == "Stopped - Verifying Results"
    lifecycle.publish(held)
    assert status(analysis) == "Stopped - Partial Results Available"
    assert "Stopped - Saving Results" in statuses_in_log(analysis)


def test_stop_and_delete_leaves_no_result(alice):
    analysis, occurrence, [held] = running(alice)
    ends_early = lifecycle.record_found
    ends_early(held, [])
    lifecycle.stop(analysis, alice, keep=False)
    assert status(analysis) == "Stopped - Deleting Results"
    ends(held, Ending.STOPPED)
    assert status(scans_of(occurrence)[0]) == "Stopped"
    assert FindingInstance.objects.count() == 0
    assert analysis.findings.count() == 0
    assert analysis.finding_count == 0


def test_stop_and_delete_deletes_what_is_being_verified_and_fences_its_runner(alice):
    analysis, _, [held, other] = running(alice, "http://a.test/", "http://b.test/")
    ends(held)
    lifecycle.stop(analysis, alice, keep=False)
    assert FindingInstance.objects.count() == 0
    with pytest.raises(lifecycle.LostClaim):
        lifecycle.heartbeat(held)
    with pytest.raises(lifecycle.LostClaim):
        lifecycle.publish(held)
    ends(other, Ending.STOPPED)
    assert status(analysis) == "Stopped - Deleting Results"


def test_it_cannot_be_submitted_while_its_results_are_being_deleted(alice):
    analysis, _, [held] = running(alice)
    lifecycle.stop(analysis, alice, keep=False)
    with pytest.raises(lifecycle.Refused, match="winding down"):
        lifecycle.submit(analysis, alice)
    ends(held, Ending.STOPPED)
    lifecycle.submit(analysis, alice)
    assert status(analysis) == "Submitted"


@pytest.mark.parametrize("keep", [True, False])
def test_stopping_twice_does_it_once(alice, keep):
    analysis, _, _ = running(alice)
    lifecycle.stop(analysis, alice, keep=keep)
    with pytest.raises(lifecycle.Refused):
        lifecycle.stop(analysis, alice, keep=keep)
    assert Activity.objects.filter(action__endswith="requested").count() == 1


def test_what_ended_cannot_be_stopped(alice):
    analysis = an_analysis(alice)
    prescanned(lifecycle.submit(analysis, alice), UNREACHED)
    assert status(analysis) == "All Verifications Failed"
    with pytest.raises(lifecycle.Refused, match="nothing is running"):
        lifecycle.stop(analysis, alice, keep=True)


def test_a_published_analysis_runs_again_as_a_new_occurrence(alice):
    analysis, _, [held] = running(alice)
    ends(held)
    lifecycle.publish(held)
    again = lifecycle.submit(analysis, alice)
    assert again.number == 2
    assert status(analysis) == "Submitted"


def test_the_log_says_who_asked(alice):
    analysis, _, _ = running(alice)
    lifecycle.stop(analysis, alice, keep=True)
    entry = Activity.objects.get(action="Stop and save results requested")
    assert entry.actor_name == "alice"
