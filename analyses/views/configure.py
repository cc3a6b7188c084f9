"""Configure Analysis: make one, or change one."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from analyses import configuring, lifecycle
from analyses.access import analysis_for
from analyses.configuring import Locked, NameTaken, Stale
from analyses.differences import moment_in_words
from analyses.forms.analysis import NAME_TAKEN
from analyses.forms.page import ConfigurePage
from analyses.forms.preview import preview_of
from analyses.models import Analysis
from analyses.statuses import AnalysisStatus
from dashboard.http import HtmxRequest

MOST_NAMED = 5


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Make an analysis."""
    if request.method == "GET":
        return _show(request, ConfigurePage(request.user, None))
    return _save(request, None)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def configure(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change an analysis; htmx fetches the settings of one scan with ?scan=<id>."""
    analysis = analysis_for(request.user, pk)
    if request.method == "POST":
        return _save(request, analysis)
    key = request.GET.get("scan", "")
    page = ConfigurePage(request.user, analysis, open_key=key)
    if request.htmx and key:
        row = next((row for row in page.rows if row.key == key and row.form), None)
        if row is None:
            raise Http404
        return render(request, "analyses/configure.html#scan-settings", {"page": page, "row": row})
    return _show(request, page)


@require_safe
@never_cache
def schedule_preview(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    """What the schedule that is being chosen means: a fragment for the page's script."""
    analysis = analysis_for(request.user, pk) if pk is not None else None
    return render(request, "includes/next_runs.html", {"preview": preview_of(analysis, request.GET)})


def _show(request: HtmxRequest, page: ConfigurePage) -> HttpResponse:
    context = {"page": page, "form": page.form, "analysis": page.analysis, "problems": list(page.problems())}
    return render(request, "analyses/configure.html", context)


def _save(request: HtmxRequest, analysis: Analysis | None) -> HttpResponse:
    wanted = request.POST.get("then")
    page = ConfigurePage(request.user, analysis, request.POST, request.FILES)
    if wanted == "add":
        page.add_to_list()
        return _show(request, page)
    submitting = wanted == "submit"
    if not page.is_valid(submitting=submitting):
        return _show(request, page)
    try:
        saved = _store(page, submitting)
    except Stale as stale:
        return _show(request, _stale_page(page, request, submitting, stale))
    except Locked as locked:
        page.show_locked(locked)
    except NameTaken:
        page.refuse(NAME_TAKEN, "name")
    except lifecycle.Refused as refused:
        page.refuse(f"{refused} Nothing was saved.")
    else:
        _tell(request, page, saved, submitting)
        return _go_on(request.user, saved)
    return _show(request, page)


def _store(page: ConfigurePage, submitting: bool) -> Analysis:
    """Save, and submit too when that was asked: both or neither."""
    configuration = page.configuration()
    with transaction.atomic():
        if page.analysis is None:
            saved, changed = configuring.create(configuration, page.user), True
        else:
            saved = page.analysis
            changed = bool(configuring.update(saved, configuration, page.user, page.revision))
        saved.refresh_from_db()
        # A scheduled run has taken the changes over already. A second click finds nothing left to do.
        if submitting and page.status is not AnalysisStatus.SCHEDULED and (changed or page.may_submit):
            configuring.submit(saved, page.user)
    return saved


def _stale_page(old: ConfigurePage, request: HtmxRequest, submitting: bool, stale: Stale) -> ConfigurePage:
    """The page as it was sent, over the analysis as it is by now."""
    page = ConfigurePage(old.user, analysis_for(old.user, stale.pk), request.POST, request.FILES)
    page.is_valid(submitting=submitting)
    page.show_stale(stale)
    return page


def _tell(request: HtmxRequest, page: ConfigurePage, saved: Analysis, submitting: bool) -> None:
    text = f"“{saved.name}” is saved."
    if submitting:
        starts = configuring.start_of_next_run(saved)
        when = f"scheduled for {moment_in_words(starts)}" if starts else "submitted"
        text = f"“{saved.name}” is saved and {when}."
    messages.success(request, text)
    if page.merged:
        messages.info(request, f"{page.merged:,} repeated URLs were merged: each is in the list once.")
    refused = configuring.refused_targets(saved)
    if refused:
        more = f" and {len(refused) - MOST_NAMED:,} more" if len(refused) > MOST_NAMED else ""
        messages.warning(request, f"It cannot be submitted yet: {' '.join(refused[:MOST_NAMED])}{more}")


def _go_on(user: User, saved: Analysis) -> HttpResponse:
    """To its summary; or to the list for somebody who has just given away the right to see it."""
    visible = Analysis.objects.visible_to(user).filter(pk=saved.pk).exists()
    return redirect("analyses:summary", saved.pk) if visible else redirect("analyses:list")
