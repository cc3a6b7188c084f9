"""Pauses: a person's, and the pause window of the schedule. Engines are suspended, and go on from their session."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from analyses import schedules
from analyses.actions import Action
from analyses.doorbell import ring
from analyses.lifecycle.claims import park
from analyses.lifecycle.requests import latest, refuse
from analyses.lifecycle.writing import Change, change
from analyses.models import Analysis, AnalysisOccurrence, Pause
from analyses.said import said as _
from analyses.statuses import PAUSABLE, ScanStatus


def pause(analysis: Analysis, actor: User) -> None:
    """Keep the run from sending anything until somebody resumes it. Raises Refused."""
    with change(latest(analysis, Action.PAUSE).pk, actor) as opened:
        refuse(Action.PAUSE, opened.occurrence)
        opened.note(_("Paused"))
        opened.occurrence.pause = Pause.USER
        _suspend(opened, _("Paused by %(name)s", name=actor.get_username()))


def resume(analysis: Analysis, actor: User) -> None:
    """End a person's pause; within a pause window the run stays paused until the window is over. Raises Refused."""
    with change(latest(analysis, Action.RESUME).pk, actor) as opened:
        refuse(Action.RESUME, opened.occurrence)
        within = in_window(opened.occurrence, opened.now)
        opened.note(_("Resumed"), cause=_("It goes on when its pause window is over.") if within else "")
        opened.occurrence.pause = Pause.WINDOW if within else Pause.NONE
        if not within:
            _go_on(opened)


def in_window(occurrence: AnalysisOccurrence, moment: datetime) -> bool:
    """Whether a moment lies in the occurrence's pause window."""
    window = occurrence.pause_window
    return window is not None and schedules.is_within(window, moment)


def window_changes() -> Iterator[int]:
    """The occurrences whose pause window has begun or ended since they were looked at."""
    now = timezone.now()
    windows = AnalysisOccurrence.objects.filter(status__in=PAUSABLE, pause_from__isnull=False).exclude(pause=Pause.USER)
    for occurrence in windows:
        if in_window(occurrence, now) != (occurrence.pause == Pause.WINDOW):
            yield occurrence.pk


def follow_window(occurrence_id: int) -> None:
    """Pause or go on as the pause window has it."""
    with change(occurrence_id) as opened:
        occurrence = opened.occurrence
        within = in_window(occurrence, opened.now)
        if occurrence.status not in PAUSABLE or occurrence.pause == (Pause.WINDOW if within else Pause.NONE):
            return
        if occurrence.pause == Pause.USER:
            return
        opened.note(_("Pause window began") if within else _("Pause window ended"))
        occurrence.pause = Pause.WINDOW if within else Pause.NONE
        if within:
            _suspend(opened, _("The pause window has begun."))
        else:
            _go_on(opened)


def _suspend(opened: Change, cause: str) -> None:
    """Running engines are asked to rest; scans that wait to go on are back in the pause."""
    opened.move_scans(frozenset({ScanStatus.IN_PROGRESS}), ScanStatus.PAUSING, cause=cause)
    for scan in opened.scans.filter(status=ScanStatus.RESUMING, slot=None):
        opened.move_scan(scan, ScanStatus.PAUSING, cause=cause)
    # One whose worker was shut down has no engine to be suspended: nobody else would free its slot.
    for scan in opened.scans.filter(status=ScanStatus.PAUSING, lease_until=None).exclude(slot=None):
        park(opened, scan)


def _go_on(opened: Change) -> None:
    """Suspended scans wait for a slot. One whose engine is still being suspended follows when that is done."""
    for scan in opened.scans.filter(status=ScanStatus.PAUSING, lease_until=None):
        opened.move_scan(scan, ScanStatus.RESUMING)
    ring("start_queued")
