"""Deleting analyses for good: each asks first, says what is lost, and wants the name typed, or the number of many."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from analyses import lifecycle
from analyses.access import GONE, analyses_among, analysis_for, may_not_delete
from analyses.models import DeletedAnalysis
from analyses.saved_views import address_of_list
from analyses.views.actions import is_named
from analyses.views.bulk import MOST_CHOSEN, Outcome, chosen, report, wrong_number
from dashboard.http import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Ask, or delete it where its name was typed; afterwards the list, as it was where it was asked for there."""
    listed = request.POST.get("list", request.GET.get("list"))
    try:
        analysis = analysis_for(request.user, pk)
    except Http404:
        if not DeletedAnalysis.objects.filter(number=pk, by=request.user.pk).exists():
            raise
        messages.info(request, _("You have deleted it already."))  # pressed twice
        return redirect(address_of_list(listed or ""))
    summary = reverse("analyses:summary", args=[analysis.pk])
    if reason := may_not_delete(request.user, analysis):
        messages.warning(request, _not_deleted(reason))
        return redirect(summary if listed is None else address_of_list(listed))
    if request.method != "POST" or not is_named(request, analysis):
        context = {
            "analysis": analysis,
            "loss": lifecycle.loss_of(analysis),
            "list": listed,
            "back": summary if listed is None else address_of_list(listed),
            "unnamed": request.method == "POST",
            "typed": request.POST.get("name"),
        }
        return render(request, "analyses/delete.html", context, status=400 if context["unnamed"] else 200)
    try:
        lifecycle.delete(analysis, request.user)
    except lifecycle.Refused as refused:
        messages.warning(request, _not_deleted(str(refused)))
    else:
        messages.success(request, _("“%(name)s” has been deleted.") % {"name": analysis.name})
    return redirect(address_of_list(listed or ""))


@require_POST
def delete_many(request: HtmxRequest) -> HttpResponse:
    """The same for those that were checked: their number is typed, and a report says what became of each."""
    back = address_of_list(request.POST.get("list", ""))
    label, numbers = _("Delete analyses"), chosen(request)
    if not 0 < len(numbers) <= MOST_CHOSEN:
        messages.error(request, wrong_number(len(numbers), label))
        return redirect(back)
    if request.POST.get("confirmed", "").strip() == str(len(numbers)):
        return report(request, label, [_try(request.user, number) for number in numbers], back)
    found = analyses_among(request.user, numbers)
    reasons = [(analysis, may_not_delete(request.user, analysis)) for analysis in found]
    possible = [analysis for analysis, reason in reasons if not reason]
    if not possible:
        messages.warning(request, _("Nothing was deleted: none of the chosen analyses can be deleted now."))
        return redirect(back)
    context = {
        "possible": possible,
        "others": [(analysis, reason) for analysis, reason in reasons if reason],
        "loss": lifecycle.loss_of(*possible),
        "list": request.POST.get("list", ""),
        "back": back,
        "miscounted": "confirmed" in request.POST,
    }
    return render(request, "analyses/bulk_delete.html", context, status=400 if context["miscounted"] else 200)


def _try(user: User, number: int) -> Outcome:
    try:
        analysis = analysis_for(user, number)
    except Http404:
        return Outcome(number, "", False, str(GONE))
    if reason := may_not_delete(user, analysis):
        return Outcome(number, analysis.name, False, reason)
    try:
        lifecycle.delete(analysis, user)
    except lifecycle.Refused as refused:
        return Outcome(number, analysis.name, False, str(refused))
    return Outcome(number, analysis.name, True, _("Deleted."), there=False)


def _not_deleted(reason: str) -> str:
    return _("Nothing was deleted. %(reason)s") % {"reason": reason}
