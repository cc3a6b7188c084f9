"""An installation that really ran, and how each of its invariants is broken behind the lifecycle's back."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from analyses import audit, lifecycle
from analyses.lifecycle import Claim, Work
from analyses.lifecycle.queue import NO_SLOT
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    DeletedScan,
    Deletion,
    Finding,
    FindingInstance,
    Retest,
    ScanOccurrence,
)
from analyses.models.secrets import Sealed
from analyses.moves import Ending
from analyses.statuses import AnalysisStatus, ScanStatus
from notifications.models import Hook, HookMessage, MailStatus, OutgoingMail
from tests.scene import ends, running

LONG_AGO = timedelta(days=3)


def breaches() -> dict[str, list[str]]:
    """What breaks, by invariant; nothing for those that hold."""
    found = {audit.name_of(invariant): list(invariant()) for invariant in audit.INVARIANTS}
    return {name: lines for name, lines in found.items() if lines}


@dataclass
class Installation:
    """Runs in every state that matters here, made by the lifecycle's own verbs."""

    done: Analysis
    at_work: Analysis
    in_prescan: Analysis
    scheduled: Analysis


def run_of(analysis: Analysis):
    return AnalysisOccurrence.objects.filter(analysis=analysis)


def scans(analysis: Analysis):
    return ScanOccurrence.objects.filter(occurrence__analysis=analysis)


def log_of(analysis: Analysis):
    return Activity.objects.filter(analysis=analysis)


def never_taken(it: Installation) -> None:
    run_of(it.in_prescan).update(status=AnalysisStatus.SUBMITTED, submitted_at=timezone.now() - LONG_AGO)


def start_passed_by(it: Installation) -> None:
    run_of(it.scheduled).update(start_at=timezone.now() - LONG_AGO)


def prescan_left(it: Installation) -> None:
    run_of(it.in_prescan).update(prescan_lease=timezone.now() - timedelta(seconds=80))


def beyond_its_duration(it: Installation) -> None:
    run_of(it.at_work).update(deadline=timezone.now() - timedelta(minutes=10))


def stopping_for_ever(it: Installation) -> None:
    lifecycle.stop(it.at_work, it.at_work.owner, keep=True)
    log_of(it.at_work).update(at=timezone.now() - LONG_AGO)


def verifying_for_ever(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.STOPPED_VERIFYING)
    stopped = log_of(it.at_work).filter(new_status=ScanStatus.IN_PROGRESS.label).exclude(scan_occurrence=None)
    stopped.update(new_status=ScanStatus.STOPPED_VERIFYING.label, at=timezone.now() - LONG_AGO)


def schedule_forgotten(it: Installation) -> None:
    Analysis.objects.filter(pk=it.done.pk).update(next_start=timezone.now() - LONG_AGO)


def run_before_its_time(it: Installation) -> None:
    run_of(it.done).update(nominal_at=timezone.now() + LONG_AGO)


def prescan_told_twice(it: Installation) -> None:
    mail = OutgoingMail.objects.filter(event="prescan_succeeded").first()
    assert mail
    mail.pk, mail.event, mail.key = None, "prescan_failed", mail.key.replace("succeeded", "failed")
    mail.save()


def prescan_untold(it: Installation) -> None:
    OutgoingMail.objects.filter(key__startswith=f"prescan_succeeded:{run_of(it.done).get().pk}:").delete()


def results_told_twice(it: Installation) -> None:
    mail = OutgoingMail.objects.filter(event="results_published").first()
    assert mail
    mail.pk, mail.key = None, f"{mail.key}:again"
    mail.save()


def results_untold(it: Installation) -> None:
    OutgoingMail.objects.filter(event="results_published", to="appsec@example.test").delete()


def review_untold(it: Installation) -> None:
    _, _, [held] = running(it.done.owner, name="Held", hold_results=True)
    ends(held)
    lifecycle.publish(held)
    assert breaches() == {}
    OutgoingMail.objects.filter(event="results_held").delete()


