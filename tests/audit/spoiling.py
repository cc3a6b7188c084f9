"""How each invariant of runs, mails, the log and statuses is broken behind the lifecycle's back."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from analyses import lifecycle
from analyses.models import (
    Activity,
    Analysis,
)
from analyses.models.secrets import Sealed
from analyses.statuses import AnalysisStatus, ScanStatus
from notifications.models import Hook, HookMessage, MailStatus, OutgoingMail
from tests.audit.installation import (
    LONG_AGO,
    Installation,
    breaches,
    log_of,
    run_of,
    scans,
)
from tests.scene import ends, running


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
}
