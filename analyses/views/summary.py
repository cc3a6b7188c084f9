"""The summary page of an analysis: what is true of it now, its scans, and everything that happened."""

import time

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.access import ShownRun, actions_for, analysis_for, run_for
from analyses.forms.preview import preview_of
from analyses.history import count_findings
from analyses.models import Activity, Analysis
from analyses.models.secrets import SECRETS
from analyses.statuses import AnalysisStatus
from analyses.waiting import why_waiting
from dashboard.http import HtmxRequest, has_news, no_news, render_live

ENTRIES = 50
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
    scans = occurrence.scans.all() if occurrence else analysis.scans.all()
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run,
        "plan": preview_of(analysis),
        "scans": Paginator(scans.defer(*SECRETS), SCANS).get_page(request.GET.get("scans")),
        "absent": absent,
        "waits": why_waiting(occurrence) if occurrence and not run.is_past else "",
        "actions": [] if run.is_past else actions_for(analysis, occurrence),
        "live": not run.is_past and (analysis.is_live or bool(occurrence and not occurrence.ended_at)),
        "tab": "summary",
        **_log(request, analysis, run),
    }
    if run.is_past and occurrence:
        count_findings([occurrence])
    return render_live(request, "analyses/summary.html", version, context)


def _look_again(analysis: Analysis) -> int:
    """A number that changes now and then while an analysis is queued: nothing of it changes, its place in line does."""
    return int(time.time() // PLACE_SECONDS) if analysis.status == AnalysisStatus.QUEUED else 0


def _log(request: HtmxRequest, analysis: Analysis, run: ShownRun) -> dict:
    """One page of the activity log, newest first; `?before=` continues it, `?scan=` shows one scan's.

    Of an earlier run, what belongs to it.
    """
    entries = Activity.objects.filter(analysis=analysis).order_by("-pk")
    if run.is_past:
        entries = entries.filter(occurrence=run.occurrence)
    before, scan = request.GET.get("before", ""), request.GET.get("scan", "")
    if scan.isdecimal():
        entries = entries.filter(scan_occurrence=int(scan[:18]))
    if before.isdecimal():
        entries = entries.filter(pk__lt=int(before[:18]))
    shown = list(entries[: ENTRIES + 1])
    more = shown[ENTRIES - 1].pk if len(shown) > ENTRIES else None
    return {"entries": shown[:ENTRIES], "older_than": more, "log_is_older": bool(before), "log_scan": scan}
