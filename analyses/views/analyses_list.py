"""All Dynamic Analysis Scans: the list."""

import json
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.filters import NEEDS_ATTENTION, AnalysisFilter, grouped_choices, teams_of
from analyses.first_steps import first_steps
from analyses.last_looks import changes_for
from analyses.models import Analysis, SavedView, ScanOccurrence
from analyses.ordering import PAGE_SIZES, page_of
from analyses.row_actions import actions_for_each
from analyses.saved_views import kept_parameters
from analyses.standing_rows import standing
from analyses.statuses import ANALYSIS_LIVE, ANALYSIS_PUBLISHED, Group, analysis_in
from dashboard.accounts.first_steps import FIRST_STEPS
from dashboard.http import HtmxRequest, has_news, no_news, render_live, wants_fragment


@require_safe
def analyses_list(request: HtmxRequest) -> HttpResponse:
    visible = Analysis.objects.visible_to(request.user)
    figures = _figures(visible)
    absent = presence.missing()
    version = f"{figures['changes']}-{figures['total']}-{len(absent)}"
    if not has_news(request, version):
        return no_news()
    counts = figures["counts"]
    chosen = AnalysisFilter(
        request.GET,
        visible.select_related("owner"),
        request=request,
        counts=counts,
        teams=partial(teams_of, request.user),
    )
    page = page_of(chosen.qs, request.GET, None if chosen.is_narrowed else figures["total"])
    stands = standing(page, request.GET.get("shown") if wants_fragment(request) else None, visible)
    asked = kept_parameters(request.GET)
    views = [] if wants_fragment(request) else list(SavedView.objects.filter(user=request.user))
    context = {
        "filter": chosen,
        "page": page,
        "stands": stands,
        "rows": actions_for_each(request.user, stands.rows),
        "sort": request.GET.get("sort", ""),
        "page_sizes": PAGE_SIZES,
        "strip": _strip(visible, figures),
        "status_options": json.dumps(dict(chain.from_iterable(group for _, group in grouped_choices(counts)))),
        "live": page.number == 1 and any(status in ANALYSIS_LIVE for status in counts),
        "absent": absent,
        "is_first_run": not figures["total"],
        "steps": [] if figures["total"] or FIRST_STEPS.is_off(request) else first_steps(request.user),
        "asked": asked,
        "changes": None if wants_fragment(request) else changes_for(request.user, visible),
        "views": views,
        "active_view": next((view for view in views if view.query == asked), None),
    }
    return render_live(request, "analyses/analyses_list.html", version, context, shown=stands.numbers)


def _figures(visible: QuerySet[Analysis]) -> dict[str, Any]:
    """How many analyses show each status, and a number that every change of any of them raises. One query."""
    rows = (
        visible.order_by()
        .values_list("status")
        .annotate(
            number=Count("pk"),
            problems=Count("pk", filter=Q(problem_count__gt=0)),
            held=Count("pk", filter=Q(held=True)),
            changes=Sum("version"),
        )
    )
    found = list(rows)
    return {
        "counts": {status: number for status, number, *_ in found},
        "total": sum(number for _, number, *_ in found),
        # Not when the last change was: what is committed later may be the earlier one, and clocks are put back.
        "changes": sum(changes for *_, changes in found),
        "attention": sum(number if status in NEEDS_ATTENTION else problems for status, number, problems, *_ in found),
        "held": sum(held for *_, held, _ in found),
    }


def _strip(visible: QuerySet[Analysis], figures: dict[str, Any]) -> dict[str, int]:
    """What is going on at a glance."""
    counts, waiting = figures["counts"], analysis_in(Group.WAITING)
    last_week = timezone.now() - timedelta(days=7)
    published = visible.filter(status__in=ANALYSIS_PUBLISHED, ended_at__gte=last_week)
    taken = ScanOccurrence.objects.exclude(slot=None)
    numbers = dict(_number("published", published).union(_number("taken", taken)).values_list("what", "number"))
    return {
        "running": sum(number for status, number in counts.items() if status in ANALYSIS_LIVE - waiting),
        "waiting": sum(number for status, number in counts.items() if status in waiting),
        "attention": figures["attention"],
        "held": figures["held"],
        "published": numbers.get("published", 0),
        "slots_taken": numbers.get("taken", 0),
        "slots": settings.SCAN_CAPACITY,
    }


def _number(what: str, rows: QuerySet) -> QuerySet:
    """How many rows there are, to be asked for together with others; no row where there are none."""
    return rows.order_by().annotate(what=Value(what)).values("what").annotate(number=Count("pk"))
