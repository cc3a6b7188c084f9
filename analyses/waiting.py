"""Why something waits: for a worker, for capacity, for the end of a pause, for a reviewer. For people, in words."""

from datetime import datetime

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from analyses import halt, presence, schedules
from analyses.lifecycle import queue
from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_QUEUED, AnalysisStatus

MOST_COUNTED = 1_000  # places in line: nobody waits for the exact number of a later one


def why_waiting(occurrence: AnalysisOccurrence) -> str:
    """What a run waits for; an empty text when nothing of it waits."""
    if occurrence.pause:
        return _pause(occurrence)
    due = occurrence.status == AnalysisStatus.SCHEDULED and occurrence.situation.due
    if due or occurrence.status == AnalysisStatus.SUBMITTED:
        return held_up("default") or "It waits for a worker to begin its prescan."
    if occurrence.is_held:
        return "Its results are verified. They wait for a security lead, who reviews and publishes them."
    if occurrence.status not in PAUSABLE:
        return ""
    queued = occurrence.scans.filter(status__in=SCAN_QUEUED, slot=None).count()
    return _place(occurrence, queued) if queued else ""


def held_up(kind: str) -> str:
    """What keeps everything of a kind from starting: the switch, or that no such worker is there. Empty: nothing."""
    if halt.switch():
        return "Everything is stopped: nothing starts until an administrator switches that off."
    return (
        "" if presence.KINDS[kind] not in presence.missing() else f"{presence.KINDS[kind]} It goes on with the first."
    )


def _pause(occurrence: AnalysisOccurrence) -> str:
    if occurrence.pause == Pause.USER:
        return "It is paused until somebody resumes it under Analysis Actions."
    window = occurrence.pause_window
    if window is None:
        return "It is in its pause window."
    return f"It is in its pause window until {_in_words(schedules.next_change(window, timezone.now()))}."


def _place(occurrence: AnalysisOccurrence, queued: int) -> str:
    """Its place in line. Slots are shared between analyses, so this is when its next scan starts, not its last."""
    scans = "1 scan waits" if queued == 1 else f"{queued:,} scans wait"
    if nobody := held_up("scans"):
        return f"{scans}. {nobody}"
    taken = ScanOccurrence.objects.exclude(slot=None).count()
    if taken < settings.SCAN_CAPACITY:
        return f"{scans} for a scanner to take the free slot."
    slots = "the only slot is" if settings.SCAN_CAPACITY == 1 else f"all {settings.SCAN_CAPACITY:,} slots are"
    waits = f"{scans} for capacity: {slots} taken."
    place = places().get(occurrence.pk)
    if place is None:
        return waits
    latest = next_slot_by() if place == 1 else None
    soon = (
        f" It starts soon after {_in_words(latest)} at the latest, when a duration limit frees a slot."
        if latest
        else ""
    )
    return f"{waits} It is number {place:,} in line.{soon}"


def places() -> dict[int, int]:
    """The first runs in line with their places, from 1 on."""
    return {pk: place for place, pk in enumerate(queue.line().values_list("pk", flat=True)[:MOST_COUNTED], start=1)}


def next_slot_by() -> datetime | None:
    """The first duration limit of what takes a slot, which is free soon after it, and maybe much earlier."""
    running = AnalysisOccurrence.objects.filter(scans__slot__isnull=False, deadline__gt=timezone.now())
    return running.aggregate(first=Min("deadline"))["first"]


def _in_words(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M} ({timezone.get_current_timezone_name()})"
