"""The findings that the results page shows, as files, and as a report to be printed."""

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from analyses.access import analysis_for, run_for
from analyses.exports import MOST_FINDINGS, as_csv, as_json, as_sarif, findings_of
from analyses.finding_filters import ShownFindings, Wanted
from analyses.models import Analysis, Judgement
from analyses.models.scans import SCOPES
from analyses.moves import Ending
from analyses.references import references_of
from analyses.remediation import remedy_for
from dashboard.http import HtmxRequest

FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json"),
    "sarif": (as_sarif, "application/sarif+json"),
}
MOST_PRINTED = 500
MOST_SCANS = 100  # that a report lists


@require_safe
def export(request: HtmxRequest, pk: int, form: str) -> HttpResponseBase:
    """A file to download, written while it is sent."""
    analysis = analysis_for(request.user, pk)
    if form not in FORMS:
        raise Http404
    shown = _shown(request, analysis)
    write, content_type = FORMS[form]
    answer = StreamingHttpResponse(write(shown, settings.SITE_URL), content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(analysis, shown)}.{form}"'
    if shown.count > MOST_FINDINGS:
        answer.headers["X-Vedette-Left-Out"] = str(shown.count - MOST_FINDINGS)
    add_never_cache_headers(answer)
    return answer


@require_safe
def report(request: HtmxRequest, pk: int) -> HttpResponse:
    """A page to be printed, or kept as PDF by the browser."""
    analysis = analysis_for(request.user, pk)
    shown = _shown(request, analysis)
    found = list(findings_of(shown, MOST_PRINTED))
    prefetch_related_objects(found, Prefetch("judgements", Judgement.objects.order_by("-pk")[:1], to_attr="judged"))
    context = {
        "analysis": analysis,
        "occurrence": shown.run,
        "run": run_for(analysis, request.GET.get("occurrence", "")),
        "shown": shown,
        "wanted": shown.wanted,
        **_covered(shown),
        "findings": [(finding, remedy_for(finding.category), references_of(finding)) for finding in found],
        "left_out": max(0, shown.count - MOST_PRINTED),
    }
    answer = render(request, "analyses/report.html", context)
    add_never_cache_headers(answer)
    return answer


def _covered(shown: ShownFindings) -> dict[str, Any]:
    """What the run covered: its first scans, their scope, whether they ran to their end; and how long it took."""
    run = shown.run
    scans = list(run.scans.only("url", "configuration", "status", "cause", "ending", "pages")[:MOST_SCANS])
    number = run.scans.count()
    return {
        "scans": [
            {
                "row": scan,
                "scope": dict(SCOPES).get(scan.configuration.get("scope"), ""),
                "is_complete": scan.ending == Ending.COMPLETED,
            }
            for scan in scans
        ],
        "scan_count": number,
        "more_scans": number - len(scans),
        "lasted": run.ended_at - run.started_at if run.started_at and run.ended_at else None,
    }


def _shown(request: HtmxRequest, analysis: Analysis) -> ShownFindings:
    """What the results page shows at the same address; Http404 where nothing has run."""
    run = run_for(analysis, request.GET.get("occurrence", "")).occurrence
    if run is None:
        raise Http404("It has not run yet.")
    run.analysis = analysis
    return ShownFindings(run, Wanted.read(request.GET.dict()))


def _name(analysis: Analysis, shown: ShownFindings) -> str:
    """A file's name of plain letters, whatever the analysis is called."""
    return f"{slugify(analysis.name)[:60].strip('-') or 'analysis'}-run-{shown.run.number}-findings"
