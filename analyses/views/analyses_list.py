"""All Dynamic Analysis Scans: the list."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.filters import NEEDS_ATTENTION, PAGE_SIZES, AnalysisFilter, sorted_by
from analyses.models import Analysis, ScanOccurrence
from analyses.statuses import ANALYSIS_LIVE, ANALYSIS_PUBLISHED, Group, analysis_in
from dashboard.http import HtmxRequest, has_news, no_news, render_live


@require_safe
def analyses_list(request: HtmxRequest) -> HttpResponse:
    visible = Analysis.objects.visible_to(request.user)
    figures = _figures(visible)
    newest = figures["newest"]
    absent = presence.missing()
    # Not the newest alone: what is committed later may be the earlier one, and clocks are put back.
    version = f"{newest.timestamp():.6f}-{figures['changes']}-{figures['total']}-{len(absent)}" if newest else "0"
    if not has_news(request, version):
        return no_news()
    counts = dict(visible.order_by().values_list("status").annotate(number=Count("pk")))
    chosen = AnalysisFilter(request.GET, visible.select_related("owner"), request=request, counts=counts)
    context = {
        "filter": chosen,
        "page": _page(request, chosen.qs),
        "sort": request.GET.get("sort", ""),
        "page_sizes": PAGE_SIZES,
        "strip": _strip(figures, counts),
        "live": any(status in ANALYSIS_LIVE for status in counts),
        "absent": absent,
        "is_first_run": not figures["total"],
    }
    return render_live(request, "analyses/analyses_list.html", version, context)


def _figures(visible: QuerySet[Analysis]) -> dict[str, Any]:
    last_week = timezone.now() - timedelta(days=7)
    return visible.aggregate(
        total=Count("pk"),
        newest=Max("changed_at"),
        changes=Sum("version"),
        attention=Count("pk", filter=Q(status__in=NEEDS_ATTENTION) | Q(problem_count__gt=0)),
        published=Count("pk", filter=Q(status__in=ANALYSIS_PUBLISHED, ended_at__gte=last_week)),
    )


def _strip(figures: dict[str, Any], counts: dict[str, int]) -> dict[str, int]:
    """What is going on at a glance."""
    waiting = analysis_in(Group.WAITING)
    return {
        "running": sum(number for status, number in counts.items() if status in ANALYSIS_LIVE - waiting),
        "waiting": sum(number for status, number in counts.items() if status in waiting),
        "attention": figures["attention"],
        "published": figures["published"],
        "slots_taken": ScanOccurrence.objects.exclude(slot=None).count(),
        "slots": settings.SCAN_CAPACITY,
    }


def _page(request: HtmxRequest, analyses: QuerySet[Analysis]) -> Page:
    wanted = request.GET.get("size", "")
    size = int(wanted) if wanted in map(str, PAGE_SIZES) else PAGE_SIZES[0]
    ordered = sorted_by(analyses, request.GET.get("sort", ""))
    return Paginator(ordered, size).get_page(request.GET.get("page"))
