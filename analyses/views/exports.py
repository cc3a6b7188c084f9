"""The findings that the results page shows, as files."""

from django.conf import settings
from django.http import Http404, HttpResponseBase
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from analyses.access import analysis_for, run_for
from analyses.exports import MOST_FINDINGS, as_csv, as_json
from analyses.finding_filters import ShownFindings, Wanted
from analyses.models import Analysis
from analyses.sarif import as_sarif
from dashboard.http import HtmxRequest, download

FORMS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "json": (as_json, "application/json"),
    "sarif": (as_sarif, "application/sarif+json"),
}


@require_safe
def export(request: HtmxRequest, pk: int, form: str) -> HttpResponseBase:
    """A file to download, written while it is sent."""
    analysis = analysis_for(request.user, pk)
    if form not in FORMS:
        raise Http404
    shown = shown_by(request, analysis)
    write, content_type = FORMS[form]
    answer = download(f"{_name(analysis, shown)}.{form}", write(shown, settings.SITE_URL), content_type)
    if shown.count > MOST_FINDINGS:
        answer.headers["X-Vedette-Left-Out"] = str(shown.count - MOST_FINDINGS)
    return answer


def shown_by(request: HtmxRequest, analysis: Analysis) -> ShownFindings:
    """What the results page shows at the same address; Http404 where nothing has run."""
    run = run_for(analysis, request.GET.get("occurrence", "")).occurrence
    if run is None:
        raise Http404("It has not run yet.")
    run.analysis = analysis
    return ShownFindings(run, Wanted.read(request.GET.dict()))


def _name(analysis: Analysis, shown: ShownFindings) -> str:
    """A file's name of plain letters, whatever the analysis is called."""
    return f"{slugify(analysis.name)[:60].strip('-') or 'analysis'}-run-{shown.run.number}-findings"
