"""Why something waits: for somebody to do it, for capacity, for the end of a pause. For people, in words."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from analyses import schedules
from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_QUEUED, AnalysisStatus


def why_waiting(occurrence: AnalysisOccurrence) -> str:
    """What a run waits for; an empty text when nothing of it waits."""
    if occurrence.pause:
        return _pause(occurrence)
    if occurrence.status == AnalysisStatus.SUBMITTED:
        return "It waits for a worker to begin its prescan."
    if occurrence.status not in PAUSABLE:
        return ""
    queued = occurrence.scans.filter(status__in=SCAN_QUEUED, slot=None).count()
    return _place(occurrence, queued) if queued else ""


def _pause(occurrence: AnalysisOccurrence) -> str:
    if occurrence.pause == Pause.USER:
        return "It is paused until somebody resumes it under Analysis Actions."
    window = occurrence.pause_window
    if window is None:
        return "It is in its pause window."
    ends = timezone.localtime(schedules.next_change(window, timezone.now()))
    return f"It is in its pause window until {ends:%Y-%m-%d %H:%M} ({timezone.get_current_timezone_name()})."


def _place(occurrence: AnalysisOccurrence, queued: int) -> str:
    """Its place in line. Slots are shared between analyses, so this is when its next scan starts, not its last."""
    scans = "1 scan waits" if queued == 1 else f"{queued:,} scans wait"
    taken = ScanOccurrence.objects.exclude(slot=None).count()
    if taken < settings.SCAN_CAPACITY:
        return f"{scans} for a scanner to take the free slot."
    earlier = Q(submitted_at__lt=occurrence.submitted_at) | Q(
        submitted_at=occurrence.submitted_at, pk__lt=occurrence.pk
    )
    waiting = AnalysisOccurrence.objects.filter(
        earlier,
        status__in=PAUSABLE,
        pause=Pause.NONE,
        pk__in=ScanOccurrence.objects.filter(status__in=SCAN_QUEUED, slot=None).values("occurrence"),
    ).count()
    slots = "the only slot is" if settings.SCAN_CAPACITY == 1 else f"all {settings.SCAN_CAPACITY:,} slots are"
    return f"{scans} for capacity: {slots} taken. It is number {waiting + 1:,} in line."
