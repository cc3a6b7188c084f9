"""What a worker reports of a prescan."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from analyses.doorbell import ring
from analyses.lifecycle import queue
from analyses.lifecycle.approvals import halted
from analyses.lifecycle.flapping import tell_prescan
from analyses.lifecycle.times_in_words import lateness, length
from analyses.lifecycle.writing import Change, change
from analyses.models import AnalysisOccurrence, PrescanStep, ScanOccurrence
from analyses.models.occurrences import ONLY_PRESCANNED
from analyses.prescan.contract import PrescanResult
from analyses.said import Count
from analyses.said import said as _
from analyses.statuses import AnalysisStatus, ScanStatus

_PASSED = _("It passed, and was to be prescanned only.")
_UNFINISHED = _("The prescan did not come to an end in time.")


def begin_prescan(occurrence_id: int) -> AnalysisOccurrence | None:
    """Claim the prescan of an occurrence that was submitted, is due, or was left by a lost worker.

    The claim is a lease over the whole prescan, fenced by `prescan_attempt`. None: it is not for us.
    """
    with change(occurrence_id) as opened:
        occurrence = opened.occurrence
        status = AnalysisStatus(occurrence.status)
        if status is AnalysisStatus.PRESCANNING and not halted():
            if occurrence.prescan_lease and occurrence.prescan_lease > opened.now:
                return None
            if occurrence.prescan_attempt >= settings.SCAN_ATTEMPTS:
                _give_up(opened)
                return None
            opened.note(_("Prescan taken over"), cause=_("The worker that ran it was lost."))
        elif _may_begin(opened) and not halted():
            opened.move_scans(frozenset({ScanStatus.SCHEDULED}), ScanStatus.SUBMITTED)
            opened.move(AnalysisStatus.PRESCANNING, cause=_late_start(opened))
        else:
            return None
        occurrence.prescan_attempt += 1
        occurrence.prescan_lease = opened.now + timedelta(seconds=settings.LEASE_SECONDS)
        return occurrence


def _may_begin(opened: Change) -> bool:
    """Submitted, or scheduled for a time that has come."""
    occurrence = opened.occurrence
    is_due = occurrence.start_at is None or occurrence.start_at <= opened.now
    return occurrence.status == AnalysisStatus.SUBMITTED or (occurrence.status == AnalysisStatus.SCHEDULED and is_due)


def _late_start(opened: Change) -> str:
    """How late a run begins that waited for a time, if it is late."""
    occurrence = opened.occurrence
    if occurrence.status != AnalysisStatus.SCHEDULED or occurrence.start_at is None:
        return ""
    return lateness(occurrence.start_at, opened.now, occurrence.zone)


def renew_prescan(occurrence: AnalysisOccurrence) -> bool:
    """Extend the lease; False when the prescan is no longer ours (stopped, or taken over)."""
    ours = AnalysisOccurrence.objects.filter(
        pk=occurrence.pk, status=AnalysisStatus.PRESCANNING, prescan_attempt=occurrence.prescan_attempt
    )
    return bool(ours.update(prescan_lease=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)))


def not_submitted(occurrence_id: int, cause: str) -> None:
    """It could not be started for a technical reason: say so, on the analysis and on every scan."""
    with change(occurrence_id) as opened:
        if not _may_begin(opened):
            return
        opened.move_scans(frozenset({ScanStatus.SCHEDULED}), ScanStatus.SUBMITTED)
        opened.move_scans(frozenset({ScanStatus.SUBMITTED}), ScanStatus.SUBMIT_FAILED, cause=cause)
        opened.move(AnalysisStatus.NOT_SUBMITTED, cause=cause)
        opened.settle()


def refuse_late(occurrence_id: int) -> None:
    """No worker took it in time: it is Not Submitted."""
    waited = length(timedelta(seconds=settings.SUBMIT_SECONDS))
    not_submitted(occurrence_id, _("No worker took it within %(length)s.", length=waited))


def record_prescan(occurrence: AnalysisOccurrence, scan: ScanOccurrence, result: PrescanResult) -> None:
    """Keep every step of one scan's prescan, and its failure where there is one."""
    with change(occurrence.pk) as opened:
        if not _is_ours(opened, occurrence):
            return
        current = opened.scans.get(pk=scan.pk)
        if current.status != ScanStatus.SUBMITTED:
            return
        _keep_steps(current, result)
        if result.failure:
            opened.move_scan(current, result.failure, cause=result.cause, advice=result.advice, prescan_passed=False)
        else:
            opened.scans.filter(pk=scan.pk).update(
                prescan_passed=True, start_urls=list(result.start_urls), left_alone=list(result.excluded_urls)
            )
            opened.note(_("Prescan passed"), scan=current)


def finish_prescan(occurrence: AnalysisOccurrence) -> None:
    """All scans are checked: queue those that passed, end the occurrence when none did, and write the mail.

    One that was to be prescanned only ends here: *Stopped* before any scan has started.
    """
    with change(occurrence.pk) as opened:
        if not _is_ours(opened, occurrence):
            return
        for scan in opened.scans.filter(status=ScanStatus.SUBMITTED, prescan_passed=None):
            opened.move_scan(scan, ScanStatus.CONNECTION_ERROR, cause=_UNFINISHED, prescan_passed=False)
        passed = list(opened.scans.filter(status=ScanStatus.SUBMITTED, prescan_passed=True))
        cause = ""
        if opened.occurrence.prescan_only and passed:
            counts = {"passed": Count(len(passed)), "scans": Count(opened.scans.count())}
            cause = _("It was to be prescanned only: %(passed)s of %(scans)s passed.", **counts)
            for scan in passed:
                opened.move_scan(scan, ScanStatus.STOPPED, cause=_PASSED, advice=str(ONLY_PRESCANNED))
        else:
            _queue(opened, passed)
        opened.occurrence.prescan_lease = None
        opened.settle(cause=cause)
        tell_prescan(opened)
        ring("start_queued")


def _queue(opened: Change, passed: list[ScanOccurrence]) -> None:
    taken = queue.Taken()
    for scan in passed:
        if taken.free and taken.has_room(scan.target_host):
            opened.move_scan(scan, ScanStatus.QUEUED)
            taken.add(scan.occurrence_id, scan.target_host)
        else:
            opened.move_scan(scan, ScanStatus.QUEUED_WARNING, at_first=taken.why_not(scan.target_host))


def _is_ours(opened: Change, occurrence: AnalysisOccurrence) -> bool:
    current = opened.occurrence
    return current.status == AnalysisStatus.PRESCANNING and current.prescan_attempt == occurrence.prescan_attempt


def _keep_steps(scan: ScanOccurrence, result: PrescanResult) -> None:
    scan.prescan_steps.all().delete()
    PrescanStep.objects.bulk_create(
        PrescanStep(scan_occurrence=scan, position=position, **step.alone) for position, step in enumerate(result.steps)
    )


def _give_up(opened: Change) -> None:
    times = settings.SCAN_ATTEMPTS
    cause = _("The prescan was started %(times)s times and its worker was lost each time.", times=times)
    opened.move_scans(frozenset({ScanStatus.SUBMITTED}), ScanStatus.STOPPED, cause=cause)
    opened.move(AnalysisStatus.TECHNICAL_ISSUE, cause=cause)
    opened.settle()
    tell_prescan(opened)
