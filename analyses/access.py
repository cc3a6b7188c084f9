"""Who may see and do what: one guarded getter per object. What is missing and what is forbidden look the same."""

from django.http import Http404

from analyses.models import Analysis, AnalysisOccurrence, Pause, ScanOccurrence
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


def scan_occurrence_for(user: Person, analysis_pk: int, pk: int) -> ScanOccurrence:
    """One scan of one run, if the user may see its analysis; else Http404."""
    scans = ScanOccurrence.objects.select_related("occurrence__analysis__owner").filter(
        occurrence__analysis__in=Analysis.objects.visible_to(user).filter(pk=analysis_pk)
    )
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
