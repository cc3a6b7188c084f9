"""What may be asked of each analysis of a list: the answers of access.actions_for, for all rows in two queries."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Max, OuterRef, Subquery

from analyses.access import actions_in
from analyses.actions import Action, Situation
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.statuses import SCAN_LIVE, AnalysisStatus

Choices = list[tuple[Action, str]]


def actions_for_each(user: User, analyses: Sequence[Analysis]) -> list[tuple[Analysis, Choices]]:
    """Each analysis with every action, and why it is not possible now for this person, or an empty text."""
    situations = _situations(analyses)
    return [(analysis, _choices(user, analysis, situations.get(analysis.pk))) for analysis in analyses]


def _choices(user: User, analysis: Analysis, situation: Situation | None) -> Choices:
    return actions_in(user, analysis, situation or Situation(repeats=analysis.next_start is not None))


def _situations(analyses: Sequence[Analysis]) -> dict[int, Situation]:
    """What decides beside the status, by the analysis's number; those that have no run now are not among them."""
    submitted = {analysis.pk: analysis for analysis in analyses if analysis.status != AnalysisStatus.SAVED}
    last = AnalysisOccurrence.objects.filter(analysis=OuterRef("analysis")).order_by().values("analysis")
    latest = AnalysisOccurrence.objects.filter(
        analysis__in=submitted, number=Subquery(last.annotate(last=Max("number")).values("last"))
    ).defer("configuration")
    occurrences = list(latest)
    held = _held(occurrences)
    for occurrence in occurrences:
        occurrence.analysis = submitted[occurrence.analysis_id]
    return {one.analysis_id: one.situation_when(held=one.pk in held) for one in occurrences}


def _held(occurrences: list[AnalysisOccurrence]) -> set[int]:
    candidates = {occurrence.pk for occurrence in occurrences if occurrence.may_be_held}
    if not candidates:
        return set()
    at_work = ScanOccurrence.objects.filter(occurrence__in=candidates, status__in=SCAN_LIVE, ended_at=None)
    return candidates - set(at_work.order_by().values_list("occurrence", flat=True))
