"""Findings: what stands open over all analyses that a person may see."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analyses.all_findings import FindingFilter, Pages, standing
from analyses.all_findings_files import as_csv, as_json
from dashboard.http import HtmxRequest, download

FORMS = {"csv": (as_csv, "text/csv; charset=utf-8"), "json": (as_json, "application/json")}


@require_safe
@never_cache
def findings(request: HtmxRequest) -> HttpResponse:
    """What the latest published runs found, the worst first; those that are settled when they are asked for."""
    chosen = FindingFilter(request.GET, standing(request.user))
    page = Pages(chosen.qs).get_page(request.GET.get("page"))
    return render(request, "analyses/findings.html", {"filter": chosen, "page": page})


@require_safe
def findings_file(request: HtmxRequest, form: str) -> HttpResponseBase:
    """What the page lists at the same address, on all its pages, as a file that is written while it is sent."""
    if form not in FORMS:
        raise Http404
    write, content_type = FORMS[form]
    chosen = FindingFilter(request.GET, standing(request.user))
    zone = timezone.get_current_timezone()  # the reader's: the file is written after the request
    return download(f"findings.{form}", write(chosen.qs, settings.SITE_URL, zone), content_type)
