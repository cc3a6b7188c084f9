"""Do the statuses agree with each other, and with what they imply?"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from analyses import moves
from analyses.audit.reading import in_batches
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.statuses import (
    ANALYSIS_FINAL,
    ANALYSIS_PUBLISHED,
    SCAN_LIVE,
    SCAN_PUBLISHED,
    SCAN_VERIFYING,
    AnalysisStatus,
    Group,
    ScanStatus,
    analysis_in,
)

_ENDED = ANALYSIS_FINAL | {AnalysisStatus.SAVED}  # withdrawn from its schedule
# Until the prescan is over a run is where its own verbs put it.
_BEFORE = frozenset({AnalysisStatus.SUBMITTED, AnalysisStatus.SCHEDULED, AnalysisStatus.PRESCANNING})


def an_analysis_shows_its_latest_run() -> Iterator[str]:
    """An analysis shows the status of its latest run, and Saved for Later before its first."""
    latest = AnalysisOccurrence.objects.filter(analysis=OuterRef("pk")).order_by("-number").values("status")[:1]
    shown = Analysis.objects.annotate(latest=Coalesce(Subquery(latest), Value(AnalysisStatus.SAVED.value)))
    for pk, status, wanted in shown.exclude(status=F("latest")).values_list("pk", "status", "latest").iterator():
        yield f"analysis {pk} shows {AnalysisStatus(status).label}, its latest run is {AnalysisStatus(wanted).label}"


def what_waits_for_review_says_so() -> Iterator[str]:
    """An analysis waits for review exactly when everything of its latest run is verified and held."""
    may_wait = Analysis.objects.filter(Q(held=True) | Q(status__in=analysis_in(Group.VERIFYING)))
    for batch in in_batches(may_wait.order_by("pk").values_list("pk", "held").iterator()):
        says = dict(batch)
        runs = AnalysisOccurrence.objects.filter(analysis__in=says).order_by("analysis", "number")
        latest = {run.analysis_id: run for run in runs.defer("configuration")}
        for pk, held in says.items():
            if held != (pk in latest and latest[pk].is_held):
                yield f"analysis {pk} {'says' if held else 'does not say'} that it waits for review"


def a_run_follows_from_its_scans() -> Iterator[str]:
    """A run has the status that follows from its scans', and has ended exactly when none of them is live."""
    runs = AnalysisOccurrence.objects.order_by("pk").values_list("pk", "status", "stop", "ended_at").iterator()
    for batch in in_batches(runs):
        distinct = ScanOccurrence.objects.filter(occurrence__in=[pk for pk, *_ in batch]).order_by("occurrence")
        rows = distinct.values_list("occurrence", "status").distinct()
        scans = {pk: {ScanStatus(s) for _, s in group} for pk, group in groupby(rows, itemgetter(0))}
        for pk, status, stop, ended_at in batch:
            for wrong in _disagreements(AnalysisStatus(status), scans.get(pk, set()), moves.Stop(stop), ended_at):
                yield f"run {pk} is {AnalysisStatus(status).label}, but {wrong}"


def _disagreements(status: AnalysisStatus, scans: set[ScanStatus], stop: moves.Stop, ended_at: object) -> Iterator[str]:
    live, published = scans & SCAN_LIVE, scans & SCAN_PUBLISHED
    ended = status in _ENDED and not live
    if ended != (ended_at is not None):
        yield "has no end" if ended else "has an end already"
    if status not in _ENDED | _BEFORE and moves.overall(status, scans, stop) is not status:
        yield f"its scans say {moves.overall(status, scans, stop).label}"
    if status in _ENDED and live and status is not AnalysisStatus.STOPPED_DELETING:
        yield f"has a scan that is {min(live).label}"
    if status in ANALYSIS_PUBLISHED and not published:
        yield "no scan of it is published"
    if status in _ENDED - ANALYSIS_PUBLISHED and (with_results := published | scans & SCAN_VERIFYING):
        yield f"has a scan that is {min(with_results).label}"


def secrets_end_with_their_scan() -> Iterator[str]:
    """Passwords, tokens, certificates and scripts are erased from a run when the scan that needed them has ended."""
    over = ScanOccurrence.objects.exclude(status__in=SCAN_LIVE)
    for name in SECRETS:
        for pk in over.exclude(**{name: ""}).values_list("pk", flat=True).iterator():
            yield f"scan {pk} has ended and still has its {name.replace('_', ' ')}"
