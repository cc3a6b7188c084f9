"""The right to drive one scan: claimed for a while, renewed by signs of life, taken over when they cease."""

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Case, F, When
from django.utils import timezone

from analyses.engines.contract import Progress
from analyses.lifecycle import queue
from analyses.lifecycle.approvals import allowed_patterns, halted
from analyses.lifecycle.how_far import how_far
from analyses.lifecycle.outages import outlasting_outages
from analyses.lifecycle.reviewing import verification_over
from analyses.lifecycle.times_in_words import length
from analyses.lifecycle.writing import Change, change
from analyses.models import Analysis, DeletedScan, ScanOccurrence
from analyses.moves import Ending, ending_status
from analyses.said import said as _
from analyses.statuses import SCAN_QUEUED, SCAN_STOPPING, SCAN_VERIFYING, ScanStatus

HOST = socket.gethostname()


class Work(StrEnum):
    """What the holder of a claim has to do."""

    RUN = "run"
    RESUME = "resume"  # the engine's session is kept on this host
    END = "end"  # a stop was asked for and no engine runs
    VERIFY = "verify"


@dataclass(frozen=True)
class Claim:
    """The right to drive one scan, until its lease ends or somebody else takes it over."""

    scan_id: int
    occurrence_id: int
    analysis_id: int
    attempt: int
    work: Work


@dataclass(frozen=True)
class Orders:
    """What a runner learns when it gives a sign of life: a stop or a pause shows in the status."""

    status: ScanStatus
    deadline: datetime | None
    allowed: tuple[str, ...] = ()  # what administrators allow at this moment
    halted: str = ""  # why everything is stopped


class LostClaim(Exception):
    """The scan has been taken over, or has ended: its former runner must stop at once and write nothing."""


def claim(scan_id: int) -> Claim | None:
    """Claim a scan that is queued, or whose runner was lost. None: there is nothing for us to do."""
    occurrence_id = ScanOccurrence.objects.filter(pk=scan_id).values_list("occurrence_id", flat=True).first()
    if occurrence_id is None:
        return None
    try:
        with change(occurrence_id) as opened:
            scan = opened.scans.get(pk=scan_id)
            work = _work_for(opened, scan)
            opened.settle()
    except IntegrityError:  # another scan took the slot between our look and our update
        return None
    if work is None:
        return None
    return Claim(scan.pk, opened.occurrence.pk, opened.occurrence.analysis_id, scan.attempt, work)


def _work_for(opened: Change, scan: ScanOccurrence) -> Work | None:
    if scan.lease_until and scan.lease_until > opened.now:
        return None
    if scan.status in SCAN_QUEUED | {ScanStatus.IN_PROGRESS} and halted():
        return None
    if scan.status in SCAN_QUEUED:
        return _start(opened, scan)
    if scan.status == ScanStatus.PAUSING:
        park(opened, scan)
        return None
    if scan.status in SCAN_VERIFYING:
        return None if scan.ended_at else _take_over(opened, scan, Work.VERIFY)
    if scan.status in SCAN_STOPPING:
        no_engine = DeletedScan.objects.filter(scan_occurrence=scan).exists()  # its results are being moved
        return None if no_engine else _take_over(opened, scan, Work.END)
    if scan.status == ScanStatus.IN_PROGRESS:
        return _take_over(opened, scan, _run_or_resume(scan))
    return None


def _run_or_resume(scan: ScanOccurrence) -> Work:
    return Work.RESUME if scan.started_at and scan.host == HOST else Work.RUN


def _start(opened: Change, scan: ScanOccurrence) -> Work | None:
    """Let a queued scan start when it is next in line and slots are free, or when it had them and lost its runner."""
    work = _run_or_resume(scan)
    if scan.slot is not None:
        return _take_over(opened, scan, work)
    taken = queue.Taken()
    slots = taken.slots_for(scan.target_host)
    if slots is None or scan.pk not in queue.next_in_line(taken):
        return None
    return work if opened.update_scan(scan, **slots, **_lease(scan)) else None


def _take_over(opened: Change, scan: ScanOccurrence, work: Work) -> Work | None:
    """Go on with a scan whose runner released it, or was lost; end it when that happened too often."""
    released = scan.lease_until is None
    slots: dict[str, int] = {}
    if work is Work.VERIFY and scan.slot is None:  # its results were deleted and are back: its target is asked again
        free = queue.Taken().slots_for(scan.target_host)
        if free is None:
            return None
        slots = free
    if not released and scan.losses + 1 >= settings.SCAN_ATTEMPTS:
        if work is Work.VERIFY:
            verification_over(opened, scan)
            return None
        if work is not Work.END:
            work = Work.VERIFY
            if not _give_up(opened, scan):
                return None
    opened.update_scan(scan, losses=scan.losses + (0 if released else 1), **slots, **_lease(scan))
    if released:
        opened.note(_("Resumed"), scan=scan)
    else:
        opened.note(_("Taken over"), scan=scan, cause=_("Its worker was lost."))
    return work


