"""The results of an analysis: every distinct flaw of a run, with its evidence as text, and what was judged of it."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from analyses import retesting
from analyses.access import analysis_for, may, require, run_for
from analyses.finding_filters import ShownFindings, Wanted
from analyses.finding_history import add_history
from analyses.forms.triage import TriageForm
from analyses.lifecycle.comparison import Change
from analyses.lifecycle.triaging import LONGEST_COMMENT, triage
from analyses.models import Analysis, AnalysisOccurrence, Finding, FindingInstance, State
from analyses.references import references_of
from analyses.remediation import remedy_for
from analyses.roles import Right
from analyses.trend import trend_until
from dashboard.http import HtmxRequest, has_news, no_news, render_live

FINDINGS = 25
PLACES = 3  # of each finding, unless one is asked for
ALL_PLACES = 200
EXPORT_FORMS = (("csv", "CSV"), ("json", "JSON"), ("sarif", "SARIF 2.1.0"))


@require_http_methods(["GET", "HEAD", "POST"])
def results(request: HtmxRequest, pk: int) -> HttpResponse:
    """All findings, or with `?finding=` one of them in all its places. A POST judges some of them."""
    if request.method == "POST":
        analysis = analysis_for(request.user, pk)
        require(request.user, Right.TRIAGE)
        return _triage(request, analysis)
    return _show(request, analysis_for(request.user, pk))


def _show(request: HtmxRequest, analysis: Analysis, form: TriageForm | None = None) -> HttpResponse:
    """The page; with what was wrong with a form, if one is given."""
    version = str(analysis.version)
    if form is None and not has_news(request, version):
        return no_news()
    run = run_for(analysis, request.GET.get("occurrence", ""))
    occurrence = run.occurrence
    context: dict[str, Any] = {
        "analysis": analysis,
        "occurrence": occurrence,
        "run": run,
        "live": analysis.is_live and not run.is_past,
        "tab": "results",
        "form": form or TriageForm(),
        "faulty": form.findings if form else [],
        "is_bulk": form is None or len(form.findings) != 1,  # whose problems a form's are
        "longest_comment": LONGEST_COMMENT,
        "export_forms": EXPORT_FORMS,
    }
    if occurrence:
        context |= _findings(request, occurrence)
        context["trend"] = None if context["live"] else trend_until(occurrence)
        found = [finding for finding, *_ in context["findings"]]
        # On further pages findings would come and go with what is found before them.
        is_first = context["page"].number == 1
        context["polled"] = (context["live"] and is_first) or any(finding.testing for finding in found)
        if found and context["wanted"].finding and may(request.user, Right.TRIAGE):
            context["refusal"] = retesting.refusal(found[0], retesting.place_of(found[0]))
    return render_live(request, "analyses/results.html", version, context)


class _Pages(Paginator):
    """The pages of shown findings, whose number is known already."""

    def __init__(self, shown: ShownFindings):
        super().__init__(shown.found, FINDINGS)
        self._shown = shown

    @cached_property
    def count(self) -> int:
        return self._shown.count


def _findings(request: HtmxRequest, occurrence: AnalysisOccurrence) -> dict[str, Any]:
    wanted = Wanted.read(request.GET.dict())
    shown = ShownFindings(occurrence, wanted)
    page = _Pages(shown).get_page(request.GET.get("page"))
    found = list(page)
    _add_places(found, shown, ALL_PLACES if wanted.finding else PLACES)
    for finding in found:
        finding.group_size, _to_triage = shown.by_category[finding.severity, finding.category]
    return {
        "wanted": wanted,
        "shown": shown,
        "page": page,
        "findings": [(finding, remedy_for(finding.category), references_of(finding)) for finding in found],
    }


def _add_places(found: list[Finding], shown: ShownFindings, most: int) -> None:
    """Give each finding its first instances of this run, their number, and its history.

    What is not in this run is shown where the earlier one saw it.
    """
    runs = [run for run in (shown.run, shown.comparison.before) if run]
    seen = FindingInstance.objects.filter(finding__in=[finding.pk for finding in found])
    numbers: dict[tuple[int, int], int] = {}
    for finding, run, number in (
        seen.filter(scan_occurrence__occurrence__in=runs)
        .order_by()
        .values_list("finding", "scan_occurrence__occurrence")
        .annotate(number=Count("pk"))
    ):
        numbers[finding, run] = number
    by_run: dict[int, list[Finding]] = {run.pk: [] for run in runs}
    for finding in found:
        run = next(run for run in runs if (finding.pk, run.pk) in numbers)
        finding.change_label = Change(finding.change).label if finding.change else ""  # type: ignore[attr-defined]
        finding.place_count = numbers[finding.pk, run.pk]  # type: ignore[attr-defined]
        by_run[run.pk].append(finding)
    for run in runs:
        here = FindingInstance.objects.filter(scan_occurrence__occurrence=run).order_by("pk")
        prefetch_related_objects(by_run[run.pk], Prefetch("instances", here[:most], to_attr="places"))
    add_history(found)


def _triage(request: HtmxRequest, analysis: Analysis) -> HttpResponse:
    """Judge what was selected, and show the same page again."""
    form = TriageForm(request.POST)
    if not form.is_valid():
        return _show(request, analysis, form)
    state, comment = State(form.cleaned_data["state"]), form.cleaned_data["comment"]
    findings = form.findings
    if form.cleaned_data["every"]:
        run = run_for(analysis, request.GET.get("occurrence", "")).occurrence
        every = ShownFindings(run, Wanted.read(request.GET.dict())).found if run else Finding.objects.none()
        findings = list(every.values_list("pk", flat=True))
    number = triage(analysis, findings, state, request.user, comment)
    if number:
        told = ngettext("%(count)s finding: %(state)s.", "%(count)s findings: %(state)s.", number)
        shown = {"count": number_format(number, force_grouping=True), "state": state.label}
        messages.success(request, told % shown)
    else:
        messages.info(request, _("Nothing has changed: %(state)s is what it was.") % {"state": state.label})
    asked = request.GET.copy()
    asked.pop("v", None)
    return redirect(f"{request.path}?{asked.urlencode()}" if asked else request.path)
