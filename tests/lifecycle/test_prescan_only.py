"""Runs that check connection and sign-in and scan nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import audit, lifecycle
from analyses.models import Activity
from notifications.models import OutgoingMail
from tests.scene import (
    UNREACHED,
    an_analysis,
    let_pass,
    prescanned,
    published,
    scans_of,
    started,
    status,
    statuses_in_log,
)

pytestmark = pytest.mark.django_db
DAY = 24 * 3600
THREE = ("http://a.test/", "http://b.test/", "http://c.test/")


def prescanned_only(alice, *results, **fields):
    analysis = an_analysis(alice, *THREE, **fields)
    occurrence = lifecycle.submit(analysis, alice, prescan_only=True)
    prescanned(occurrence, *results)
    analysis.refresh_from_db()
    occurrence.refresh_from_db()
    return analysis, occurrence


def test_it_ends_stopped_with_what_passed_and_nothing_is_scanned(alice):
    analysis, occurrence = prescanned_only(alice, UNREACHED)
    assert status(analysis) == "Stopped"
    assert statuses_in_log(analysis) == ["Saved for Later", "Submitted", "Prescanning", "Stopped"]
    assert Activity.objects.get(new_status="Stopped", scan_occurrence=None).cause == (
        "It was to be prescanned only: 2 of 3 passed."
    )
    failed, passed, _ = scans_of(occurrence)
    assert (status(failed), status(passed)) == ("Connection Error", "Stopped")
    assert passed.cause == "It passed, and was to be prescanned only."
    assert "without “Prescan only”" in passed.next_step
    assert occurrence.ended_at
    assert started(passed) is None
    assert lifecycle.due().scans == []


def test_where_none_passes_all_verifications_failed(alice):
    analysis, occurrence = prescanned_only(alice, *[UNREACHED] * 3)
    assert status(analysis) == "All Verifications Failed"
    assert occurrence.prescan_outcome == "Prescan only: 0 of 3 scans passed."


def test_the_setting_of_a_schedule_makes_its_runs_prescans(alice, time_machine):
    analysis = an_analysis(alice, repeat="daily", prescan_only=True)
    prescanned(lifecycle.submit(analysis, alice))
    assert status(analysis) == "Stopped"
    let_pass(time_machine, DAY + 5)
    occurrence = lifecycle.fire(analysis.pk)
    prescanned(occurrence)
    assert status(analysis) == "Stopped"
    assert Activity.objects.filter(action="Submitted", occurrence=occurrence).first().cause == (
        "Its schedule's time has come. To be prescanned only."
    )


def test_the_mail_says_that_nothing_is_scanned(alice):
    prescanned_only(alice)
    mail = OutgoingMail.objects.get()
    assert "Prescan succeeded" in mail.subject
    assert "It was to be prescanned only, so nothing is scanned." in mail.text
    assert "Scanning starts" not in mail.text


def test_the_mail_of_one_that_failed_does_not_say_that_it_goes_on(alice):
    prescanned_only(alice, UNREACHED)
    mail = OutgoingMail.objects.get()
    assert "Prescan failed: Shop (1 of 3 scans)" in mail.subject
    assert "The other 2 passed. It was to be prescanned only, so nothing is scanned." in mail.text


def test_it_neither_begins_a_schedule_nor_counts_in_it(alice, time_machine):
    analysis, occurrence = prescanned_only(alice, repeat="daily", repeat_count=5)
    assert (analysis.next_start, analysis.repeat_fired, occurrence.nominal_at) == (None, 0, None)
    lifecycle.submit(analysis, alice)
    analysis.refresh_from_db()
    assert (analysis.next_start, analysis.repeat_fired) == (analysis.start_at + timedelta(days=1), 1)


def test_a_time_of_the_schedule_waits_until_the_prescan_is_over(alice, time_machine):
    analysis = published(alice, *THREE, repeat="daily")
    before = analysis.next_start
    let_pass(time_machine, DAY - 5)
    occurrence = lifecycle.submit(analysis, alice, prescan_only=True)
    let_pass(time_machine, 10)
    assert list(lifecycle.due_schedules()) == []
    assert lifecycle.fire(analysis.pk) is None
    assert not Activity.objects.filter(action="Skipped by its schedule").exists()
    prescanned(occurrence)
    assert list(lifecycle.due_schedules()) == [analysis.pk]
    assert lifecycle.fire(analysis.pk).nominal_at == before


def test_one_that_is_stopped_meanwhile_says_who_did(alice):
    analysis = an_analysis(alice, *THREE)
    occurrence = lifecycle.submit(analysis, alice, prescan_only=True)
    lifecycle.begin_prescan(occurrence.pk)
    lifecycle.stop(analysis, alice, keep=True)
    occurrence.refresh_from_db()
    assert occurrence.prescan_outcome == ""
    assert scans_of(occurrence)[0].cause == "Stopped by alice"


def test_the_audit_knows_who_should_have_heard_of_it(alice):
    prescanned_only(alice)
    assert list(audit.mails.a_prescan_is_told_once()) == []
    OutgoingMail.objects.all().delete()
    alice.date_joined = timezone.now() - timedelta(days=1)
    alice.save()
    assert len(list(audit.mails.a_prescan_is_told_once())) == 1
