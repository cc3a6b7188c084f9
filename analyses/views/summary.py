"""The summary page of an analysis: what is true of it now, its scans, and everything that happened."""

import time

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.access import actions_for, analysis_for, latest_occurrence
from analyses.models import Activity, Analysis
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
    occurrence = latest_occurrence(analysis)
    scans = occurrence.scans.all() if occurrence else analysis.scans.all()
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "scans": Paginator(scans, SCANS).get_page(request.GET.get("scans")),
        "absent": absent,
        "waits": why_waiting(occurrence) if occurrence else "",
        "actions": actions_for(analysis, occurrence),
        "live": analysis.is_live or bool(occurrence and not occurrence.ended_at),
        "tab": "summary",
        **_log(request, analysis),
    }
    return render_live(request, "analyses/summary.html", version, context)


def _look_again(analysis: Analysis) -> int:
    """A number that changes now and then while an analysis is queued: nothing of it changes, its place in line does."""
    return int(time.time() // PLACE_SECONDS) if analysis.status == AnalysisStatus.QUEUED else 0


def _log(request: HtmxRequest, analysis: Analysis) -> dict:
    """One page of the activity log, newest first; `?before=` continues it, `?scan=` shows one scan's."""
    entries = Activity.objects.filter(analysis=analysis).order_by("-pk")
    before, scan = request.GET.get("before", ""), request.GET.get("scan", "")
    if scan.isdecimal():
        entries = entries.filter(scan_occurrence=int(scan[:18]))
    if before.isdecimal():
        entries = entries.filter(pk__lt=int(before[:18]))
    shown = list(entries[: ENTRIES + 1])
    more = shown[ENTRIES - 1].pk if len(shown) > ENTRIES else None
    return {"entries": shown[:ENTRIES], "older_than": more, "log_is_older": bool(before), "log_scan": scan}
