"""Testing one finding again when somebody asks for it: a worker has the engine send its requests once more.

It signs in anew with the settings that the run had. What the run signed in with is erased by then, so the stored
secrets of its scan are used, and only for a sign-in that is still the same: they are never sent where they were not
meant for. It is bounded in time, goes through the guard like every scan, and ends when a run of the analysis begins.
"""

import logging
import shutil
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import Error as DatabaseFailure
from django.db.models import Max
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import EngineError, FoundFlaw, Place, Progress, Retested, Severity, Target
from analyses.engines.registry import engine
from analyses.frozen import engine_target, prescan_target
from analyses.leftovers import RETEST_FOLDER
from analyses.meanwhile import while_beating
from analyses.models import Analysis, Finding, FindingInstance, Retest, RetestOutcome, ScanOccurrence
from analyses.models.secrets import SECRETS, UnreadableSecret
from analyses.prescan.bounds import sign_in_seconds
from analyses.prescan.sign_in import SignInFailed, session_for
from analyses.said import said as _
from analyses.said import said_by, translated
from analyses.statuses import ANALYSIS_LIVE, AnalysisStatus
from analyses.stored_secrets import needs_secrets, stored_fit, take_stored
from analyses.targets import AllowedNow, withdrawal
from dashboard.shutdown import Suspended, give_way

log = logging.getLogger(__name__)

SECONDS = 120.0  # for the engine; signing in has its own
SIGN_IN_SECONDS = 30.0
BEAT_SECONDS = 2.0
MOST_PLACES = 5  # of a finding
WAITS = timedelta(minutes=10)  # for a worker that is at work on none of them
KEPT = timedelta(hours=1)  # in line, while others are tested
_UNTAKEN = _("No scanner took it. The banner on the list of analyses says whether any is at work.")
_LOST = _("Its worker was lost. Test it again.")
UNDER_WAY = _("A run of this analysis is under way, which looks for it too.")
_BEGAN = _("A run of this analysis has begun, which looks for it too.")
_CHANGED = _("The address or the sign-in of its scan has been changed since. Run the scan again.")


class _Over(Exception):
    """It ends without an answer; the message says why."""


class _Lost(Exception):
    """It was given up, or is gone with its analysis: nothing is said any more."""


def place_of(finding: Finding) -> ScanOccurrence | None:
    """The newest scan that saw a finding; None when nothing of it is kept."""
    newest = finding.instances.aggregate(newest=Max("scan_occurrence"))["newest"]
    scans = ScanOccurrence.objects.select_related("occurrence__analysis").defer(*SECRETS)
    return scans.filter(pk=newest).first()


def refusal(finding: Finding, scan: ScanOccurrence | None) -> str:
    """Why a finding cannot be tested again now, in words; empty when it can. `scan` is its place."""
    if scan is None:
        return _("Nothing is kept of where it was seen.")
    analysis = scan.occurrence.analysis
    if cause := lifecycle.halted():
        return cause
    if _is_under_way(analysis):
        return UNDER_WAY
    if not finding.module:
        return _("It is not known what found it.")
    allowed = lifecycle.allowed_patterns(analysis.pk)
    if cause := withdrawal([(url, ()) for url in lifecycle.reached(scan.url, scan.configuration)], allowed, _own()):
        return cause
    return _CHANGED if needs_secrets(scan) and not stored_fit(scan) else ""


def begin(finding: Finding, scan: ScanOccurrence | None, actor: User) -> Retest:
    """Have it tested again. Raises Refused."""
    if reason := refusal(finding, scan):
        raise lifecycle.Refused(translated(reason))
    assert scan is not None  # noqa: S101 - refused otherwise
    return lifecycle.ask_to_retest(finding, scan, actor)


def _own() -> str:
    return settings.SITE_URL


def _is_under_way(analysis: Analysis) -> bool:
    return analysis.status in ANALYSIS_LIVE - {AnalysisStatus.SCHEDULED}


def drive(retest_id: int) -> None:
    """Carry out one that waits; does nothing when it is somebody else's or over."""
    if not lifecycle.begin_retest(retest_id):
        return
    retest = Retest.objects.select_related("finding", "scan_occurrence").get(pk=retest_id)
    folder = settings.WORK_DIR / f"{RETEST_FOLDER}{retest.pk}"
    try:
        outcome, cause = _UnderWay(retest, folder).to_its_end()
    except Suspended:
        lifecycle.put_down_retest(retest.pk)
    except _Lost:
        log.info("The test of finding %s is no longer ours.", retest.finding_id)
    except (_Over, EngineError, SignInFailed, UnreadableSecret) as reason:
        lifecycle.end_retest(retest.pk, RetestOutcome.UNKNOWN, _in_words(reason))
    except DatabaseFailure:
        raise  # nothing can be said now: its lease will end
    except Exception as error:
        log.exception("Finding %s could not be tested again.", retest.finding_id)
        why = _("It could not go on (%(reason)s).", reason=type(error).__name__)
        lifecycle.end_retest(retest.pk, RetestOutcome.UNKNOWN, why)
    else:
        lifecycle.end_retest(retest.pk, outcome, cause)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_words(reason: Exception) -> str:
    if isinstance(reason, SignInFailed):
        return _("The target could not be reached or signed in to: %(cause)s", cause=reason.cause)
    return said_by(reason)


