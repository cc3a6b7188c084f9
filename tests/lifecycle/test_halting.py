"""The switch that stops everything: what it ends, what it refuses, and that nothing begins by itself when it is off."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analyses import lifecycle, prescanner, sign_in_tests, tasks
from analyses.lifecycle import LostClaim, Refused, Work
from analyses.models import Activity, AllowedTarget, AnalysisOccurrence, EverythingStopped, ScanOccurrence
from analyses.moves import Ending
from analyses.pulse import Pulse, Withdrawn
from tests.scene import FLAW, an_analysis, let_pass, prescanned, running, scans_of, status
from tests.targets.serving import serve
from tests.targets.sites import plain

pytestmark = pytest.mark.django_db

CAUSE = "Everything was stopped by root"


@pytest.fixture
def root(db) -> User:
    return User.objects.create_superuser("root", "root@example.test", "a-long-password-1")


@pytest.fixture(autouse=True)
def allowed(db) -> None:
    AllowedTarget.objects.create(pattern="shop.test")


def under_way(alice):
    """One analysis in each place of a run."""
    submitted = an_analysis(alice, name="Submitted")
    lifecycle.submit(submitted, alice)
    prescanning = an_analysis(alice, name="Prescanning")
    lifecycle.begin_prescan(lifecycle.submit(prescanning, alice).pk)
    at_work, _, [held] = running(alice, name="Running")
    lifecycle.record_found(held, [FLAW])
    paused, _, [suspended] = running(alice, name="Paused")
    lifecycle.pause(paused, alice)
    lifecycle.suspended(suspended)
    queued = an_analysis(alice, name="Queued")
    prescanned(lifecycle.submit(queued, alice))
    return {a.name: a for a in (submitted, prescanning, at_work, paused, queued)}, held


def test_everything_under_way_ends_and_what_was_found_is_kept(alice, root):
    analyses, held = under_way(alice)
    assert lifecycle.stop_everything(root) == 5
    assert {name: status(analysis) for name, analysis in analyses.items()} == {
        "Submitted": "Stopped",
        "Prescanning": "Stopped",
        "Queued": "Stopped",
        "Running": "Stopped - Saving Results",
        "Paused": "Stopped - Saving Results",
    }
    with pytest.raises(Withdrawn, match=CAUSE):
        Pulse(held).beat()
    lifecycle.end_run(held, Ending.ERROR, f"{CAUSE}.", withdrawn=True)
    scan = ScanOccurrence.objects.get(pk=held.scan_id)
    assert (status(scan), scan.findings.count()) == ("Stopped - Verifying Partial Results", 1)
    assert scan.cause.startswith(CAUSE)
    for analysis in analyses.values():
        entry = Activity.objects.get(analysis=analysis, action="Everything stopped")
        assert entry.actor == root
        assert Activity.objects.filter(analysis=analysis, cause__startswith=CAUSE).exists()


def test_what_is_suspended_is_only_put_away(alice, root):
    analyses, _ = under_way(alice)
    lifecycle.stop_everything(root)
    scan = analyses["Paused"].occurrences.get().scans.get()
    held = lifecycle.claim(scan.pk)
    assert held.work is Work.END


def test_results_are_not_tested_again_while_it_is_on(alice, root):
    _, _, [held] = running(alice)
    lifecycle.record_found(held, [FLAW])
    lifecycle.end_run(held, Ending.COMPLETED)
    lifecycle.stop_everything(root)
    with pytest.raises(Withdrawn, match=CAUSE):
        Pulse(held).beat()


def test_nothing_begins_while_it_is_on(alice, root, time_machine):
    draft = an_analysis(alice)
    waiting = an_analysis(alice, name="Waiting")
    occurrence = lifecycle.submit(waiting, alice, start_at=timezone.now() + timedelta(hours=1))
    lifecycle.stop_everything(root)
    for prescan_only in (False, True):
        with pytest.raises(Refused, match="everything was stopped by root"):
            lifecycle.submit(draft, alice, prescan_only=prescan_only)
    with pytest.raises(Refused, match="everything was stopped by root"):
        lifecycle.run_now(waiting, alice)
    let_pass(time_machine, 3601)
    assert lifecycle.begin_prescan(occurrence.pk) is None
    tasks.sweep()
    assert status(waiting) == "Stopped"
    assert status(scans_of(occurrence)[0]) == "Stopped"


def test_no_scan_is_claimed_while_it_is_on_whatever_rings(alice, root):
    """Also one that the switch has not come to yet."""
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    prescanned(occurrence)
    EverythingStopped.objects.create(by=root, by_name="root", since=timezone.now())
    [scan] = scans_of(occurrence)
    assert lifecycle.claim(scan.pk) is None
    tasks.sweep()
    assert status(scan) == "Stopped"


def test_a_run_that_waits_for_a_later_start_keeps_it(alice, root, time_machine):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    lifecycle.stop_everything(root)
    tasks.sweep()
    assert status(analysis) == "Scheduled"
    lifecycle.allow_again(root)
    let_pass(time_machine, 3601)
    assert lifecycle.begin_prescan(occurrence.pk) is not None


def test_a_schedule_skips_its_times_and_goes_on_with_the_next(alice, root, time_machine):
    analysis = an_analysis(alice, repeat="daily")
    occurrence = lifecycle.submit(analysis, alice)
    lifecycle.stop(analysis, alice, keep=True)
    lifecycle.stop_everything(root)
    let_pass(time_machine, 86_401)
    tasks.sweep()
    assert AnalysisOccurrence.objects.get() == occurrence
    assert Activity.objects.get(action="Skipped by its schedule").cause.startswith(CAUSE)
    lifecycle.allow_again(root)
    tasks.sweep()
    assert AnalysisOccurrence.objects.get() == occurrence
    let_pass(time_machine, 86_401)
    tasks.sweep()
    assert AnalysisOccurrence.objects.count() == 2


def test_switched_off_nothing_that_was_ended_begins_again(alice, root):
    analyses, _ = under_way(alice)
    lifecycle.stop_everything(root)
    lifecycle.allow_again(root)
    tasks.sweep()
    assert lifecycle.due().prescans == lifecycle.startable() == []
    assert status(analyses["Queued"]) == "Stopped"
    lifecycle.submit(analyses["Queued"], alice)
    assert status(analyses["Queued"]) == "Submitted"


def test_it_is_switched_on_once_and_off_once(root):
    lifecycle.stop_everything(root)
    with pytest.raises(Refused):
        lifecycle.stop_everything(root)
    assert EverythingStopped.objects.count() == 1
    lifecycle.allow_again(root)
    with pytest.raises(Refused):
        lifecycle.allow_again(root)


def test_the_switch_survives_whoever_set_it(alice, root):
    lifecycle.stop_everything(root)
    root.delete()
    assert lifecycle.halted() == f"{CAUSE}."
    with pytest.raises(Refused):
        lifecycle.submit(an_analysis(alice), alice)


@pytest.mark.django_db(transaction=True)
def test_no_target_is_connected_to_by_prescans_or_by_trying_out_a_sign_in(alice, root, settings):
    settings.SCRIPTED_ENGINE = True
    with serve(plain) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        occurrence = lifecycle.submit(an_analysis(alice, site.url), alice)
        EverythingStopped.objects.create(by=root, by_name="root", since=timezone.now())
        prescanner.drive(occurrence.pk)
        scan = occurrence.analysis.scans.get()
        test = sign_in_tests.SignInTest.objects.create(
            user=alice, url=site.url, configuration=scans_of(occurrence)[0].configuration
        )
        sign_in_tests.drive(test.pk)
        test.refresh_from_db()
        assert (test.succeeded, test.cause) == (False, f"{CAUSE}.")
        assert site.asked == []
    assert scan.url == site.url


def test_a_runner_that_has_lost_its_scan_writes_nothing(alice, root):
    _, _, [held] = running(alice)
    lifecycle.stop_everything(root)
    lifecycle.end_run(held, Ending.STOPPED)
    ScanOccurrence.objects.update(lease_until=None)
    with pytest.raises(LostClaim):
        Pulse(held).beat()
