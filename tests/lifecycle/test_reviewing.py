"""Results that are verified and wait for a reviewer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Activity, Analysis, FindingInstance
from analyses.models.findings import Verification
from analyses.moves import Ending
from notifications import delivery
from notifications.models import OutgoingMail
from tests.scene import FLAW, an_analysis, ends, let_pass, prescanned, running, scans_of, started, status

pytestmark = pytest.mark.django_db
DAY = 24 * 3600
TWO = ("http://a.test/", "http://b.test/")


def held(alice, *urls: str, **fields) -> Analysis:
    """Everything is verified, and held."""
    analysis, _, claims = running(alice, *urls, hold_results=True, **fields)
    for claim in claims:
        lifecycle.record_found(claim, [FLAW])
        lifecycle.end_run(claim, Ending.COMPLETED)
        lifecycle.publish(claim)
    analysis.refresh_from_db()
    return analysis


def mails(event: str) -> list[str]:
    return sorted(OutgoingMail.objects.filter(event=event).values_list("to", flat=True))


def test_results_stay_where_they_are_until_somebody_publishes_them(alice, lead):
    analysis = held(alice, *TWO)
    assert status(analysis) == "Completed - Verifying Results"
    assert mails("results_published") == []
    lifecycle.publish_results(analysis, lead)
    assert status(analysis) == "Completed - Results Available"
    occurrence = analysis.occurrences.get()
    assert [status(scan) for scan in scans_of(occurrence)] == ["Completed - Results Available"] * 2
    assert occurrence.ended_at
    assert mails("results_published") == ["lead@example.test"]
    assert Activity.objects.get(action="Results reviewed and published").actor == lead


def test_while_it_waits_nobody_drives_it_and_others_get_its_slot(alice, settings):
    settings.SCAN_CAPACITY = 1
    analysis = held(alice)
    [scan] = scans_of(analysis.occurrences.get())
    assert (scan.slot, scan.lease_until, scan.secret) == (None, None, "")
    assert lifecycle.due().scans == []
    assert lifecycle.claim(scan.pk) is None
    _, _, [claim] = running(alice, name="Other")
    assert claim


def test_it_may_wait_for_long_and_the_audit_has_nothing_against_it(alice, lead, time_machine, breaches):
    analysis = held(alice)
    delivery.deliver_due()
    let_pass(time_machine, 30 * DAY)
    assert breaches() == []
    assert lifecycle.overdue() == []
    lifecycle.publish_results(analysis, lead)
    assert breaches() == []


def test_the_security_leads_are_told_once_that_it_waits(alice, bob, lead):
    analysis = held(alice, *TWO)
    for scan in scans_of(analysis.occurrences.get()):
        lifecycle.claim(scan.pk)
    assert mails("results_held") == ["lead@example.test"]
    mail = OutgoingMail.objects.get(event="results_held")
    assert mail.subject == "Results wait for review: Shop (1 finding)"
    assert f"/analyses/{analysis.pk}/results/" in mail.text


def test_nobody_is_told_before_everything_is_verified(alice, lead):
    analysis, _, [first, second] = running(alice, *TWO, hold_results=True)
    ends(first)
    lifecycle.publish(first)
    assert mails("results_held") == []
    with pytest.raises(lifecycle.Refused, match="wait for a reviewer"):
        lifecycle.publish_results(analysis, lead)
    ends(second, Ending.ERROR, finds=False)
    assert mails("results_held") == ["lead@example.test"]
    lifecycle.publish_results(analysis, lead)
    assert status(analysis) == "Completed - Partial Results Available"


def test_what_could_not_be_tested_again_says_so_while_it_is_reviewed(alice):
    held(alice)
    assert FindingInstance.objects.get().verification == Verification.NOT_RETESTED


def test_a_verifier_that_is_lost_again_and_again_leaves_them_held_too(alice, time_machine, settings):
    analysis, occurrence, [claim] = running(alice, hold_results=True)
    ends(claim)
    for _ in range(settings.SCAN_ATTEMPTS):
        let_pass(time_machine, settings.LEASE_SECONDS + 1)
        lifecycle.claim(claim.scan_id)
    occurrence.refresh_from_db()
    assert occurrence.is_held
    assert status(analysis) == "Completed - Verifying Results"


def test_published_twice_it_is_done_once(alice, lead):
    analysis = held(alice)
    lifecycle.publish_results(analysis, lead)
    with pytest.raises(lifecycle.Refused):
        lifecycle.publish_results(analysis, lead)
    assert mails("results_published") == ["lead@example.test"]


def test_a_run_that_is_not_held_publishes_by_itself(alice, lead):
    analysis, _, [claim] = running(alice)
    ends(claim)
    with pytest.raises(lifecycle.Refused):
        lifecycle.publish_results(analysis, lead)
    lifecycle.publish(claim)
    assert status(analysis) == "Completed - Results Available"


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_held_cannot_be_stopped(alice, keep):
    analysis = held(alice)
    with pytest.raises(lifecycle.Refused, match="its results wait for a reviewer"):
        lifecycle.stop(analysis, alice, keep=keep)
    assert status(analysis) == "Completed - Verifying Results"


def test_stopped_and_saved_while_another_scan_runs_its_results_are_held_too(alice, lead):
    analysis, _, [first, second] = running(alice, *TWO, hold_results=True)
    ends(first)
    lifecycle.publish(first)
    lifecycle.stop(analysis, alice, keep=True)
    ends(second, Ending.STOPPED)
    lifecycle.publish(second)
    assert status(analysis) == "Stopped - Verifying Partial Results"
    lifecycle.publish_results(analysis, lead)
    assert status(analysis) == "Stopped - Partial Results Available"


def test_stopped_and_deleted_while_another_scan_runs_what_is_held_is_deleted(alice, breaches):
    analysis, occurrence, [first, second] = running(alice, *TWO, hold_results=True)
    ends(first)
    lifecycle.publish(first)
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(second, Ending.STOPPED)
    assert [status(scan) for scan in scans_of(occurrence)] == ["Stopped", "Stopped"]
    assert not FindingInstance.objects.exists()
    assert mails("results_held") == []
    assert breaches() == []


def test_a_time_of_its_schedule_is_skipped_meanwhile_and_the_log_says_for_whom_it_waits(alice, time_machine):
    analysis = held(alice, repeat="daily")
    let_pass(time_machine, DAY + 5)
    assert lifecycle.fire(analysis.pk) is None
    skipped = Activity.objects.get(action="Skipped by its schedule")
    assert skipped.cause == "The results of the run before still wait for a reviewer."


def test_a_duration_that_ends_meanwhile_takes_nothing_from_what_is_held(alice, lead):
    analysis = an_analysis(alice, *TWO, hold_results=True)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    claim = started(scans_of(occurrence)[0])
    ends(claim)
    lifecycle.publish(claim)
    analysis.occurrences.update(deadline=timezone.now() - timedelta(seconds=1))
    lifecycle.expire(occurrence.pk)
    assert status(analysis) == "Time Expired - Verifying Partial Results"
    lifecycle.publish_results(analysis, lead)
    assert status(analysis) == "Completed - Partial Results Available"


def test_recipients_of_the_analysis_are_told_of_the_prescan_and_of_results_each_once(alice, lead, breaches):
    names = "carol@example.test\nLEAD@example.test\nalice@example.test"
    analysis, _, [claim] = running(alice, recipients=names)
    assert mails("prescan_succeeded") == ["LEAD@example.test", "alice@example.test", "carol@example.test"]
    ends(claim)
    lifecycle.publish(claim)
    assert mails("results_published") == ["alice@example.test", "carol@example.test", "lead@example.test"]
    assert breaches() == []
    assert status(analysis) == "Completed - Results Available"
