"""Findings: what stands open over all analyses that a person may see, and judging several of them."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from analyses.access import GONE, findings_to_judge
from analyses.all_findings import FindingFilter, Pages, standing
from analyses.all_findings_files import as_csv, as_json
from analyses.forms.triage import TriageForm, TriageOfSeveralForm
from analyses.lifecycle.triaging import LONGEST_COMMENT, triage_all
from analyses.models import Finding, State
from dashboard.http import HtmxRequest, download
from dashboard.numbers import grouped

FORMS = {"csv": (as_csv, "text/csv; charset=utf-8"), "json": (as_json, "application/json")}
_REPORT = "findings_judged"  # in the session: what became of those that were selected last


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def findings(request: HtmxRequest) -> HttpResponse:
    """What the latest published runs found, the worst first; those that are settled when they are asked for.

    A POST judges those that were selected.
    """
    if request.method == "POST":
        form = TriageOfSeveralForm(request.POST)
        allowed = findings_to_judge(request.user, form.findings)
        return (
            _judge(request, form, list(allowed.select_related("analysis"))) if form.is_valid() else _show(request, form)
        )
    return _show(request)


def _show(request: HtmxRequest, form: TriageForm | None = None) -> HttpResponse:
    """The page; with what was wrong with a form, if one is given."""
    chosen = FindingFilter(request.GET, standing(request.user))
    page = Pages(chosen.qs).get_page(request.GET.get("page"))
    context = {
        "filter": chosen,
        "page": page,
        "form": form or TriageOfSeveralForm(),
        "selected": form.findings if form else [],
        "is_bulk": True,
        "longest_comment": LONGEST_COMMENT,
    }
    return render(request, "analyses/findings.html", context)


def _judge(request: HtmxRequest, form: TriageForm, allowed: list[Finding]) -> HttpResponse:
    """Judge them and say so; where one was refused, on a page that says of each what became of it, and why."""
    state, comment = State(form.cleaned_data["state"]), form.cleaned_data["comment"]
    kept = triage_all(allowed, state, request.user, comment)
    back = request.get_full_path()
    selected = list(dict.fromkeys(form.findings))
    if len(kept) == len(selected):
        told = ngettext("%(count)s finding: %(state)s.", "%(count)s findings: %(state)s.", len(kept))
        messages.success(request, told % {"count": grouped(len(kept)), "state": state.label})
        return redirect(back)
    there = {finding.pk: finding for finding in allowed}
    request.session[_REPORT] = {
        "state": state.value,
        "done": len(kept),
        "back": back,
        "outcomes": [_outcome(pk, there.get(pk), done=pk in kept) for pk in selected],
    }
    return redirect("analyses:findings-judged")


def _outcome(pk: int, finding: Finding | None, *, done: bool) -> dict[str, str | int | bool]:
    """What became of one, as the session keeps it. Of what the person may not see only the number they sent is said."""
    if finding is None:
        return {"pk": pk, "done": False, "text": str(GONE)}
    return {
        "pk": pk,
        "done": done,
        "text": "" if done else _("It is that already, and there was no comment to keep."),
        "category": finding.category,
        "where": f"{finding.method} {finding.host}{finding.path[:200]}",
        "analysis": finding.analysis.name,
        "address": f"{reverse('analyses:results', args=[finding.analysis_id])}?finding={pk}",
    }


@require_safe
@never_cache
def findings_judged(request: HtmxRequest) -> HttpResponse:
    """What became of those that were selected last; it stays to be looked at until the next ones."""
    kept = request.session.get(_REPORT)
    if not kept:
        return redirect("analyses:findings")
    return render(request, "analyses/findings_judged.html", {**kept, "state": State(kept["state"]).label})


@require_safe
def findings_file(request: HtmxRequest, form: str) -> HttpResponseBase:
    """What the page lists at the same address, on all its pages, as a file that is written while it is sent."""
    if form not in FORMS:
        raise Http404
    write, content_type = FORMS[form]
    chosen = FindingFilter(request.GET, standing(request.user))
    zone = timezone.get_current_timezone()  # the reader's: the file is written after the request
    return download(f"findings.{form}", write(chosen.qs, settings.SITE_URL, zone), content_type)
