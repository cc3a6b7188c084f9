"""The runs of an analysis with their numbers, for pages: in a few queries, however many they are."""

from collections.abc import Collection

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from analyses.models import Analysis, AnalysisOccurrence, FindingInstance
from analyses.models.configuration import SEVERITY_FIELDS
from analyses.sparkline import Sparkline
from analyses.statuses import ANALYSIS_PUBLISHED, SCAN_PROBLEM


def runs_of(analysis: Analysis) -> QuerySet[AnalysisOccurrence]:
    """All runs, newest first, each with how many scans it has and how many of them with problems."""
    return (
        analysis.occurrences.select_related("requested_by")
        .annotate(scan_count=Count("scans"), problem_count=Count("scans", filter=Q(scans__status__in=SCAN_PROBLEM)))
        .order_by("-number")
    )


def count_findings(runs: Collection[AnalysisOccurrence]) -> None:
    """Give each run the numbers of its distinct findings by severity, as an analysis has them."""
    found = FindingInstance.objects.filter(scan_occurrence__occurrence__in=[run.pk for run in runs])
    numbers = found.values_list("scan_occurrence__occurrence", "finding__severity").annotate(
        number=Count("finding", distinct=True)
    )
    counts = {(run, f"{severity}_count"): number for run, severity, number in numbers}
    for run in runs:
        for name in SEVERITY_FIELDS:
            setattr(run, name, counts.get((run.pk, name), 0))


def course_of(runs: Collection[AnalysisOccurrence]) -> Sparkline | None:
    """How the findings of counted runs, newest first, went; None where fewer than two of them are published."""
    published = [run for run in runs if run.status in ANALYSIS_PUBLISHED]
    values = tuple(sum(getattr(run, name) for name in SEVERITY_FIELDS) for run in reversed(published))
    return Sparkline(_("Findings of these runs"), values) if len(values) > 1 else None
