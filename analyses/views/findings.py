"""Findings: what stands open over all analyses that a person may see."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analyses.all_findings import FindingFilter, Pages, standing
from dashboard.http import HtmxRequest


@require_safe
@never_cache
def findings(request: HtmxRequest) -> HttpResponse:
    """What the latest published runs found, the worst first; those that are settled when they are asked for."""
    chosen = FindingFilter(request.GET, standing(request.user))
    page = Pages(chosen.qs).get_page(request.GET.get("page"))
    return render(request, "analyses/findings.html", {"filter": chosen, "page": page})
