"""What time brings about: starts that are due, leases that ended, durations that are over."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from analyses.lifecycle import queue
from analyses.lifecycle.writing import change
from analyses.models import AnalysisOccurrence, ScanOccurrence
from analyses.moves import Ending, Stop
from analyses.statuses import SCAN_AT_WORK, SCAN_QUEUED, AnalysisStatus, ScanStatus

_RUNNING = frozenset({AnalysisStatus.QUEUED, AnalysisStatus.IN_PROGRESS, AnalysisStatus.IN_PROGRESS_WARNING})


@dataclass
class Due:
    """What should be rung for now: ids of analysis occurrences and of scan occurrences."""

    prescans: list[int] = field(default_factory=list)
    scans: list[int] = field(default_factory=list)


def due() -> Due:
    """What is due, was left by a lost worker, or may take a free slot."""
    now = timezone.now()
    waiting = Q(status=AnalysisStatus.SUBMITTED, submitted_at__lt=now - timedelta(seconds=5))
    scheduled = Q(status=AnalysisStatus.SCHEDULED, start_at__lte=now)
    lost = Q(status=AnalysisStatus.PRESCANNING, prescan_lease__lt=now)
    prescans = AnalysisOccurrence.objects.filter(waiting | scheduled | lost)
    left = ScanOccurrence.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=now), status__in=SCAN_AT_WORK - SCAN_QUEUED
    )
    return Due(
        prescans=list(prescans.values_list("pk", flat=True)),
        scans=[*left.values_list("pk", flat=True), *startable()],
    )


def startable() -> list[int]:
    """The queued scans that free slots wait for."""
    free = queue.free_slots()
    return queue.next_in_line(free) if free else []


def show_places_in_line() -> None:
    """Queued scans a free slot waits for are *Queued*; the others are *Queued with warning*: capacity is taken."""
    chosen = startable()
    if not chosen:
        return
    scans = ScanOccurrence.objects.filter(pk__in=chosen, status=ScanStatus.QUEUED_WARNING)
    for pk, occurrence_id in scans.values_list("pk", "occurrence_id"):
        with change(occurrence_id) as opened:
            opened.move_scan(opened.scans.get(pk=pk), ScanStatus.QUEUED)


def overdue() -> list[int]:
    """The occurrences whose duration is over while scans of theirs are still queued."""
    over = AnalysisOccurrence.objects.filter(
        status__in=_RUNNING, deadline__lt=timezone.now(), scans__status__in=SCAN_QUEUED
    )
    return list(over.values_list("pk", flat=True).distinct())


def expire(occurrence_id: int) -> None:
    """The duration is over: what has not started will not. Running scans end by their runners, which know it too."""
    with change(occurrence_id) as opened:
        occurrence = opened.occurrence
        if occurrence.status not in _RUNNING or occurrence.deadline is None or occurrence.deadline > opened.now:
            return
        occurrence.stop = Stop.DURATION
        cause = f"The allowed duration of {in_words(occurrence.duration)} is over."
        for scan in opened.scans.filter(status__in=SCAN_QUEUED):
            opened.move_scan(scan, ScanStatus.EXPIRED_STOPPED, cause=cause, ending=Ending.EXPIRED)
        opened.settle(cause=cause)


def in_words(duration: timedelta) -> str:
    """A duration in words: "2 days", "90 minutes"."""
    minutes = int(duration.total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour")):
        if minutes >= size and minutes % size == 0:
            return f"{minutes // size} {name}{'s' if minutes != size else ''}"
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
