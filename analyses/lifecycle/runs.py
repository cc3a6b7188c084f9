"""What a runner claims and reports of one scan. Every write is fenced by the attempt it claimed."""

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Avg, F
from django.utils import timezone

from analyses.doorbell import ring
from analyses.engines.contract import Progress
from analyses.lifecycle import queue
from analyses.lifecycle.results import purge
from analyses.lifecycle.writing import Change, change
from analyses.models import Analysis, ScanOccurrence
from analyses.models.findings import Verification
from analyses.moves import PUBLISHED_AS, Ending, Stop, ending_status
from analyses.statuses import SCAN_QUEUED, SCAN_STOPPING, SCAN_VERIFYING, ScanStatus

HOST = socket.gethostname()


class Work(StrEnum):
    """What the holder of a claim has to do."""

    RUN = "run"
    RESUME = "resume"  # the engine's session is kept on this host
    END = "end"  # a stop was asked for and its runner was lost
    VERIFY = "verify"


@dataclass(frozen=True)
class Claim:
    """The right to drive one scan, until its lease ends or somebody else takes it over."""

    scan_id: int
    occurrence_id: int
    analysis_id: int
    attempt: int
    work: Work
    deadline: datetime | None


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
    occurrence = opened.occurrence
    return Claim(scan.pk, occurrence.pk, occurrence.analysis_id, scan.attempt, work, occurrence.deadline)


def _work_for(opened: Change, scan: ScanOccurrence) -> Work | None:
    if scan.status in SCAN_QUEUED:
        return _take_slot(opened, scan)
    if scan.lease_until and scan.lease_until > opened.now:
        return None
    if scan.status in SCAN_VERIFYING:
        return _take_over(opened, scan, Work.VERIFY)
    if scan.status in SCAN_STOPPING:
        return _take_over(opened, scan, Work.END)
    if scan.status == ScanStatus.IN_PROGRESS:
        return _take_over(opened, scan, Work.RESUME if scan.host == HOST else Work.RUN)
    return None


def _take_slot(opened: Change, scan: ScanOccurrence) -> Work | None:
    """Start a queued scan when it is next in line and a slot is free."""
    slot = queue.lowest_free_slot()
    if slot is None or scan.pk not in queue.next_in_line(queue.free_slots()):
        return None
    moved = opened.move_scan(scan, ScanStatus.IN_PROGRESS, slot=slot, started_at=opened.now, **_lease(scan))
    return Work.RUN if moved else None


def _take_over(opened: Change, scan: ScanOccurrence, work: Work) -> Work | None:
    """Go on with a scan whose runner released it, or was lost; end it when that happened too often."""
    released = scan.lease_until is None
    if not released and scan.losses + 1 >= settings.SCAN_ATTEMPTS:
        if work is Work.VERIFY:
            _publish(opened, scan)
            return None
        if work is not Work.END:
            work = Work.VERIFY
            if not _give_up(opened, scan):
                return None
    opened.update_scan(scan, losses=scan.losses + (0 if released else 1), **_lease(scan))
    opened.note("Resumed" if released else "Taken over", scan=scan, cause="" if released else "Its worker was lost.")
    return work


def _give_up(opened: Change, scan: ScanOccurrence) -> bool:
    """End a scan whose worker was lost too often; True when it leaves results to be verified."""
    has_results = scan.findings.exists()
    cause = f"The worker was lost {settings.SCAN_ATTEMPTS} times while this scan ran."
    status = ending_status(Ending.ERROR, has_results)
    opened.move_scan(scan, status, cause=cause, ending=Ending.ERROR, engine_ended_at=opened.now)
    return has_results


def _lease(scan: ScanOccurrence) -> dict[str, Any]:
    """The fields that make a scan ours: a new attempt fences off whoever had it before."""
    return {"attempt": scan.attempt + 1, "host": HOST, "lease_until": _lease_end()}


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def heartbeat(held: Claim, progress: Progress | None = None) -> ScanStatus:
    """Renew the lease, with the progress made; returns the scan's status: a stop shows there. Raises LostClaim."""
    ours = ScanOccurrence.objects.filter(pk=held.scan_id, attempt=held.attempt, lease_until__isnull=False)
    fields: dict[str, Any] = {"lease_until": _lease_end()}
    if progress:
        fields |= {
            "phase": progress.phase,
            "pages": progress.pages,
            "requests_done": progress.requests_done,
            "requests_total": progress.requests_total,
            "current": progress.current[:100],
            "percent": percent(progress),
        }
    if not ours.update(**fields):
        raise LostClaim
    if progress:
        _show_progress(held)
    return ScanStatus(ours.values_list("status", flat=True).get())


def percent(progress: Progress) -> int:
    """How far a scan is, 0 to 99: crawling is the first tenth, attacking the rest."""
    if not progress.requests_total:
        return min(10, progress.pages)
    return min(99, 10 + 89 * progress.requests_done // progress.requests_total)


def _show_progress(held: Claim) -> None:
    mean = ScanOccurrence.objects.filter(occurrence=held.occurrence_id).aggregate(mean=Avg("percent"))["mean"]
    Analysis.objects.filter(pk=held.analysis_id).update(
        percent=int(mean or 0), version=F("version") + 1, changed_at=timezone.now()
    )


def end_run(held: Claim, ending: Ending, cause: str = "") -> ScanStatus:
    """The engine is at rest: give the scan the status of its ending. Raises LostClaim.

    A stop that was asked for meanwhile decides: deleting purges, keeping keeps.
    """
    with change(held.occurrence_id) as opened:
        scan = _ours(opened, held)
        deleting = scan.status == ScanStatus.STOPPING_DELETING
        if deleting:
            purge(opened.scans.filter(pk=scan.pk))
            status = ScanStatus.STOPPED
        elif scan.status == ScanStatus.STOPPING_SAVING:
            ending = Ending.COMPLETED if ending is Ending.COMPLETED else Ending.STOPPED
            status = ending_status(ending, has_results=True)
        else:
            status = ending_status(ending, scan.findings.exists())
        if ending is Ending.EXPIRED and not opened.occurrence.stop:
            opened.occurrence.stop = Stop.DURATION
        opened.move_scan(scan, status, cause=cause, ending=ending, engine_ended_at=opened.now)
        opened.settle(cause=cause)
        if deleting:
            opened.note("Results deleted", scan=scan)
        ring("start_queued")
        return status


def publish(held: Claim) -> None:
    """The results are verified: publish them. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        scan = _ours(opened, held)
        if scan.status not in SCAN_VERIFYING:
            raise LostClaim
        _publish(opened, scan)
        opened.settle()
        ring("start_queued")


def _publish(opened: Change, scan: ScanOccurrence) -> None:
    scan.findings.filter(verification=Verification.PENDING).update(verification=Verification.NOT_RETESTED)
    opened.move_scan(scan, PUBLISHED_AS[ScanStatus(scan.status)], cause=scan.cause)


def release(held: Claim) -> None:
    """This worker is being shut down: leave the scan for the next one, which resumes it."""
    with change(held.occurrence_id) as opened:
        scan = _ours(opened, held)
        opened.update_scan(scan, lease_until=None)
        opened.note("Suspended", scan=scan, cause="The worker is being shut down; the scan goes on when it is back.")


def _ours(opened: Change, held: Claim) -> ScanOccurrence:
    scan = opened.scans.filter(pk=held.scan_id, attempt=held.attempt).first()
    if scan is None:
        raise LostClaim
    return scan
