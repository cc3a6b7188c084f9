"""What time brings about: starts that are due, leases that ended, durations that are over, silence."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from analyses.lifecycle import queue
from analyses.lifecycle.times_in_words import length
from analyses.lifecycle.writing import change
from analyses.models import AnalysisOccurrence, ScanOccurrence
from analyses.moves import Ending, Stop, ending_status
from analyses.said import said as _
from analyses.statuses import PAUSABLE, SCAN_AT_WORK, SCAN_QUEUED, AnalysisStatus, ScanStatus

_NOT_SEEN_FOR = timedelta(seconds=5)  # a ring that has not been heard by then is rung again


@dataclass
class Due:
    """What should be rung for now: ids of analysis occurrences and of scan occurrences."""

    prescans: list[int] = field(default_factory=list)
    scans: list[int] = field(default_factory=list)


def due() -> Due:
    """What is due, was left by a lost worker, or may take a free slot."""
    now = timezone.now()
    waiting = Q(status=AnalysisStatus.SUBMITTED, submitted_at__lt=now - _NOT_SEEN_FOR)
    scheduled = Q(status=AnalysisStatus.SCHEDULED, start_at__lte=now)
    lost = Q(status=AnalysisStatus.PRESCANNING, prescan_lease__lt=now)
    prescans = AnalysisOccurrence.objects.filter(waiting | scheduled | lost)
    abandoned = Q(status__in=SCAN_AT_WORK, lease_until__lt=now)
    at_work = SCAN_AT_WORK - SCAN_QUEUED - {ScanStatus.PAUSING}
    # Ended: it waits for a reviewer. Deleted: its results are being moved, which needs no runner.
    released = Q(status__in=at_work, lease_until=None, ended_at=None, deleted=None)
    left = ScanOccurrence.objects.filter(abandoned | released)
    return Due(
        prescans=list(prescans.values_list("pk", flat=True)),
        scans=[*left.values_list("pk", flat=True), *startable()],
    )


def startable() -> list[int]:
    """The queued scans that free slots wait for, none of them of a host that is full."""
    return list(queue.next_in_line(queue.Taken()))


def show_places_in_line() -> None:
    """Queued scans a free slot waits for are *Queued*; the others *Queued with warning*: there is no room."""
    chosen = startable()
    waiting = ScanOccurrence.objects.filter(slot=None, occurrence__status__in=PAUSABLE, occurrence__pause="")
    next_ones = waiting.filter(pk__in=chosen, status=ScanStatus.QUEUED_WARNING)
    others = waiting.filter(status=ScanStatus.QUEUED).exclude(pk__in=chosen)
    taken = queue.Taken()
    for scans, status in ((next_ones, ScanStatus.QUEUED), (others, ScanStatus.QUEUED_WARNING)):
        for pk, occurrence_id in scans.values_list("pk", "occurrence_id"):
            with change(occurrence_id) as opened:
                scan = opened.scans.filter(pk=pk, slot=None, status__in=SCAN_QUEUED).first()
                if scan:
                    why = taken.why_not(scan.target_host) if status is ScanStatus.QUEUED_WARNING else ""
                    opened.move_scan(scan, status, at_first=why)


def never_taken() -> list[int]:
    """The submitted occurrences that no worker has taken within settings.SUBMIT_SECONDS."""
    limit = timezone.now() - timedelta(seconds=settings.SUBMIT_SECONDS)
    return list(
        AnalysisOccurrence.objects.filter(status=AnalysisStatus.SUBMITTED, submitted_at__lt=limit).values_list(
            "pk", flat=True
        )
    )


def overdue() -> list[int]:
    """The occurrences whose duration is over while scans of theirs are queued or paused, with no runner to see it."""
    waiting = Q(scans__status__in=SCAN_QUEUED) | Q(scans__status=ScanStatus.PAUSING, scans__lease_until=None)
    over = AnalysisOccurrence.objects.filter(
        waiting, status__in=PAUSABLE | {AnalysisStatus.DURATION_ENDED_PARTIAL}, deadline__lt=timezone.now()
    )
    return list(over.values_list("pk", flat=True).distinct())


def expire(occurrence_id: int) -> None:
    """The duration is over: what has not started will not, and what is suspended ends where it is.

    Running scans end by their runners, which know the deadline too.
    """
    with change(occurrence_id) as opened:
        occurrence = opened.occurrence
        running = PAUSABLE | {AnalysisStatus.DURATION_ENDED_PARTIAL}
        if occurrence.status not in running or occurrence.deadline is None or occurrence.deadline > opened.now:
            return
        occurrence.stop = Stop.DURATION
        cause = _("The allowed duration of %(length)s is over.", length=length(occurrence.duration))
        if occurrence.deadline == occurrence.end_by:
            cause = _("The time by which it has to end has come.")
        for scan in opened.scans.filter(Q(status__in=SCAN_QUEUED) | Q(status=ScanStatus.PAUSING, lease_until=None)):
            has_results = scan.started_at is not None and scan.findings.exists()
            status = ending_status(Ending.EXPIRED, has_results)
            opened.move_scan(scan, status, cause=cause, ending=Ending.EXPIRED, lease_until=None, **queue.NO_SLOT)
        opened.settle(cause=cause)


def silent() -> list[int]:
    """The running scans whose numbers have not changed for settings.STALL_SECONDS, and that do not say so yet."""
    limit = timezone.now() - timedelta(seconds=settings.STALL_SECONDS)
    scans = ScanOccurrence.objects.filter(status=ScanStatus.IN_PROGRESS, stalled=False, progressed_at__lt=limit)
    return list(scans.values_list("pk", flat=True))


def note_silence(scan_id: int) -> None:
    """Say that a scan makes no progress. It goes on: only its duration ends it."""
    occurrence_id = ScanOccurrence.objects.values_list("occurrence_id", flat=True).get(pk=scan_id)
    with change(occurrence_id) as opened:
        limit = opened.now - timedelta(seconds=settings.STALL_SECONDS)
        scan = opened.scans.filter(
            pk=scan_id, status=ScanStatus.IN_PROGRESS, stalled=False, progressed_at__lt=limit
        ).first()
        if scan and opened.update_scan(scan, stalled=True):
            silence = length(timedelta(seconds=settings.STALL_SECONDS))
            why = _("Its numbers have not changed for %(length)s.", length=silence)
            opened.note(_("No progress"), scan=scan, cause=why)
