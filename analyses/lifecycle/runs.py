"""What a runner reports of the scan it has claimed. Every write is fenced by the attempt it claimed."""

from typing import Any

from analyses.doorbell import ring
from analyses.lifecycle.approvals import ASK_AGAIN
from analyses.lifecycle.claims import Claim, LostClaim, ours, park
from analyses.lifecycle.deleting import delete_results, set_aside
from analyses.lifecycle.outages import outlasting_outages
from analyses.lifecycle.reviewing import verification_over
from analyses.lifecycle.writing import change
from analyses.models import AuthHealth, ScanOccurrence
from analyses.moves import Ending, Stop, ending_status
from analyses.said import said as _
from analyses.statuses import SCAN_QUEUED, SCAN_STOPPING, SCAN_VERIFYING, ScanStatus

_SIGN_IN = {
    AuthHealth.NOT_USED: _("Sign-in: not used"),
    AuthHealth.OK: _("Sign-in: signed in"),
    AuthHealth.LOST: _("Sign-in: lost"),
    AuthHealth.FAILED: _("Sign-in: failed"),
}


@outlasting_outages
def started(held: Claim) -> None:
    """The engine runs: the scan is In Progress, or pauses at once where a pause has begun. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.status not in SCAN_QUEUED:  # taken over, or asked to end: it has been In Progress before
            return
        opened.move_scan(scan, ScanStatus.IN_PROGRESS, started_at=scan.started_at or opened.now)
        opened.update_scan(scan, progressed_at=opened.now)
        opened.settle()
        if opened.occurrence.pause:
            opened.move_scan(scan, ScanStatus.PAUSING)


@outlasting_outages
def suspended(held: Claim) -> ScanStatus:
    """The engine has been suspended, as a pause wants it. Answers the status: a stop may have come instead."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.status == ScanStatus.PAUSING:
            park(opened, scan)
            ring("start_queued")
        return ScanStatus(scan.status)


@outlasting_outages
def sign_in_health(held: Claim, health: AuthHealth, cause: str = "") -> None:
    """Keep how the scan's sign-in does; its changes stand in the log. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.auth_health == health:
            return
        said = bool(scan.auth_health) or health is not AuthHealth.OK
        fields: dict[str, Any] = {"auth_health": health}
        if health is AuthHealth.LOST:
            fields["auth_lost_at"] = opened.now
        opened.update_scan(scan, **fields)
        if said:
            opened.note(_SIGN_IN[health], scan=scan, cause=cause)


@outlasting_outages
def signed_in_again(held: Claim, cause: str) -> None:
    """Its session was lost and is renewed: the log says so, and why it was lost. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        opened.note(_("Signed in again"), scan=ours(opened, held), cause=cause)


def end_run(held: Claim, ending: Ending, cause: str = "", *, withdrawn: bool = False) -> ScanStatus:
    """The engine is at rest: give the scan the status of its ending. Raises LostClaim.

    A stop that was asked for meanwhile decides: results are deleted, or kept. `withdrawn` where it ends because it
    reaches what is no longer allowed: then one that has not started has failed its verification.
    """
    status = _end(held, ending, cause, withdrawn=withdrawn)
    if status is not ScanStatus.STOPPING_DELETING:
        return status
    delete_results(held.occurrence_id)  # on its own: the claim is over, so a second try of the report would be refused
    return ScanStatus.STOPPED


@outlasting_outages
def _end(held: Claim, ending: Ending, cause: str, *, withdrawn: bool) -> ScanStatus:
    """The report itself; answers the status that the scan has then."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.status in SCAN_STOPPING:
            cause = cause or scan.cause
        deleting = scan.status == ScanStatus.STOPPING_DELETING
        if scan.status in SCAN_STOPPING:
            ending = Ending.COMPLETED if ending is Ending.COMPLETED else Ending.STOPPED
            status = ending_status(ending, has_results=True)
        else:
            status = _own_ending(scan, ending, withdrawn=withdrawn)
        if ending is Ending.EXPIRED and not opened.occurrence.stop:
            opened.occurrence.stop = Stop.DURATION
        fields: dict[str, Any] = {"ending": ending, "engine_ended_at": opened.now}
        if withdrawn and status != ScanStatus.STOPPED:
            fields["advice"] = ASK_AGAIN
        if deleting:
            set_aside(opened, scan, status, cause, **fields)
        else:
            opened.move_scan(scan, status, cause=cause, **fields)
        opened.settle(cause=cause)
        ring("start_queued")
    return ScanStatus.STOPPING_DELETING if deleting else status


def _own_ending(scan: ScanOccurrence, ending: Ending, *, withdrawn: bool) -> ScanStatus:
    if scan.status in SCAN_QUEUED and scan.started_at is None:  # nothing ran yet: it has no ending of its own
        if withdrawn:
            return ScanStatus.VERIFICATION_FAILED
        return ScanStatus.EXPIRED_STOPPED if ending is Ending.EXPIRED else ScanStatus.SUBMIT_FAILED
    return ending_status(ending, scan.findings.exists())


@outlasting_outages
def leave_untested(held: Claim, cause: str) -> None:
    """What it found is not tested again, or no further: say why. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        opened.note(_("Results not tested again"), scan=ours(opened, held), cause=cause)


@outlasting_outages
def publish(held: Claim) -> None:
    """The results are verified: publish them, or hold them for a reviewer. Raises LostClaim."""
    with change(held.occurrence_id) as opened:
        scan = ours(opened, held)
        if scan.status not in SCAN_VERIFYING:
            raise LostClaim
        verification_over(opened, scan)
        opened.settle()
        ring("start_queued")