def told_too_early(it: Installation) -> None:
    told = OutgoingMail.objects.filter(event="results_published", to="lead@example.test")
    told.update(key=f"results_published:{run_of(it.at_work).get().pk}:lead@example.test")


def mail_left_in_sending(it: Installation) -> None:
    OutgoingMail.objects.update(status=MailStatus.SENDING, next_try_at=timezone.now() - timedelta(hours=1))


def mail_without_attempts(it: Installation) -> None:
    OutgoingMail.objects.update(attempts=99)


def mail_failed_silently(it: Installation) -> None:
    OutgoingMail.objects.update(status=MailStatus.FAILED)


def _held(it: Installation, **changes) -> None:
    OutgoingMail.objects.filter(event="results_published").update(**changes)


def daily_mail_that_never_came(it: Installation) -> None:
    _held(it, status=MailStatus.HELD, next_try_at=timezone.now() - timedelta(hours=1))


def daily_mail_that_is_none(it: Installation) -> None:
    _held(it, status=MailStatus.GATHERED)


def hook_forgotten(it: Installation) -> None:
    hook = Hook.objects.create(name="Chat", address="https://chat.test/", events=[])
    HookMessage.objects.create(key="test:1:1", hook=hook, event="test", next_try_at=timezone.now() - LONG_AGO)


def status_without_entry(it: Installation) -> None:
    run_of(it.at_work).update(status=AnalysisStatus.COMPLETED)


def scan_status_without_entry(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.PAUSING)


def entry_lost(it: Installation) -> None:
    log_of(it.done).filter(new_status=AnalysisStatus.IN_PROGRESS.label, scan_occurrence=None).delete()


def move_that_is_none(it: Installation) -> None:
    verifying = AnalysisStatus.COMPLETED_VERIFYING.label
    log_of(it.done).filter(new_status=verifying, scan_occurrence=None).update(new_status=AnalysisStatus.SCHEDULED.label)
    log_of(it.done).filter(old_status=verifying, scan_occurrence=None).update(old_status=AnalysisStatus.SCHEDULED.label)


def entry_dated_back(it: Installation) -> None:
    last = log_of(it.done).order_by("-pk").first()
    assert last
    Activity.objects.filter(pk=last.pk).update(at=F("at") - timedelta(minutes=1))


def entry_in_the_future(it: Installation) -> None:
    log_of(it.done).update(at=timezone.now() + LONG_AGO)


def review_unsaid(it: Installation) -> None:
    analysis, _, [claim] = running(it.done.owner, name="Held", hold_results=True)
    ends(claim)
    lifecycle.publish(claim)
    Analysis.objects.filter(pk=analysis.pk).update(held=False)


def list_shows_another_status(it: Installation) -> None:
    Analysis.objects.filter(pk=it.done.pk).update(status=AnalysisStatus.IN_PROGRESS)


def run_beside_its_scans(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.COMPLETED_VERIFYING)


def ended_with_a_live_scan(it: Installation) -> None:
    scans(it.done).update(status=ScanStatus.COMPLETED_VERIFYING)


def end_without_an_end(it: Installation) -> None:
    run_of(it.done).update(ended_at=None)


def secret_kept(it: Installation) -> None:
    scans(it.done).update(secret=Sealed("a password"))


def lease_after_the_end(it: Installation) -> None:
    scans(it.done).update(lease_until=timezone.now() + timedelta(minutes=1))


def lease_left(it: Installation) -> None:
    scans(it.at_work).update(lease_until=timezone.now() - timedelta(seconds=80))


def put_down_for_ever(it: Installation) -> None:
    scans(it.at_work).update(lease_until=None)
    log_of(it.at_work).update(at=timezone.now() - LONG_AGO)


