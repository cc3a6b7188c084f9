"""The activity log that the summary shows, as files."""

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from analyses.access import analysis_for, run_for
from analyses.activity_files import about, as_csv, as_json
from analyses.activity_log import Wanted
from dashboard.http import HtmxRequest, download

FORMS = {"csv": (as_csv, "text/csv; charset=utf-8"), "json": (as_json, "application/json")}


@require_safe
def log_file(request: HtmxRequest, pk: int, form: str) -> HttpResponseBase:
    """The whole log as the summary narrows it at the same parameters, to download."""
    analysis = analysis_for(request.user, pk)
    if form not in FORMS:
        raise Http404("There is no such form of it.")
    run = run_for(analysis, request.GET.get("occurrence", ""))
    wanted = Wanted.read(request.GET, run)
    write, content_type = FORMS[form]
    lines = write(wanted.entries(analysis, run), wanted.zone, about(analysis, wanted))  # the zone of the request, now
    return download(f"analysis-{analysis.pk}-activity.{form}", lines, content_type)
