"""Does everything that was begun come to an end?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils import timezone

from analyses.audit.reading import NOTICED
from analyses.models import Activity, Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_STOPPING, SCAN_VERIFYING, AnalysisStatus, ScanStatus, logged

STOPPING = timedelta(seconds=120)  # an engine that is ended, and what it found being stored
SIGN_IN = timedelta(seconds=30)


def every_run_comes_to_an_end() -> Iterator[str]:
    """Every run that was submitted has ended, is within the time that its status may take, or waits for a reviewer."""
    now = timezone.now()
    taken_by = now - timedelta(seconds=settings.SUBMIT_SECONDS) - NOTICED
    left = Q(prescan_lease=None) | Q(prescan_lease__lt=now - NOTICED)
    yield from _late(Q(status=AnalysisStatus.SUBMITTED, submitted_at__lt=taken_by), "no worker took it")
    yield from _late(Q(status=AnalysisStatus.SCHEDULED, start_at__lt=taken_by), "its start has passed")
    yield from _late(Q(left, status=AnalysisStatus.PRESCANNING), "its prescan was left by its worker")
    yield from _late(
        Q(status__in=PAUSABLE | {AnalysisStatus.DURATION_ENDED_PARTIAL}, deadline__lt=now - STOPPING - NOTICED),
        "its duration is over",
    )
    lost = settings.SCAN_ATTEMPTS * NOTICED
    verifying = settings.SCAN_ATTEMPTS * (timedelta(seconds=settings.VERIFY_SECONDS) + SIGN_IN)
    for status in SCAN_STOPPING:
        yield from _lingering(status, now - STOPPING - lost)
    for status in SCAN_VERIFYING:
        yield from _lingering(status, now - verifying - lost)


def _late(which: Q, why: str) -> Iterator[str]:
    for pk, analysis, status in AnalysisOccurrence.objects.filter(which).values_list("pk", "analysis", "status"):
        yield f"run {pk} of analysis {analysis} is still {AnalysisStatus(status).label}: {why}"


def _lingering(status: ScanStatus, limit: datetime) -> Iterator[str]:
    """Scans that have been in this status since before `limit`, as the log tells."""
    entered = Activity.objects.filter(scan_occurrence=OuterRef("pk"), new_status=logged(status)).order_by("-pk")
    scans = ScanOccurrence.objects.filter(status=status, ended_at=None)  # ended: its results wait for a reviewer
    scans = scans.annotate(since=Subquery(entered.values("at")[:1]))
    for pk, since in scans.filter(since__lt=limit).values_list("pk", "since"):
        yield f"scan {pk} has been {status.label} since {since:%Y-%m-%d %H:%M:%S}"


def every_time_of_a_schedule_runs_once() -> Iterator[str]:
    """A time of a schedule makes one run, and makes it when it has come."""
    timed = AnalysisOccurrence.objects.exclude(nominal_at=None).order_by()
    twice = timed.values("analysis", "nominal_at").annotate(runs=Count("pk")).filter(runs__gt=1)
    for row in twice.iterator():
        yield f"analysis {row['analysis']} ran {row['runs']} times for {row['nominal_at']:%Y-%m-%d %H:%M}"
    limit = timezone.now() - timedelta(seconds=settings.SUBMIT_SECONDS) - NOTICED
    for pk, due in Analysis.objects.filter(next_start__lt=limit).values_list("pk", "next_start"):
        yield f"analysis {pk} was to start at {due:%Y-%m-%d %H:%M} and has not"
    early = AnalysisOccurrence.objects.filter(nominal_at__gt=F("submitted_at") + NOTICED, start_at=None)
    for pk, nominal in early.values_list("pk", "nominal_at"):
        yield f"run {pk} was made before its time, {nominal:%Y-%m-%d %H:%M}"