def _asked_for(it: Installation, **changes) -> None:
    finding = Finding.objects.get(analysis=it.done)
    retest = lifecycle.ask_to_retest(finding, scans(it.done)[0], it.done.owner)
    Retest.objects.filter(pk=retest.pk).update(**changes)


def left_by_its_tester(it: Installation) -> None:
    _asked_for(it, lease_until=timezone.now() - timedelta(seconds=80))


def never_tested(it: Installation) -> None:
    _asked_for(it, asked_at=timezone.now() - LONG_AGO)


def slot_beyond_capacity(it: Installation) -> None:
    scans(it.at_work).update(slot=99)


def slot_that_nobody_holds(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.PAUSING, lease_until=None)


def runs_without_a_slot(it: Installation) -> None:
    scans(it.at_work).update(**NO_SLOT)


def slot_at_a_host_beyond_its_limit(it: Installation) -> None:
    scans(it.at_work).update(host_slot=99)


def slot_without_one_at_its_host(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slots_go_together"):
        scans(it.at_work).update(host_slot=None)


def slot_at_its_host_alone(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slots_go_together"):
        scans(it.done).filter(position=0).update(host_slot=2)


def counted_for_another_host(it: Installation) -> None:
    scans(it.at_work).update(target_host="elsewhere.test")


def slot_after_the_end(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slot_only_at_work"):
        scans(it.done).filter(position=0).update(slot=2, host_slot=2)


def free_slot_unused(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.QUEUED, lease_until=None, **NO_SLOT)
    Activity.objects.update(at=timezone.now() - LONG_AGO)


def finding_twice(it: Installation) -> None:
    finding = Finding.objects.filter(analysis=it.done).get()
    finding.pk, finding.fingerprint = None, "another"
    finding.save()


def instance_twice(it: Installation) -> None:
    instance = FindingInstance.objects.filter(finding__analysis=it.at_work).get()
    instance.pk, instance.digest = None, "another"
    instance.save()


def results_of_a_deleted_scan(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.STOPPED, lease_until=None, **NO_SLOT)


def published_unverified(it: Installation) -> None:
    FindingInstance.objects.update(verification="pending")


def result_lost(it: Installation) -> None:
    scans(it.done).update(finding_count=5)


def results_deleted(it: Installation) -> None:
    lifecycle.stop(it.at_work, it.done.owner, keep=False)
    for scan in scans(it.at_work):
        held = Claim(scan.pk, scan.occurrence_id, it.at_work.pk, scan.attempt, Work.RUN)
        lifecycle.end_run(held, Ending.STOPPED)
    assert breaches() == {}


def deleted_results_left(it: Installation) -> None:
    results_deleted(it)
    Deletion.objects.update(until=timezone.now() - LONG_AGO)


def deleted_results_of_another_scan(it: Installation) -> None:
    results_deleted(it)
    DeletedScan.objects.update(scan_occurrence=scans(it.done)[0])


def folder_left(it: Installation) -> None:
    run_of(it.done).update(ended_at=timezone.now() - LONG_AGO)
    scans(it.done).update(ended_at=timezone.now() - LONG_AGO)
    folder_of(scans(it.done)[0]).mkdir(parents=True)


def folder_of(scan: ScanOccurrence) -> Path:
    return settings.WORK_DIR / f"scan-{scan.pk}"


@contextmanager
def constraint_lifted(model, name: str):
    """Write what the database itself refuses; the transaction of the test puts everything back."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")
        yield


SPOILED: dict[Callable[[Installation], None], tuple[str, str]] = {
    never_taken: ("every run comes to an end", "no worker took it"),
    start_passed_by: ("every run comes to an end", "its start has passed"),
    prescan_left: ("every run comes to an end", "its prescan was left"),
    beyond_its_duration: ("every run comes to an end", "its duration is over"),
    stopping_for_ever: ("every run comes to an end", "has been Stopping - Saving Results since"),
    verifying_for_ever: ("every run comes to an end", "has been Stopped - Verifying Partial Results since"),
    schedule_forgotten: ("every time of a schedule runs once", "was to start at"),
    run_before_its_time: ("every time of a schedule runs once", "before its time"),
    prescan_told_twice: ("a prescan is told once", "was told 2 times"),
    prescan_untold: ("a prescan is told once", "was not told to alice"),
    results_told_twice: ("results are told once", "were told 2 times to"),
    results_untold: ("results are told once", "were not told to appsec@example.test"),
    review_untold: ("reviewers are told", "lead@example.test was not told"),
    told_too_early: ("results are told once", "was told to be published, and is not"),
    mail_left_in_sending: ("mails follow their retry plan", "is sending and was to be tried"),
    mail_without_attempts: ("mails follow their retry plan", "all its attempts are spent"),
    mail_failed_silently: ("mails follow their retry plan", "does not say why"),
    daily_mail_that_never_came: ("what is held comes in a daily mail", "its daily mail was due"),
    daily_mail_that_is_none: ("what is held comes in a daily mail", "and there is none"),
    hook_forgotten: ("hooks are told by their retry plan", "is queued and was to be tried"),
    status_without_entry: ("the log tells every status", "the log says In Progress"),
    scan_status_without_entry: ("the log tells every status", "is Pausing, the log says In Progress"),
    entry_lost: ("the log tells every status", "leaves In Progress, and was Queued"),
    move_that_is_none: ("the log tells every status", "which is no move"),
    entry_dated_back: ("the log is in order", "60 s earlier than the one before it"),
    entry_in_the_future: ("the log is in order", "lies in the future"),
    list_shows_another_status: ("an analysis shows its latest run", "shows In Progress"),
    review_unsaid: ("what waits for review says so", "does not say that it waits for review"),
    run_beside_its_scans: ("a run follows from its scans", "its scans say Completed - Verifying Results"),
    ended_with_a_live_scan: ("a run follows from its scans", "has a scan that is Completed - Verifying Results"),
    end_without_an_end: ("a run follows from its scans", "has no end"),
    secret_kept: ("secrets end with their scan", "still has its secret"),
    lease_after_the_end: ("a lease is held at work and not left", "is held and is Completed"),
    lease_left: ("a lease is held at work and not left", "nobody took it over"),
    put_down_for_ever: ("a lease is held at work and not left", "nobody has taken it up"),
    left_by_its_tester: ("tests of findings come to an end", "its lease ended at"),
    never_tested: ("tests of findings come to an end", "nobody says that it was not taken"),
    slot_beyond_capacity: ("capacity is kept", "has slot 99 of 3"),
    slot_that_nobody_holds: ("capacity is kept", "has a slot, and nobody holds it"),
    runs_without_a_slot: ("capacity is kept", "runs without a slot"),
    slot_at_a_host_beyond_its_limit: ("no host is scanned by too many", "has slot 99 of 2 at"),
    slot_without_one_at_its_host: ("no host is scanned by too many", "has a slot, and none at its host"),
    slot_at_its_host_alone: ("no host is scanned by too many", "and none of its own"),
    counted_for_another_host: ("no host is scanned by too many", "is counted for elsewhere.test"),
    slot_after_the_end: ("capacity is kept", "has a slot and is Completed"),
    free_slot_unused: ("capacity is used", "waits although a slot is free"),
    finding_twice: ("findings are stored once", "has 2 findings of SQL Injection"),
    instance_twice: ("findings are stored once", "2 times the same instance"),
    results_of_a_deleted_scan: ("results belong to scans that may have them", "still has 1 results"),
    published_unverified: ("results belong to scans that may have them", "still being verified"),
    deleted_results_left: ("deleted results go in time", "were to go at"),
    deleted_results_of_another_scan: ("deleted results go in time", "and deleted results are kept for it"),
    result_lost: ("results belong to scans that may have them", "shows 5 results and has"),
    folder_left: ("nothing is left of ended scans", "is left of scan"),
}