class _UnderWay:
    """One test that this worker has taken."""

    def __init__(self, retest: Retest, folder: Path):
        scans = ScanOccurrence.objects.select_related("occurrence__analysis", "scan", "specification")
        self._retest = retest
        self._folder = folder
        self._scan = scans.get(pk=retest.scan_occurrence_id)
        self._places = [Place(url) for url in lifecycle.reached(self._scan.url, self._scan.configuration)]
        self._allowed = AllowedNow(lifecycle.allowed_patterns(self._analysis.pk))

    @property
    def _analysis(self) -> Analysis:
        return self._scan.occurrence.analysis

    def to_its_end(self) -> tuple[RetestOutcome, str]:
        """Raises _Over, _Lost, Suspended, and what signing in and the engine raise."""
        if reason := refusal(self._retest.finding, self._scan):
            raise _Over(reason)
        take_stored(self._scan)  # the run's own are erased
        try:
            return self._judged(self._tested(self._target()))
        finally:  # what still runs is bounded, and connects to nothing more
            self._allowed.renew(())

    def _target(self) -> Target:
        asked = prescan_target(self._scan, allowed=self._allowed)
        seconds = sign_in_seconds(asked, SIGN_IN_SECONDS)
        session = while_beating(self._beat, lambda: session_for(asked, seconds=seconds))
        self._places += [Place(asked.url, session.addresses), *session.places]
        return engine_target(self._scan, session, allowed=self._allowed)

    def _tested(self, target: Target) -> list[Retested]:
        """What the engine says of each place."""
        chosen = engine(self._scan.occurrence.engine)
        told, beaten = [], time.monotonic()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(chosen.retest(target, self._flaws(), self._folder, SECONDS)) as events:
            for event in events:
                if not isinstance(event, Progress):
                    told.append(event)
                if time.monotonic() - beaten >= BEAT_SECONDS:
                    beaten = time.monotonic()
                    self._beat()
                give_way()
        return told

    def _judged(self, told: list[Retested]) -> tuple[RetestOutcome, str]:
        """Of all places together: seen in one it is still there, and it is gone only where it is gone from all."""
        if any(place.confirmed for place in told):
            return RetestOutcome.THERE, ""
        unknown = [place for place in told if place.confirmed is None]
        if unknown or not told:
            cause = next((place.cause for place in unknown if place.cause), _("The engine did not get to it."))
            return RetestOutcome.UNKNOWN, cause
        return RetestOutcome.GONE, ""

    def _flaws(self) -> list[FoundFlaw]:
        places = FindingInstance.objects.filter(finding=self._retest.finding_id, scan_occurrence=self._scan.pk)
        return [_flaw(self._retest.finding, place) for place in places.order_by("pk").defer("response")[:MOST_PLACES]]

    def _beat(self) -> None:
        """Show that it is being carried out; end it where it may not go on. Raises _Lost, _Over."""
        if not lifecycle.renew_retest(self._retest.pk):
            raise _Lost
        allowed = lifecycle.allowed_patterns(self._analysis.pk)
        self._allowed.renew(allowed)
        if cause := lifecycle.halted():
            raise _Over(cause)
        if cause := withdrawal([(place.url, place.addresses) for place in self._places], allowed, _own()):
            raise _Over(cause)
        if _is_under_way(Analysis.objects.only("status").get(pk=self._analysis.pk)):
            raise _Over(_BEGAN)


def _flaw(finding: Finding, place: FindingInstance) -> FoundFlaw:
    return FoundFlaw(
        category=finding.category,
        severity=Severity(finding.severity),
        method=finding.method,
        url=place.url,
        parameter=finding.parameter,
        module=finding.module,
        info=place.info,
        request=place.request,
    )


def waiting() -> list[int]:
    """Those that no worker has taken, the oldest first."""
    return list(Retest.objects.filter(ended_at=None, lease_until=None).order_by("pk").values_list("pk", flat=True))


def clear_up() -> None:
    """End those that nobody carries out, and those that wait while everything is stopped."""
    now = timezone.now()
    open_ = Retest.objects.filter(ended_at=None)
    ends: dict[int, str] = dict.fromkeys(open_.filter(lease_until__lt=now).values_list("pk", flat=True), _LOST)
    in_line = open_.filter(lease_until=None)
    since = now - (KEPT if _at_work(now) else WAITS)
    ends |= dict.fromkeys(in_line.filter(asked_at__lt=since).values_list("pk", flat=True), _UNTAKEN)
    if cause := lifecycle.halted():
        ends |= dict.fromkeys(in_line.values_list("pk", flat=True), cause)
    for pk, cause in ends.items():
        lifecycle.end_retest(pk, RetestOutcome.UNKNOWN, cause)


def _at_work(now: datetime) -> bool:
    """Has a worker been at any of them lately? Then the others wait for their turn."""
    return Retest.objects.filter(lease_until__gt=now - WAITS).exists()
