"""Drives the prescan of one analysis occurrence: its scans at the same time, each outcome stored as it comes."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings

from analyses import lifecycle, prescan
from analyses.engines.registry import engine
from analyses.models import AllowedTarget, AnalysisOccurrence, ScanOccurrence
from analyses.models.secrets import UnreadableSecret, revealed
from analyses.prescan.contract import Outcome, PrescanResult, PrescanTarget, SignIn, SignInMethod, Step
from analyses.statuses import ScanStatus
from analyses.targets import refusal

AT_ONCE = 8
LOOK_SECONDS = 2.0


def drive(occurrence_id: int) -> None:
    """Prescan an occurrence that waits for it; does nothing when it is somebody else's or already done."""
    waiting = AnalysisOccurrence.objects.filter(pk=occurrence_id).first()
    if waiting is None:
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
        problems = [f"There is no engine named {name}."]
    return f"The scan engine cannot run here: {' '.join(problems)}" if problems else ""


def _nothing_allowed(occurrence: AnalysisOccurrence) -> str:
    """Why none of the targets may be scanned, or an empty text: it was allowed to be submitted once."""
    patterns = list(AllowedTarget.objects.values_list("pattern", flat=True))
    reasons = [refusal(url, patterns, settings.SITE_URL) for url in occurrence.scans.values_list("url", flat=True)]
    return f"None of its targets is allowed any more. {reasons[0]}" if all(reasons) else ""


def prescan_target(scan: ScanOccurrence) -> PrescanTarget:
    """What the prescan has to know of a scan, with the targets that are allowed at this moment.

    Raises UnreadableSecret.
    """
    configured = scan.configuration
    return PrescanTarget(
        url=scan.url,
        scope=configured["scope"],
        user_agent=configured["user_agent"],
        allowed=tuple(AllowedTarget.objects.values_list("pattern", flat=True)),
        own=settings.SITE_URL,
        crawl_script=revealed(scan.crawl_script),
        chromium=settings.CHROMIUM,
        sign_in=SignIn(
            method=SignInMethod(configured["sign_in_method"]),
            login_url=configured["login_url"],
            username=configured["username"],
            secret=revealed(scan.secret),
            header=configured["header"] or "Authorization",
            check_text=configured["check_text"],
            check_url=configured["check_url"],
            logout_url=configured["logout_url"],
        ),
    )


def _check_all(occurrence: AnalysisOccurrence) -> bool:
    """Check every scan that has no outcome yet; False when the occurrence was stopped or taken over meanwhile."""
    open_scans = list(occurrence.scans.filter(status=ScanStatus.SUBMITTED, prescan_passed=None))
    executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="prescan")
    try:
        pending: dict[Future[PrescanResult], ScanOccurrence] = {_check(executor, scan): scan for scan in open_scans}
        while pending:
            done, _ = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if not lifecycle.renew_prescan(occurrence):
                return False
            for future in done:
                lifecycle.record_prescan(occurrence, pending.pop(future), future.result())
        return True
    finally:  # a check that still runs is bounded; nobody waits for it
        executor.shutdown(wait=False, cancel_futures=True)


def _check(executor: ThreadPoolExecutor, scan: ScanOccurrence) -> Future[PrescanResult]:
    """Have one scan checked; without its secret there is nothing to check."""
    try:
        return executor.submit(prescan.run, prescan_target(scan), seconds=settings.PRESCAN_SECONDS)
    except UnreadableSecret as error:
        cause, advice = str(error), "Enter the password, token or crawl script again; then submit again."
        known: Future[PrescanResult] = Future()
        step = Step("Stored secret", Outcome.FAILED, cause, advice)
        known.set_result(PrescanResult((step,), ScanStatus.VERIFICATION_FAILED, cause, advice))
        return known
