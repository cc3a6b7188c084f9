"""What a prescan does to its analysis, and who is told."""

import pytest
from django.conf import settings as installed

from analyses import lifecycle
from analyses.models import Activity, PrescanStep
from notifications.models import OutgoingMail
from tests.scene import (
    PASSED,
    UNREACHED,
    an_analysis,
    let_pass,
    prescanned,
    scans_of,
    started,
    status,
    statuses_in_log,
)

pytestmark = pytest.mark.django_db


def test_every_scan_passes(alice):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    assert status(analysis) == "Queued"
    assert [status(scan) for scan in scans_of(occurrence)] == ["Queued", "Queued"]
    assert statuses_in_log(analysis) == ["Saved for Later", "Submitted", "Prescanning", "Queued"]


def test_scans_beyond_the_capacity_are_queued_with_warning(alice, settings):
    settings.SCAN_CAPACITY = 1
    occurrence = lifecycle.submit(an_analysis(alice, "http://a.test/", "http://b.test/"), alice)
    prescanned(occurrence)
    assert [status(scan) for scan in scans_of(occurrence)] == ["Queued", "Queued with warning"]


def test_some_scans_fail_and_the_others_go_on(alice):
    analysis = an_analysis(alice, "http://nosuch.test/", "http://b.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    failed, passed = scans_of(occurrence)
    assert status(failed) == "Connection Error"
    assert failed.cause == "The name does not exist"
    assert failed.next_step == "Check the address."
    assert started(passed)
    assert status(analysis) == "In Progress + warning icon"
    assert analysis.problem_count == 1


def test_all_scans_fail(alice):
    analysis = an_analysis(alice)
    prescanned(lifecycle.submit(analysis, alice), UNREACHED)
    assert status(analysis) == "All Verifications Failed"
    assert analysis.ended_at


def test_every_step_is_kept_in_its_order(alice):
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    prescanned(occurrence)
    assert [step.name for step in PrescanStep.objects.all()] == ["Name", "Connection"]


def test_one_mail_tells_that_it_succeeded(alice):
    analysis = an_analysis(alice)
    prescanned(lifecycle.submit(analysis, alice))
    mail = OutgoingMail.objects.get()
    assert mail.to == "alice@example.test"
    assert "Prescan succeeded" in mail.subject
    assert f"{installed.SITE_URL}/analyses/{analysis.pk}/" in mail.text


def test_one_mail_tells_what_failed_and_what_to_do(alice):
    prescanned(lifecycle.submit(an_analysis(alice, "http://a.test/", "http://b.test/"), alice), UNREACHED)
    mail = OutgoingMail.objects.get()
    assert "Prescan failed: Shop (1 of 2 scans)" in mail.subject
    assert "The name does not exist" in mail.text
    assert "Check the address." in mail.text


def test_the_mail_goes_to_whoever_changed_the_schedule_last(alice, bob, team):
    analysis = an_analysis(alice, schedule_changed_by=bob)
    analysis.teams.add(team)
    bob.groups.add(team)
    prescanned(lifecycle.submit(analysis, alice))
    assert OutgoingMail.objects.get().to == "bob@example.test"


def test_the_mail_goes_to_the_owner_when_that_person_is_gone(alice, bob):
    analysis = an_analysis(alice, schedule_changed_by=bob)
    bob.is_active = False
    bob.save()
    prescanned(lifecycle.submit(analysis, alice))
    assert OutgoingMail.objects.get().to == "alice@example.test"


def test_the_mail_goes_to_the_owner_when_that_person_may_no_longer_see_the_analysis(alice, bob, team):
    analysis = an_analysis(alice, schedule_changed_by=bob)
    analysis.teams.add(team)
    bob.groups.remove(team)
    prescanned(lifecycle.submit(analysis, alice))
    assert OutgoingMail.objects.get().to == "alice@example.test"


def test_a_prescan_is_claimed_once(alice):
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    assert lifecycle.begin_prescan(occurrence.pk)
    assert lifecycle.begin_prescan(occurrence.pk) is None


def test_a_lost_prescan_is_taken_over_and_its_former_worker_is_fenced(alice, time_machine):
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    lost = lifecycle.begin_prescan(occurrence.pk)
    let_pass(time_machine, installed.LEASE_SECONDS + 1)
    assert lifecycle.due().prescans == [occurrence.pk]
    taken_over = lifecycle.begin_prescan(occurrence.pk)
    lifecycle.record_prescan(lost, scans_of(occurrence)[0], UNREACHED)
    assert not lifecycle.renew_prescan(lost)
    lifecycle.finish_prescan(lost)
    assert status(occurrence) == "Prescanning"
    lifecycle.record_prescan(taken_over, scans_of(occurrence)[0], PASSED)
    lifecycle.finish_prescan(taken_over)
    assert status(occurrence) == "Queued"


def test_a_prescan_lost_again_and_again_is_a_technical_issue(alice, time_machine):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    for _ in range(installed.SCAN_ATTEMPTS):
        assert lifecycle.begin_prescan(occurrence.pk)
        let_pass(time_machine, installed.LEASE_SECONDS + 1)
    assert lifecycle.begin_prescan(occurrence.pk) is None
    assert status(analysis) == "Stopped - Technical Issue"


def test_an_engine_that_cannot_run_is_not_submitted(alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    lifecycle.not_submitted(occurrence.pk, "Wapiti is not installed.")
    assert status(analysis) == "Not Submitted"
    assert status(scans_of(occurrence)[0]) == "Submit Failed"
    assert Activity.objects.filter(new_status="Not Submitted", cause="Wapiti is not installed.").exists()
    lifecycle.submit(analysis, alice)
    assert status(analysis) == "Submitted"


def test_a_stop_during_the_prescan_is_not_undone_by_its_end(alice):
    analysis = an_analysis(alice)
    claimed = lifecycle.begin_prescan(lifecycle.submit(analysis, alice).pk)
    lifecycle.stop(analysis, alice, keep=True)
    lifecycle.record_prescan(claimed, scans_of(claimed)[0], PASSED)
    lifecycle.finish_prescan(claimed)
    assert status(analysis) == "Stopped"
    assert OutgoingMail.objects.count() == 0
