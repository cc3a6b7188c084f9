"""The status reference: every status, what it means and what to do next, from the tables themselves."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analyses.statuses import ANALYSIS, SCAN
from dashboard.http import HtmxRequest


@require_safe
def statuses(request: HtmxRequest) -> HttpResponse:
    return render(
        request, "analyses/statuses.html", {"analysis_statuses": ANALYSIS.items(), "scan_statuses": SCAN.items()}
    )
