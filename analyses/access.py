"""Who may see and do what: one guarded getter per object. What is missing and what is forbidden look the same."""

from dataclasses import dataclass

from django.db.models import Max
from django.http import Http404

from analyses.models import Analysis, AnalysisOccurrence, Pause, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.statuses import Action, AnalysisStatus, refusal
from dashboard.http import Person


def analysis_for(user: Person, pk: int) -> Analysis:
    """The analysis, if the user may see it; else Http404."""
    try:
        return Analysis.objects.visible_to(user).select_related("owner").get(pk=pk)
    except Analysis.DoesNotExist as error:
        raise Http404("No such analysis.") from error


def latest_occurrence(analysis: Analysis) -> AnalysisOccurrence | None:
    """The run whose status the analysis shows; None while it has not been submitted or was withdrawn."""
    if analysis.status == AnalysisStatus.SAVED:
        return None
    return analysis.occurrences.order_by("-number").first()


@dataclass(frozen=True)
class ShownRun:
    """The run a page shows: the latest, or an earlier one; `last` then is the number of the latest."""

    occurrence: AnalysisOccurrence | None
    last: int = 0

    @property
    def is_past(self) -> bool:
        return bool(self.last)

    @property
    def query(self) -> str:
        """What an address needs to stay with an earlier run; `more` where something stands before it."""
        return f"?{self.more[1:]}" if self.more else ""

    @property
    def more(self) -> str:
        return f"&occurrence={self.occurrence.number}" if self.occurrence and self.is_past else ""


def run_for(analysis: Analysis, wanted: str) -> ShownRun:
    """The run with the wanted number, or the latest when none is wanted; Http404 when there is no such run."""
    latest = latest_occurrence(analysis)
    if not wanted:
        return ShownRun(latest)
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else 0
    try:
        occurrence = analysis.occurrences.select_related("requested_by").get(number=number)
    except AnalysisOccurrence.DoesNotExist as error:
        raise Http404("No such run.") from error
    return ShownRun(latest) if occurrence == latest else ShownRun(occurrence, _last_number(analysis))


def run_of(scan: ScanOccurrence, wanted: str) -> ShownRun:
    """The run that a scan belongs to; Http404 when another one is wanted."""
    occurrence = scan.occurrence
    if wanted not in ("", str(occurrence.number)):
        raise Http404("No such scan in this run.")
    last = _last_number(occurrence.analysis)
    withdrawn = occurrence.analysis.status == AnalysisStatus.SAVED
    return ShownRun(occurrence, last if withdrawn or occurrence.number != last else 0)


def _last_number(analysis: Analysis) -> int:
    return analysis.occurrences.aggregate(last=Max("number"))["last"] or 0


def scan_occurrence_for(user: Person, analysis_pk: int, pk: int) -> ScanOccurrence:
    """One scan of one run, if the user may see its analysis; else Http404."""
    scans = ScanOccurrence.objects.select_related("occurrence__analysis__owner").defer(*SECRETS)
    scans = scans.filter(occurrence__analysis__in=Analysis.objects.visible_to(user).filter(pk=analysis_pk))
    try:
        return scans.get(pk=pk)
    except ScanOccurrence.DoesNotExist as error:
        raise Http404("No such scan.") from error


def actions_for(analysis: Analysis, occurrence: AnalysisOccurrence | None) -> list[tuple[Action, str]]:
    """Every action with why it is not possible now, or an empty text where it is."""
    paused = occurrence is not None and occurrence.pause == Pause.USER
    repeats = analysis.next_start is not None
    status = AnalysisStatus(analysis.status)
    return [(action, refusal(action, status, paused=paused, repeats=repeats)) for action in Action]
