"""Drives one scan occurrence: engine events become progress, findings and, in the end, one status.

The runner holds a lease on the scan. Whatever it learns goes through the lifecycle, fenced by its attempt; when the
scan is no longer its own it ends the engine and writes nothing more.
"""

import logging
import shutil
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseFailure

from analyses import lifecycle
from analyses.engines.contract import Engine, EngineError, Place, Target
from analyses.engines.registry import engine
from analyses.following import Following, Outcome
from analyses.frozen import engine_target, prescan_target
from analyses.lifecycle import Claim, LostClaim, Work
from analyses.lifecycle.claims import HOST
from analyses.meanwhile import while_beating
from analyses.models import ScanOccurrence
from analyses.models.secrets import UnreadableSecret
from analyses.moves import Ending
from analyses.prescan.bounds import sign_in_seconds
from analyses.prescan.contract import PrescanTarget, Session
from analyses.prescan.lookout import Lookout
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.pulse import Pulse, Withdrawn
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import SCAN_LIVE, SCAN_VERIFYING, ScanStatus
from analyses.stored_secrets import are_erased, stored_fit, take_stored
from analyses.verifier import verify
from dashboard.shutdown import Suspended

log = logging.getLogger(__name__)
LIVE_LOG, WHOLE_LOG = 64 * 1024, 1024**2  # bytes of what the engine says: while it runs, and when it has ended
_CHANGED = _("What it signs in with was erased, and its address or its sign-in has been changed since.")
SIGN_IN_SECONDS = 30.0  # without the time that scripts and one-time codes may take


def drive(scan_id: int) -> None:
    """Claim a scan and bring it as far as it goes: run it, verify what it found, publish."""
    held = lifecycle.claim(scan_id)
    if held is None:
        return
    try:
        _drive(held)
    except LostClaim:
        log.info("Scan %s is no longer ours.", scan_id)
        _clear_if_over(scan_id)
    except Suspended:
        lifecycle.release(held)


def _drive(held: Claim) -> None:
    """To its end, also where something breaks that nobody foresaw: the next worker would fare no better.

    Not where it is the database: what cannot be written now is for whoever takes the scan over.
    """
    try:
        _Drive(held).to_its_end()
    except (LostClaim, Suspended, DatabaseFailure):
        raise
    except Exception as error:
        log.exception("Scan %s could not be driven.", held.scan_id)
        why = _("It could not go on, on %(machine)s: %(reason)s.", machine=HOST, reason=_in_words(error))
        lifecycle.end_run(held, Ending.ERROR, why)


def _in_words(error: Exception) -> str:
    """What broke. Not the whole message: it may quote the target, or what was sent to it."""
    match error:
        case EngineError():
            return said_by(error)
        case OSError(strerror=str(words)):
            return words
        case _:
            return type(error).__name__


