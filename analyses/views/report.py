"""The findings that the results page shows, as a report to be printed, or kept as PDF by the browser."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from analyses.access import analysis_for, run_for
from analyses.references import references_of
from analyses.remediation import remedy_for
from analyses.report import by_category, covered, printed
from analyses.trend import trend_until
from analyses.views.exports import shown_by
from analyses.views.results import EXPORT_FORMS
from dashboard.http import HtmxRequest

WITHOUT = "none"  # in the address: the report is for somebody who is not to read what a site answered


@require_safe
def report(request: HtmxRequest, pk: int) -> HttpResponse:
    """With requests and responses, or with `?evidence=none` without them."""
    analysis = analysis_for(request.user, pk)
    shown = shown_by(request, analysis)
    with_evidence = request.GET.get("evidence") != WITHOUT
    found = printed(shown, with_evidence=with_evidence)
    context = {
        "analysis": analysis,
        "occurrence": shown.run,
        "run": run_for(analysis, request.GET.get("occurrence", "")),
        "shown": shown,
        "wanted": shown.wanted,
        **covered(shown),
        "categories": by_category(shown, found),
        "trend": trend_until(shown.run),
        "findings": [(finding, remedy_for(finding.category), references_of(finding)) for finding in found],
        "left_out": shown.count - len(found),
        "with_evidence": with_evidence,
        "without": WITHOUT,
        "without_room": sum(finding.lacks_room for finding in found),
        "export_forms": EXPORT_FORMS,
        "site": settings.SITE_URL,
        "written_at": timezone.now(),
    }
    answer = render(request, "analyses/report.html", context)
    add_never_cache_headers(answer)
    return answer
