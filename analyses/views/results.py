"""The results of an analysis: every distinct flaw of its latest run, with its evidence as text."""

from collections import Counter
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analyses.access import analysis_for, run_for
from analyses.engines.contract import Severity
from analyses.models import AnalysisOccurrence, Finding, FindingInstance
from analyses.remediation import remedy_for
from dashboard.http import HtmxRequest, has_news, no_news, render_live

FINDINGS = 25
PLACES = 3  # of each finding, unless one is asked for
ALL_PLACES = 200


@require_safe
def results(request: HtmxRequest, pk: int) -> HttpResponse:
    """All findings, or with `?finding=` one of them in all its places."""
    analysis = analysis_for(request.user, pk)
    version = str(analysis.version)
    if not has_news(request, version):
        return no_news()
    run = run_for(analysis, request.GET.get("occurrence", ""))
    occurrence = run.occurrence
    context: dict[str, Any] = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run,
        "live": analysis.is_live and not run.is_past,
        "tab": "results",
        "severities": [],
        "page": None,
    }
    if occurrence:
        context |= _findings(request, occurrence)
    return render_live(request, "analyses/results.html", version, context)


def _findings(request: HtmxRequest, occurrence: AnalysisOccurrence) -> dict[str, Any]:
    here = FindingInstance.objects.filter(scan_occurrence__occurrence=occurrence)
    found = Finding.objects.filter(pk__in=here.values("finding"))
    counts = Counter(dict(found.order_by().values_list("severity").annotate(number=Count("pk"))))
    severity, one = request.GET.get("severity", ""), request.GET.get("finding", "")
    if severity in list(Severity):
        found = found.filter(severity=severity)
    if one.isdecimal():
        found = found.filter(pk=int(one[:18]))
    page = Paginator(_with_places(found, here, ALL_PLACES if one else PLACES), FINDINGS).get_page(
        request.GET.get("page")
    )
    return {
        "severities": [(severity, counts[severity]) for severity in Severity],
        "total": counts.total(),
        "chosen": severity,
        "one": one,
        "page": page,
        "findings": [(finding, remedy_for(finding.category)) for finding in page],
    }


def _with_places(found: QuerySet[Finding], here: QuerySet[FindingInstance], places: int) -> QuerySet[Finding]:
    """The findings in the order they should be read, each with the first `places` instances of this run."""
    return (
        found.annotate(place_count=Count("instances", filter=Q(instances__in=here)))
        .prefetch_related(Prefetch("instances", here.order_by("pk")[:places], to_attr="places"))
        .order_by("severity_rank", "category", "path", "parameter", "pk")
    )
