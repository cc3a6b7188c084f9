"""The History tab: every run of an analysis, newest first. Each leads to what it was, read-only."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analyses.access import ShownRun, analysis_for, latest_occurrence
from analyses.history import count_findings, course_of, runs_of
from analyses.statuses import AnalysisStatus
from dashboard.http import HtmxRequest, has_news, no_news, render_live

RUNS = 25


@require_safe
def history(request: HtmxRequest, pk: int) -> HttpResponse:
    analysis = analysis_for(request.user, pk)
    version = str(analysis.version)
    if not has_news(request, version):
        return no_news()
    page = Paginator(runs_of(analysis), RUNS).get_page(request.GET.get("page"))
    runs = list(page)
    count_findings(runs)
    now = timezone.now()
    latest = latest_occurrence(analysis)
    context = {
        "analysis": analysis,
        "occurrence": latest,
        "run": ShownRun(latest),
        "page": page,
        "runs": [(run, (run.ended_at or now) - run.started_at if run.started_at else None) for run in runs],
        "course": course_of(runs),
        "withdrawn": AnalysisStatus.SAVED,
        "live": analysis.is_live and page.number == 1,  # nothing changes on further pages, and nothing moves
        "tab": "history",
    }
    return render_live(request, "analyses/history.html", version, context)
