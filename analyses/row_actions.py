"""What may be asked of each analysis of a list: the answers of access.actions_for, for all rows in one query."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Max, OuterRef, Subquery

from analyses.access import actions_in
from analyses.actions import Action, Situation
from analyses.models import Analysis, AnalysisOccurrence
from analyses.statuses import AnalysisStatus

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
    latest = (
        AnalysisOccurrence.objects.filter(
            analysis__in=submitted, number=Subquery(last.annotate(last=Max("number")).values("last"))
        )
        .select_related("deletion")
        .defer("configuration")
    )
    occurrences = list(latest)
    for occurrence in occurrences:
        occurrence.analysis = submitted[occurrence.analysis_id]
    return {one.analysis_id: one.situation_when(held=one.analysis.held) for one in occurrences}
