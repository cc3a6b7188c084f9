"""Drives one scan occurrence: engine events become progress, findings and, in the end, one status.

The runner holds a lease on the scan. Whatever it learns goes through the lifecycle, fenced by its attempt; when the
scan is no longer its own it ends the engine and writes nothing more.
"""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import (
    Ended,
    Engine,
    EngineError,
    Found,
    FoundFlaw,
    Phase,
    Progress,
    Run,
    Target,
)
from analyses.engines.registry import engine
from analyses.lifecycle import Claim, LostClaim, Work
from analyses.models import ScanOccurrence
from analyses.moves import Ending
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.prescanner import prescan_target
from analyses.statuses import SCAN_LIVE, SCAN_VERIFYING, ScanStatus
from analyses.verifier import verify
from dashboard.shutdown import Suspended, give_way

log = logging.getLogger(__name__)
WRITE_SECONDS = 2.0  # progress and findings are written this often
SIGN_IN_SECONDS = 30.0  # shorter than a lease


def drive(scan_id: int) -> None:
    """Claim a scan and bring it as far as it goes: run it, verify what it found, publish."""
    held = lifecycle.claim(scan_id)
    if held is None:
        return
    try:
        _Drive(held).to_its_end()
    except LostClaim:
        log.info("Scan %s is no longer ours.", scan_id)
        _clear_if_over(scan_id)
    except Suspended:
        lifecycle.release(held)


def workdir(scan: ScanOccurrence) -> Path:
    """The private folder of a scan on this host: its engine's session is kept there."""
    folder = settings.WORK_DIR / f"scan-{scan.pk}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _clear_if_over(scan_id: int) -> None:
    """Remove what is kept of a scan that ended without its runner; one that was taken over needs its session."""
    scan = ScanOccurrence.objects.filter(pk=scan_id).exclude(status__in=SCAN_LIVE).first()
    if scan:
        shutil.rmtree(workdir(scan), ignore_errors=True)


class _Drive:
    """One claim being worked on, with what is read once for it."""

    def __init__(self, held: Claim):
        self.held = held
        self.scan = ScanOccurrence.objects.select_related("occurrence").get(pk=held.scan_id)
        self.engine = engine(self.scan.occurrence.engine)
        self.folder = workdir(self.scan)

    def to_its_end(self) -> None:
        if self.held.work is Work.VERIFY or self._run() in SCAN_VERIFYING:
            verify(self.held, self.engine, self._target_again(), self.folder)
            lifecycle.publish(self.held)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self) -> ScanStatus:
        """Run the engine to its end, or to the end somebody asked for; returns the status that follows."""
        if self.held.work is Work.END:
            return lifecycle.end_run(self.held, Ending.STOPPED, "Its worker had been lost.")
        try:
            target = target_of(self.scan)
            lifecycle.heartbeat(self.held)
            with _running(self.engine, target, self.folder, self.held.work is Work.RESUME) as run:
                ending, cause = _watch(self.held, run)
        except SignInFailed as failure:
            ending, cause = Ending.ERROR, f"The target could not be reached or signed in to: {failure.cause}"
        except EngineError as error:
            ending, cause = Ending.ERROR, str(error)
        lifecycle.record_crawled(self.held, self.engine.crawled(self.folder))
        return lifecycle.end_run(self.held, ending, cause)

    def _target_again(self) -> Target | None:
        """The target with a fresh session; None when signing in does not work any more."""
        try:
            return target_of(self.scan)
        except SignInFailed as failure:
            log.warning("Results of scan %s are published untested: %s", self.scan.pk, failure.cause)
            return None


def target_of(scan: ScanOccurrence) -> Target:
    """What the engine is given, signed in. Raises SignInFailed."""
    configured = scan.configuration
    session = session_for(prescan_target(scan), seconds=SIGN_IN_SECONDS)
    return Target(
        url=scan.url,
        scope=configured["scope"],
        excluded=tuple(configured["excluded_urls"]),
        user_agent=configured["user_agent"],
        cookies=session.cookies,
        headers=session.headers,
        addresses=session.addresses,
    )


@contextmanager
def _running(chosen: Engine, target: Target, folder: Path, resume: bool) -> Iterator[Run]:
    """The engine at work; whatever happens, it leaves no process behind."""
    run = chosen.start(target, folder, resume=resume)
    try:
        yield run
    finally:
        run.end()


def _watch(held: Claim, run: Run) -> tuple[Ending, str]:
    """Follow the engine until it ends, somebody stops it, its time is over or this worker is shut down."""
    flaws: list[FoundFlaw] = []
    progress = Progress(Phase.STARTING)
    written = 0.0
    for event in run.events():
        if isinstance(event, Found):
            flaws.append(event.flaw)
        elif isinstance(event, Progress) and event.phase is not Phase.FINISHED:
            progress = event
        elif isinstance(event, Ended):
            _write(held, flaws, replace(progress, phase=Phase.FINISHED, current=""))  # with its last counts
            return (Ending.COMPLETED, "") if event.complete else (Ending.ERROR, event.cause)
        if time.monotonic() - written < WRITE_SECONDS:
            continue
        written = time.monotonic()
        asked = _write(held, flaws, progress)
        if asked in (ScanStatus.STOPPING_SAVING, ScanStatus.STOPPING_DELETING):
            return Ending.STOPPED, ""
        if held.deadline and timezone.now() >= held.deadline:
            return Ending.EXPIRED, "The allowed duration is over."
        give_way()
    return Ending.ERROR, "The engine ended without saying how."


def _write(held: Claim, flaws: list[FoundFlaw], progress: Progress) -> ScanStatus:
    """Store what is new, renew the lease; returns the scan's status, where a request to stop shows."""
    if flaws:
        lifecycle.record_found(held, flaws)
        flaws.clear()
    return lifecycle.heartbeat(held, progress)
