"""The Configuration tab: what a run was told to do, read-only; of an analysis that has not run, what is stored."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from analyses import configuration_in_words as words
from analyses.access import ShownRun, analysis_for, require, run_for
from analyses.configuration_templates import save_as_template
from analyses.configuring import NameTaken
from analyses.forms.preview import preview_of
from analyses.forms.template import TEMPLATE_NAME_TAKEN, TemplateForm
from analyses.models import Analysis
from analyses.roles import Right
from dashboard.http import HtmxRequest, has_news, no_news, render_live

SCANS = 50


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HtmxRequest, pk: int) -> HttpResponse:
    """Shows it; a POST saves what is stored as a template."""
    analysis = analysis_for(request.user, pk)
    if request.method == "POST":
        require(request.user, Right.CONFIGURE)
        return _save_template(request, analysis)
    version = str(analysis.version)
    if not has_news(request, version):
        return no_news()
    return _show(request, analysis, version, TemplateForm(user=request.user))


def _save_template(request: HtmxRequest, analysis: Analysis) -> HttpResponse:
    form = TemplateForm(request.POST, user=request.user)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            save_as_template(analysis, name, request.user, form.chosen_teams())
        except NameTaken:
            form.add_error("name", TEMPLATE_NAME_TAKEN)
        else:
            text = _("The template “%(name)s” is saved: new analyses can start from it.")
            messages.success(request, text % {"name": name})
            return redirect("analyses:templates")
    return _show(request, analysis, str(analysis.version), form)


def _show(request: HtmxRequest, analysis: Analysis, version: str, form: TemplateForm) -> HttpResponse:
    run = run_for(analysis, request.GET.get("occurrence", ""))
    occurrence = run.occurrence
    plan = preview_of(analysis)
    page, scans = _scans(analysis, run, request.GET.get("scans"))
    context = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run,
        "groups": words.of_run(occurrence) if occurrence else words.of_analysis(analysis, plan.words),
        "plan": plan,
        "page": page,
        "scans": scans,
        "template_form": form,
        "changed_since": _changed_since(analysis, run),
        "live": not run.is_past and analysis.is_live,
        "tab": "configuration",
    }
    return render_live(request, "analyses/configuration.html", version, context)


def _scans(analysis: Analysis, run: ShownRun, number: str | None) -> tuple[Page, list[words.ShownScan]]:
    if run.occurrence is None:
        stored = Paginator(words.scans_of_analysis(analysis), SCANS).get_page(number)
        return stored, [words.shown(scan) for scan in stored]
    ran = Paginator(words.scans_of_run(run.occurrence), SCANS).get_page(number)
    return ran, [words.shown_of_run(scan, run.occurrence) for scan in ran]


def _changed_since(analysis: Analysis, run: ShownRun) -> bool:
    """Whether somebody has changed the configuration since this run was submitted."""
    if run.occurrence is None:
        return False
    changes = analysis.activity.filter(action="Configuration changed", at__gt=run.occurrence.submitted_at)
    return changes.exists()
