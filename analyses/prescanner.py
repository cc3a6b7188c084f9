"""Drives the prescan of one analysis occurrence: its scans at the same time, each outcome stored as it comes."""

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings

from analyses import lifecycle, prescan
from analyses.engines.registry import engine
from analyses.frozen import prescan_target
from analyses.models import AnalysisOccurrence, ScanOccurrence
from analyses.models.secrets import UnreadableSecret
from analyses.prescan.bounds import prescan_seconds
from analyses.prescan.contract import Outcome, PrescanResult, Step
from analyses.said import joined, said_by
from analyses.said import said as _
from analyses.statuses import ScanStatus
from analyses.targets import AllowedNow, refusal

AT_ONCE = 8
LOOK_SECONDS = 2.0


def drive(occurrence_id: int) -> None:
    """Prescan an occurrence that waits for it; does nothing when it is somebody else's or already done."""
    waiting = AnalysisOccurrence.objects.filter(pk=occurrence_id).first()
    if waiting is None or lifecycle.halted():
        return
    cause = _engine_missing(waiting.engine) or _nothing_allowed(waiting)
    if cause:
        lifecycle.not_submitted(occurrence_id, cause)
        return
    occurrence = lifecycle.begin_prescan(occurrence_id)
    if occurrence is not None and _check_all(occurrence):
        lifecycle.finish_prescan(occurrence)


def _engine_missing(name: str) -> str:
    """Why this machine cannot run the engine, or an empty text."""
    try:
        problems = engine(name).check()
    except KeyError:
        problems = [_("There is no engine named %(name)s.", name=name)]
    return _("The scan engine cannot run here: %(problems)s", problems=tuple(problems)) if problems else ""


def _nothing_allowed(occurrence: AnalysisOccurrence) -> str:
    """Why none of the targets may be scanned, or an empty text: it was allowed to be submitted once."""
    patterns = lifecycle.allowed_patterns(occurrence.analysis_id)
    reasons = [refusal(url, patterns, settings.SITE_URL) for url in occurrence.scans.values_list("url", flat=True)]
    return joined(_("None of its targets is allowed any more."), reasons[0]) if all(reasons) else ""


def _check_all(occurrence: AnalysisOccurrence) -> bool:
    """Check every scan that has no outcome yet; False when the occurrence was stopped or taken over meanwhile."""
    unchecked = occurrence.scans.filter(status=ScanStatus.SUBMITTED, prescan_passed=None)
    waiting = deque(unchecked.values_list("pk", flat=True))
    executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="prescan")
    allowed, looked = AllowedNow(lifecycle.allowed_patterns(occurrence.analysis_id)), time.monotonic()
    pending: dict[Future[PrescanResult], ScanOccurrence] = {}
    try:
        while waiting or pending:
            while waiting and len(pending) < AT_ONCE:  # secrets and requests are read when there is a place for them
                scan = unchecked.select_related("specification").filter(pk=waiting.popleft()).first()
                if scan is not None:
                    pending[_check(executor, scan, allowed)] = scan
            done, _others = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if not done or time.monotonic() - looked >= LOOK_SECONDS:
                allowed.renew(lifecycle.allowed_patterns(occurrence.analysis_id))
                if not lifecycle.renew_prescan(occurrence):
                    return False
                looked = time.monotonic()
            for future in done:
                lifecycle.record_prescan(occurrence, pending.pop(future), future.result())
        return True
    finally:  # a check that still runs is bounded, and connects to nothing more; nobody waits for it
        allowed.renew(())
        executor.shutdown(wait=False, cancel_futures=True)


def _check(executor: ThreadPoolExecutor, scan: ScanOccurrence, allowed: AllowedNow) -> Future[PrescanResult]:
    """Have one scan checked; without its secret there is nothing to check."""
    try:
        target = prescan_target(scan, allowed=allowed)
        return executor.submit(prescan.run, target, seconds=prescan_seconds(target, settings.PRESCAN_SECONDS))
    except UnreadableSecret as error:
        cause, advice = said_by(error), _("Enter the password, token or crawl script again; then submit again.")
        known: Future[PrescanResult] = Future()
        step = Step(_("Stored secret"), Outcome.FAILED, cause, advice)
        known.set_result(PrescanResult((step,), ScanStatus.VERIFICATION_FAILED, cause, advice))
        return known
