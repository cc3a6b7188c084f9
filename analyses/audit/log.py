"""Does the activity log tell how everything came to be where it is?"""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import Lag
from django.utils import timezone

from analyses.audit.reading import CLOCKS, in_batches
from analyses.models import Activity, Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.moves import ANALYSIS_MOVES, SCAN_MOVES
from analyses.statuses import AnalysisStatus, ScanStatus, logged

_ANALYSIS_LABELS = {logged(status): status for status in AnalysisStatus}
_SCAN_LABELS = {logged(status): status for status in ScanStatus}
_SOME = 100  # analyses whose statuses are kept in mind at the same time


def the_log_tells_every_status() -> Iterator[str]:
    """Read from its first entry on, the log arrives at every stored status, by moves that are allowed."""
    for batch in in_batches(Analysis.objects.order_by("pk").values_list("pk", flat=True).iterator(), _SOME):
        yield from _Folded(batch).breaches()


class _Folded:
    """The log of some analyses, read from its first entry on."""

    def __init__(self, analyses: list[int]):
        self._analyses = analyses
        self._shown: dict[int, str] = {}  # by analysis
        self._runs: dict[int, str] = {}
        self._scans: dict[int, str] = {}

    def breaches(self) -> Iterator[str]:
        entries = Activity.objects.filter(analysis__in=self._analyses).exclude(new_status="")
        for entry in entries.order_by("analysis", "pk").iterator():
            wrong = self._scan_step(entry) if entry.scan_occurrence_id else self._run_step(entry)
            if wrong:
                yield f"entry {entry.pk}: {wrong}"
        runs = AnalysisOccurrence.objects.filter(analysis__in=self._analyses)
        yield from _compared("run", self._runs, runs, AnalysisStatus)
        scans = ScanOccurrence.objects.filter(occurrence__analysis__in=self._analyses).order_by()
        yield from _compared("scan", self._scans, scans, ScanStatus)

    def _run_step(self, entry: Activity) -> str:
        """Take in a step of a run; answers what is wrong with it. Between two runs the first one's status stays."""
        before = self._shown.get(entry.analysis_id, "")
        self._shown[entry.analysis_id] = entry.new_status
        if entry.occurrence_id is None:  # the analysis was made
            return "" if entry.new_status == logged(AnalysisStatus.SAVED) else "a status without a run"
        if entry.occurrence_id not in self._runs and entry.new_status != logged(AnalysisStatus.SUBMITTED):
            return f"run {entry.occurrence_id} begins as {entry.new_status}"
        self._runs[entry.occurrence_id] = entry.new_status
        if entry.old_status != (before or logged(AnalysisStatus.SAVED)):
            return f"run {entry.occurrence_id} leaves {entry.old_status}, and was {before or 'not there'}"
        old, new = _ANALYSIS_LABELS.get(entry.old_status), _ANALYSIS_LABELS.get(entry.new_status)
        if old is None or new not in ANALYSIS_MOVES[old]:
            return f"run {entry.occurrence_id} went from {entry.old_status} to {entry.new_status}, which is no move"
        return ""

    def _scan_step(self, entry: Activity) -> str:
        assert entry.scan_occurrence_id  # noqa: S101 - the caller has looked
        scan = entry.scan_occurrence_id
        before = self._scans.get(scan, "")
        self._scans[scan] = entry.new_status
        if entry.old_status != before:
            return f"scan {scan} leaves {entry.old_status or 'nothing'}, and was {before or 'not there'}"
        if not before:
            begins = entry.new_status == logged(ScanStatus.SUBMITTED)
            return "" if begins else f"scan {scan} begins as {entry.new_status}"
        old, new = _SCAN_LABELS.get(before), _SCAN_LABELS.get(entry.new_status)
        if old is None or new not in SCAN_MOVES.get(old, ()):
            return f"scan {scan} went from {before} to {entry.new_status}, which is no move"
        return ""


def _compared(what: str, told: dict[int, str], rows: Any, statuses: Any) -> Iterator[str]:
    for pk, status in rows.values_list("pk", "status").iterator():
        stored = logged(statuses(status))
        if told.get(pk) != stored:
            yield f"{what} {pk} is {stored}, the log says {told.get(pk, 'nothing')}"


def the_log_is_in_order() -> Iterator[str]:
    """Entries of a run follow each other in time, none before its submission and none in the future."""
    of_runs = Activity.objects.exclude(occurrence=None).annotate(
        before=Window(Lag("at"), partition_by="occurrence", order_by="pk")
    )
    earlier = of_runs.filter(at__lt=F("before")).values_list("pk", "at", "before")
    for pk, at, before in earlier.iterator():
        if before - at > CLOCKS:
            yield f"entry {pk} is {(before - at).total_seconds():.0f} s earlier than the one before it"
    early = Activity.objects.filter(at__lt=F("occurrence__submitted_at"))
    for pk, at, submitted in early.values_list("pk", "at", "occurrence__submitted_at").iterator():
        if submitted - at > CLOCKS:
            yield f"entry {pk} is earlier than the submission of its run"
    for pk in Activity.objects.filter(at__gt=timezone.now() + CLOCKS).values_list("pk", flat=True).iterator():
        yield f"entry {pk} lies in the future"
