"""Configure Analysis: make one, or change one."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from analyses import configuring, lifecycle
from analyses.access import analysis_for, require, require_to_configure, template_for
from analyses.configuration_templates import number_of, scan_defaults
from analyses.configuring import Locked, NameTaken, Stale
from analyses.forms.analysis import NAME_TAKEN
from analyses.forms.listed import settings_row
from analyses.forms.page import ConfigurePage
from analyses.forms.preview import preview_of
from analyses.models import Analysis, ConfigurationTemplate
from analyses.roles import Right
from analyses.statuses import AnalysisStatus
from analyses.submitting import start_of_next_run, submit
from analyses.views.actions import first_of
from dashboard import kept_forms
from dashboard.http import HtmxRequest
from dashboard.moments import coming_in_words
from dashboard.numbers import grouped

MOST_TEMPLATES = 50
MERGED = gettext_lazy("It had been saved since you opened it. What was changed there is kept, beside your changes.")


@kept_forms.survives_sign_out
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Make an analysis, from nothing or from a template."""
    require_to_configure(request.user, None)
    if request.method == "POST":
        return _save(request, None)
    if (typed := kept_forms.take(request)) is not None:
        return _show_kept(request, None, typed)
    key = request.GET.get("template", "")
    template = template_for(request.user, number_of(key)) if key else None
    if request.htmx and request.GET.get("scan"):
        return _settings(request, None, template)
    return _show(request, ConfigurePage(request.user, None, template=template))


@kept_forms.survives_sign_out
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def configure(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change an analysis; htmx fetches the settings of one scan with ?scan=<id>."""
    analysis = analysis_for(request.user, pk)
    require_to_configure(request.user, analysis)
    if request.method == "POST":
        return _save(request, analysis)
    if (typed := kept_forms.take(request)) is not None:
        return _show_kept(request, analysis, typed)
    key = request.GET.get("scan", "")
    if request.htmx and key:
        return _settings(request, analysis)
    return _show(request, ConfigurePage(request.user, analysis, open_key=key))


def _settings(
    request: HtmxRequest, analysis: Analysis | None, template: ConfigurationTemplate | None = None
) -> HttpResponse:
    """The settings of one scan, a stored one or one that is only on the page yet; of the others nothing is read."""
    row = settings_row(request.user, analysis, request.GET["scan"], request.GET, scan_defaults(template))
    if row is None:
        raise Http404
    return render(request, "analyses/configure.html#scan-settings", {"analysis": analysis, "row": row})


@require_safe
@never_cache
def schedule_preview(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    """What the schedule that is being chosen means: a fragment for the page's script."""
    analysis = analysis_for(request.user, pk) if pk is not None else None
    return render(request, "includes/next_runs.html", {"preview": preview_of(analysis, request.GET)})


def _show(request: HtmxRequest, page: ConfigurePage) -> HttpResponse:
    context = {"page": page, "form": page.form, "analysis": page.analysis, "problems": list(page.problems())}
    context["typed_by"] = kept_forms.typed_by(request.user)
    if page.analysis is None:
        context["templates"] = ConfigurationTemplate.objects.usable_by(request.user)[:MOST_TEMPLATES]
    return render(request, "analyses/configure.html", context)


def _show_kept(request: HtmxRequest, analysis: Analysis | None, typed: QueryDict) -> HttpResponse:
    """What was typed before somebody was signed out."""
    page = ConfigurePage(request.user, analysis, typed)
    page.show_kept()
    return _show(request, page)


def _save(request: HtmxRequest, analysis: Analysis | None) -> HttpResponse:
    wanted = request.POST.get("then")
    page = ConfigurePage(request.user, analysis, request.POST, request.FILES)
    if "open" in request.POST:
        page.open_row(request.POST["open"])
        return _show(request, page)
    if wanted == "add":
        page.add_to_list()
        return _show(request, page)
    submitting = wanted == "submit"
    if submitting:
        require(request.user, Right.SUBMIT)
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
        page.refuse(_("%(reason)s Nothing was saved.") % {"reason": refused})
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
            changed = bool(configuring.update(saved, configuration, page.user, saved.revision, page.settles))
        saved.refresh_from_db()
        # A scheduled run has taken the changes over already. A second click finds nothing left to do.
        if submitting and page.status is not AnalysisStatus.SCHEDULED and (changed or page.may_submit):
            submit(saved, page.user)
    return saved


def _stale_page(old: ConfigurePage, request: HtmxRequest, submitting: bool, stale: Stale) -> ConfigurePage:
    """The page as it was sent, over the analysis as it is by now."""
    analysis = analysis_for(old.user, stale.pk)
    page = ConfigurePage(old.user, analysis, request.POST, request.FILES, uploads=old.uploads)
    page.is_valid(submitting=submitting)
    page.show_stale(stale)
    return page


def _tell(request: HtmxRequest, page: ConfigurePage, saved: Analysis, submitting: bool) -> None:
    starts = start_of_next_run(saved) if submitting else None
    if starts:
        text = _("“%(name)s” is saved and scheduled for %(moment)s.")
    elif submitting:
        text = _("“%(name)s” is saved and submitted.")
    else:
        text = _("“%(name)s” is saved.")
    messages.success(request, text % {"name": saved.name, "moment": coming_in_words(starts) if starts else ""})
    if page.merge:
        messages.info(request, MERGED)
    if page.list.merged:
        merged = ngettext(
            "%(count)s repeated URLs were merged: each is in the list once.",
            "%(count)s repeated URLs were merged: each is in the list once.",
            page.list.merged,
        )
        messages.info(request, merged % {"count": grouped(page.list.merged)})
    refused = configuring.refused_targets(saved)
    if refused:
        messages.warning(request, _("It cannot be submitted yet: %(reasons)s") % {"reasons": first_of(refused)})


def _go_on(user: User, saved: Analysis) -> HttpResponse:
    """To its summary; or to the list for somebody who has just given away the right to see it."""
    visible = Analysis.objects.visible_to(user).filter(pk=saved.pk).exists()
    return redirect("analyses:summary", saved.pk) if visible else redirect("analyses:list")
