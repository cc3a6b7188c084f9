"""The Scan Details tab: one URL's or specification's scan, its prescan, its progress, what it saw."""

from datetime import datetime
from itertools import starmap

from django.core.paginator import Page, Paginator
from django.db.models.functions import Right
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.access import analysis_for, run_for, run_of, scan_occurrence_for
from analyses.crawled_filter import METHODS, RESPONSES, crawled_by
from analyses.engines.contract import CrawledPage
from analyses.models import EngineLog, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.scan_progress import count_tested_again, elapsed, forecast, requests_a_minute
from analyses.specifications.contract import Endpoint
from analyses.specifications.coverage import coverage
from analyses.statuses import SCAN_QUEUED, ScanStatus
from analyses.timeline import timeline_of_scan
from analyses.waiting import why_waiting
from dashboard.http import HtmxRequest, has_news, no_news, render_live

PAGES = 100
LOG_LINES = 200  # of the engine's log
MOST_OF_LOG = 40_000  # characters of it
MOST_COUNTED = 20_000  # requests, at the endpoints of an API


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
    wanted, crawled = crawled_by(scan, request.GET)
    siblings = occurrence.scans.only("pk", "url", "status", "configuration", "occurrence_id")[:PAGES]
    count_tested_again([scan])
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run_of(scan, request.GET.get("occurrence", "")),
        "scan": scan,
        "siblings": siblings,
        "only_scan": scan if len(siblings) == 1 else None,
        "steps": scan.prescan_steps.without_pictures(),
        "crawled": Paginator(crawled, PAGES).get_page(request.GET.get("page")),
        "wanted": wanted,
        "methods": METHODS,
        "responses": [(word, label) for word, (label, _) in RESPONSES.items()],
        "timeline": timeline_of_scan(scan),
        "rate": requests_a_minute(scan),
        "forecast": forecast(scan),
        "elapsed": elapsed(scan),
        "endpoints": _endpoints(request, scan),
        "engine_log": _end_of_log(scan),
        "log_lines": LOG_LINES,
        "absent": absent,
        "waits": why_waiting(occurrence) if scan.status in SCAN_QUEUED | {ScanStatus.PAUSING} else "",
        "live": scan.is_live,
        "tab": "scans",
    }
    return render_live(request, "analyses/scan_details.html", version, context)


def _end_of_log(scan: ScanOccurrence) -> tuple[datetime, str] | None:
    """When the engine's log was handed over, and its last lines; None while nothing of it is kept."""
    found = EngineLog.objects.filter(scan_occurrence=scan).annotate(end=Right("text", MOST_OF_LOG))
    kept = found.values_list("updated_at", "end").first()
    return (kept[0], "\n".join(kept[1].split("\n")[-LOG_LINES - 1 :])) if kept and kept[1].strip() else None


def _endpoints(request: HtmxRequest, scan: ScanOccurrence) -> Page | None:
    """Of an API: what the scan came to at each of its endpoints. None for a URL."""
    if scan.specification is None:
        return None
    endpoints = [Endpoint(**endpoint) for endpoint in scan.specification.endpoints]
    seen = scan.crawled.values_list("method", "url", "response_status").order_by("pk")
    covered = coverage(
        scan.url, endpoints, scan.configuration["excluded_endpoints"], starmap(CrawledPage, seen[:MOST_COUNTED])
    )
    return Paginator(covered, PAGES).get_page(request.GET.get("endpoints"))