def _engine(name: str) -> Engine:
    try:
        return engine(name)
    except KeyError as error:
        raise EngineError(_("there is no engine named %(name)s", name=name)) from error


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
        self.scan = ScanOccurrence.objects.select_related("occurrence", "specification").get(pk=held.scan_id)
        self.engine = _engine(self.scan.occurrence.engine)
        self.folder = workdir(self.scan)
        self.pulse = Pulse(held, lifecycle.reached(self.scan.url, self.scan.configuration))

    def to_its_end(self) -> None:
        try:
            self._to_its_end()
        finally:
            self.pulse.end()

    def _to_its_end(self) -> None:
        status = self._run() if self.held.work is not Work.VERIFY else None
        if status is ScanStatus.PAUSING or status is ScanStatus.RESUMING:
            return  # its session is kept
        if status is None or status in SCAN_VERIFYING:
            self._verify()
            lifecycle.publish(self.held)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _verify(self) -> None:
        try:
            self.pulse.beat()  # signing in again may take half a lease
            verify(self.pulse, self.engine, self._target_again(), self.folder)
        except Withdrawn as withdrawn:
            lifecycle.leave_untested(self.held, said_by(withdrawn))

    def _run(self) -> ScanStatus:
        """Run the engine to its end, or to the end somebody asked for; returns the status that follows."""
        if self.held.work is Work.END:
            cause = _("Its worker had been lost.") if self.scan.losses else ""
            return lifecycle.end_run(self.held, Ending.STOPPED, cause)
        withdrawn = False
        try:
            outcome = self._run_engine(resume=self.held.work is Work.RESUME)
        except Withdrawn as reason:
            outcome, withdrawn = Outcome(Ending.ERROR, said_by(reason)), True
        except SignInFailed as failure:
            why = _("The target could not be reached or signed in to: %(cause)s", cause=failure.cause)
            outcome = Outcome(_ending_of(failure), why)
        except (EngineError, UnreadableSecret) as error:
            outcome = Outcome(Ending.ERROR, said_by(error))
        lifecycle.record_crawled(self.held, self.engine.crawled(self.folder))
        lifecycle.record_log(self.held, self.engine.said(self.folder, WHOLE_LOG))
        if outcome.ending is None:
            status = lifecycle.suspended(self.held)
            if status in (ScanStatus.PAUSING, ScanStatus.RESUMING):
                return status
            outcome = Outcome(Ending.STOPPED)  # a stop came while the engine was being suspended
        return lifecycle.end_run(self.held, outcome.ending or Ending.STOPPED, outcome.cause, withdrawn=withdrawn)

    def _run_engine(self, *, resume: bool) -> Outcome:
        """Follow the engine; where the scan was signed out and in again, it goes on with the new session."""
        self.pulse.beat()
        asked = prescan_target(self.scan, allowed=self.pulse.allowed)
        session = self._signed_in(asked)
        limits = {"failures": settings.PROBE_FAILURES, "sign_ins": settings.SIGN_IN_FAILURES}
        with Lookout(asked, session, every=settings.PROBE_SECONDS, **limits) as lookout:
            following = Following(self.pulse, lookout, lambda: self.engine.said(self.folder, LIVE_LOG))
            while True:
                seen = lookout.seen
                self.pulse.beat()
                run = self.engine.start(self._target(seen.session), self.folder, resume=resume)
                # Whatever happens, the engine leaves no process behind.
                with closing(run.events()) as events:
                    try:
                        lifecycle.started(self.held)
                        outcome = following.to_the_end_of(events, seen.renewals)
                    finally:
                        run.end()
                if outcome is not Outcome.SIGNED_IN_AGAIN:
                    return outcome
                resume = True

    def _signed_in(self, target: PrescanTarget) -> Session:
        """Sign in, which by a script takes longer than a lease. Raises SignInFailed, Withdrawn."""
        seconds = sign_in_seconds(target, SIGN_IN_SECONDS)
        session = while_beating(self.pulse.beat, lambda: session_for(target, seconds=seconds))
        self.pulse.keep_to((Place(target.url, session.addresses), *session.places))
        return session

    def _target(self, session: Session) -> Target:
        return engine_target(self.scan, session, allowed=self.pulse.allowed)

    def _target_again(self) -> Target | None:
        """The target with a fresh session; None when signing in does not work any more."""
        if are_erased(self.scan):  # its results had been deleted, and were put back
            if not stored_fit(self.scan):
                lifecycle.leave_untested(self.held, _CHANGED)
                return None
            take_stored(self.scan)
        try:
            asked = prescan_target(self.scan, allowed=self.pulse.allowed)
            return self._target(self._signed_in(asked))
        except (SignInFailed, UnreadableSecret) as failure:
            log.warning("Results of scan %s are published untested: %s", self.scan.pk, failure)
            return None


def _ending_of(failure: SignInFailed) -> Ending:
    """How a scan ends that cannot go on because of this."""
    if failure.locked:
        return Ending.LOCKOUT
    return Ending.UNREACHABLE if failure.unanswered else Ending.ERROR