def _give_up(opened: Change, scan: ScanOccurrence) -> bool:
    """End a scan whose worker was lost too often; True when it leaves results to be verified."""
    has_results = scan.findings.exists()
    cause = _("The worker was lost %(times)s times while this scan ran.", times=settings.SCAN_ATTEMPTS)
    if scan.started_at is None:
        opened.move_scan(scan, ScanStatus.SUBMIT_FAILED, cause=cause)
        return False
    status = ending_status(Ending.ERROR, has_results)
    opened.move_scan(scan, status, cause=cause, ending=Ending.ERROR, engine_ended_at=opened.now)
    return has_results


def park(opened: Change, scan: ScanOccurrence) -> None:
    """No engine of a pausing scan runs any more: its slot is free for others, its session stays on its host."""
    opened.update_scan(scan, lease_until=None, stalled=False, **queue.NO_SLOT)
    opened.note(_("Engine suspended"), scan=scan)
    if not opened.occurrence.pause:  # the pause ended while the engine was being suspended
        opened.move_scan(scan, ScanStatus.RESUMING)


def _lease(scan: ScanOccurrence) -> dict[str, Any]:
    """The fields that make a scan ours: a new attempt fences off whoever had it before."""
    return {"attempt": scan.attempt + 1, "host": HOST, "lease_until": _lease_end()}


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


@outlasting_outages
def heartbeat(held: Claim, progress: Progress | None = None, *, moved: bool = True) -> Orders:
    """Renew the lease, with the progress made. Raises LostClaim.

    `moved` is False when the progress is the same as before: then nothing that anybody sees has changed.
    """
    ours = ScanOccurrence.objects.filter(pk=held.scan_id, attempt=held.attempt, lease_until__isnull=False)
    fields: dict[str, Any] = {"lease_until": _lease_end()}
    if progress and moved:
        fields |= {
            "phase": progress.phase,
            "pages": progress.pages,
            "checks_done": progress.checks_done,
            "checks_total": progress.checks_total,
            "current": progress.current[:100],
            # The end of a silence is noted below, with how long it was.
            "progressed_at": Case(When(stalled=True, then=F("progressed_at")), default=timezone.now()),
        } | _counted(progress)
    if not ours.update(**fields):
        raise LostClaim
    if progress and moved:
        _show_progress(held)
    found = ours.values_list("status", "occurrence__deadline", "stalled").first()
    if found is None:
        raise LostClaim
    if moved and progress and found[2]:
        _end_silence(held)
    allowed = allowed_patterns(held.analysis_id)
    return Orders(ScanStatus(found[0]), found[1], allowed, "" if allowed else halted())


def _counted(progress: Progress) -> dict[str, int]:
    """The requests, where the engine counts them: what it has counted before stays as it is."""
    requests = progress.requests
    if requests is None:
        return {}
    return {
        "requests_made": requests.made,
        "requests_lost": requests.lost,
        "requests_turned_away": requests.turned_away,
        "server_errors": requests.server_errors,
    }


def _end_silence(held: Claim) -> None:
    """A scan that made no progress for long, as its log says, makes some again."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        silence = length(opened.now - (scan.progressed_at or opened.now))
        if scan.stalled and opened.update_scan(scan, stalled=False, progressed_at=opened.now):
            opened.note(_("Progress again"), scan=scan, cause=_("It made none for %(length)s.", length=silence))


def _show_progress(held: Claim) -> None:
    Analysis.objects.filter(pk=held.analysis_id).update(
        **how_far(held.occurrence_id), version=F("version") + 1, changed_at=timezone.now()
    )


@outlasting_outages
def release(held: Claim) -> None:
    """This worker is being shut down: leave the scan for the next one, which goes on with it. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.status in SCAN_QUEUED:  # it had not started: back into the line
            opened.update_scan(scan, lease_until=None, **queue.NO_SLOT)
            return
        if scan.status == ScanStatus.PAUSING:
            park(opened, scan)
            return
        opened.update_scan(scan, lease_until=None)
        why = _("The worker is being shut down; the scan goes on when it is back.")
        opened.note(_("Suspended"), scan=scan, cause=why)


def ours(opened: Change, held: Claim) -> ScanOccurrence:
    """The scan, if it still is this claim's. Raises LostClaim."""
    scan = opened.scans.filter(pk=held.scan_id, attempt=held.attempt, lease_until__isnull=False).first()
    if scan is None:
        raise LostClaim
    return scan
