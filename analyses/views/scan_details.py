"""The Scan Details tab: one URL's or specification's scan, its prescan, its progress, what it saw."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.access import analysis_for, run_for, run_of, scan_occurrence_for
from analyses.models.secrets import SECRETS
from analyses.statuses import SCAN_QUEUED, ScanStatus
from analyses.waiting import why_waiting
from dashboard.http import HtmxRequest, has_news, no_news, render_live

PAGES = 100


@require_safe
def first_scan(request: HtmxRequest, pk: int) -> HttpResponse:
    """The tab itself: the first scan of the run, or the summary while nothing has been submitted."""
    analysis = analysis_for(request.user, pk)
    occurrence = run_for(analysis, request.GET.get("occurrence", "")).occurrence
    scan = occurrence.scans.defer(*SECRETS).first() if occurrence else None
    if scan is None:
        return redirect("analyses:summary", analysis.pk)
    return redirect("analyses:scan", analysis.pk, scan.pk)


@require_safe
def scan_details(request: HtmxRequest, pk: int, scan_pk: int) -> HttpResponse:
    scan = scan_occurrence_for(request.user, pk, scan_pk)
    occurrence = scan.occurrence
    analysis = occurrence.analysis
    absent = presence.missing()
    version = f"{analysis.version}-{len(absent)}"
    if not has_news(request, version):
        return no_news()
    crawled = scan.crawled.order_by("pk")
    wanted = request.GET.get("url", "")[:200]
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run_of(scan, request.GET.get("occurrence", "")),
        "scan": scan,
        "siblings": occurrence.scans.only("pk", "url", "status", "occurrence_id")[:PAGES],
        "steps": scan.prescan_steps.all(),
        "crawled": Paginator(crawled.filter(url__icontains=wanted) if wanted else crawled, PAGES).get_page(
            request.GET.get("page")
        ),
        "wanted": wanted,
        "absent": absent,
        "waits": why_waiting(occurrence) if scan.status in SCAN_QUEUED | {ScanStatus.PAUSING} else "",
        "live": scan.is_live,
        "tab": "scans",
    }
    return render_live(request, "analyses/scan_details.html", version, context)
