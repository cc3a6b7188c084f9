"""The summary page of an analysis: what is true of it now, its scans, and everything that happened."""

import time

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.access import actions_for, analysis_for, run_for
from analyses.actions import Action
from analyses.activity_log import log_of
from analyses.configuring import stored_scans
from analyses.forms.preview import preview_of
from analyses.history import count_findings
from analyses.models import Analysis, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.run_progress import run_progress
from analyses.scan_progress import count_tested_again
from analyses.statuses import AnalysisStatus, editing_refusal
from analyses.timeline import timeline_of
from analyses.waiting import why_waiting
from dashboard.http import HtmxRequest, has_news, no_news, render_live, wants_fragment

SCANS = 100
PLACE_SECONDS = 30  # how often a page tells the place in line anew


@require_safe
def summary(request: HtmxRequest, pk: int) -> HttpResponse:
    analysis = analysis_for(request.user, pk)
    absent = presence.missing()
    version = f"{analysis.version}-{len(absent)}-{_look_again(analysis)}"
    if not has_news(request, version):
        return no_news()
    run = run_for(analysis, request.GET.get("occurrence", ""))
    occurrence = run.occurrence
    scans = occurrence.scans.all() if occurrence else stored_scans(analysis)
    page = Paginator(scans.defer(*SECRETS), SCANS).get_page(request.GET.get("scans"))
    of_run = [scan for scan in page if isinstance(scan, ScanOccurrence)]
    count_tested_again(of_run)
    log = log_of(request.GET, analysis, run, of_run, request.GET.get("shown") if wants_fragment(request) else None)
    status = AnalysisStatus(analysis.status)
    actions = [] if run.is_past else actions_for(request.user, analysis, occurrence)
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run,
        "plan": preview_of(analysis),
        "scans": page,
        "absent": absent,
        "waits": why_waiting(occurrence) if occurrence and not run.is_past else "",
        "actions": actions,
        "may_configure_scans": (Action.CONFIGURE, "") in actions and not editing_refusal(status),
        "progress": run_progress(occurrence, of_run, are_all=page.paginator.num_pages == 1, is_latest=not run.is_past)
        if occurrence
        else None,
        "timeline": timeline_of(occurrence) if occurrence else None,
        "live": not run.is_past
        and not log.is_older
        and (analysis.is_live or bool(occurrence and not occurrence.ended_at)),
        "tab": "summary",
        "log": log,
    }
    if run.is_past and occurrence:
        count_findings([occurrence])
    return render_live(request, "analyses/summary.html", version, context, shown=str(log.seen))


def _look_again(analysis: Analysis) -> int:
    """A number that changes now and then while an analysis is queued: nothing of it changes, its place in line does."""
    return int(time.time() // PLACE_SECONDS) if analysis.status == AnalysisStatus.QUEUED else 0
