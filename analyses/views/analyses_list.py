"""All Dynamic Analysis Scans: the list."""

import json
from functools import partial
from itertools import chain

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from analyses import presence
from analyses.figures import figures_of, tiles
from analyses.filters import AnalysisFilter, grouped_choices, teams_of
from analyses.first_steps import first_steps
from analyses.last_looks import changes_for
from analyses.models import Analysis, SavedView
from analyses.ordering import PAGE_SIZES, page_of
from analyses.row_actions import actions_for_each
from analyses.saved_views import kept_parameters
from analyses.standing_rows import standing
from analyses.statuses import ANALYSIS_LIVE
from dashboard.accounts.first_steps import FIRST_STEPS
from dashboard.http import HtmxRequest, has_news, no_news, render_live, wants_fragment


@require_safe
def analyses_list(request: HtmxRequest) -> HttpResponse:
    visible = Analysis.objects.visible_to(request.user)
    figures = figures_of(visible)
    absent = presence.missing()
    version = f"{figures.changes}-{figures.total}-{len(absent)}"
    if not has_news(request, version):
        return no_news()
    chosen = AnalysisFilter(
        request.GET,
        visible.select_related("owner"),
        request=request,
        counts=figures.counts,
        teams=partial(teams_of, request.user),
    )
    page = page_of(chosen.qs, request.GET, None if chosen.is_narrowed else figures.total)
    stands = standing(page, request.GET.get("shown") if wants_fragment(request) else None, visible)
    asked = kept_parameters(request.GET)
    views = [] if wants_fragment(request) else list(SavedView.objects.filter(user=request.user))
    shown, taken = tiles(request.user, visible, figures)
    context = {
        "filter": chosen,
        "page": page,
        "stands": stands,
        "rows": actions_for_each(request.user, stands.rows),
        "sort": request.GET.get("sort", ""),
        "page_sizes": PAGE_SIZES,
        "attention": figures.attention,
        "tiles": shown,
        "slots": (taken, settings.SCAN_CAPACITY),
        "status_options": json.dumps(dict(chain.from_iterable(group for _, group in grouped_choices(figures.counts)))),
        "live": page.number == 1 and any(status in ANALYSIS_LIVE for status in figures.counts),
        "absent": absent,
        "is_first_run": not figures.total,
        "steps": [] if figures.total or FIRST_STEPS.is_off(request) else first_steps(request.user),
        "asked": asked,
        "changes": None if wants_fragment(request) else changes_for(request.user, visible),
        "views": views,
        "active_view": next((view for view in views if view.query == asked), None),
    }
    return render_live(request, "analyses/analyses_list.html", version, context, shown=stands.numbers)
