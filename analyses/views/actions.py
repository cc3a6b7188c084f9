"""What a person asks of an analysis: submit, withdraw, pause, publish, stop. Asked twice, it is done once."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from analyses import configuring, lifecycle, submitting
from analyses.access import actions_for, analysis_for, latest_occurrence, may_not_configure, reserved
from analyses.actions import Action, not_possible_now
from analyses.models import Analysis, AnalysisOccurrence
from analyses.saved_views import address_of_list
from dashboard.http import HtmxRequest
from dashboard.moments import coming_in_words
from dashboard.numbers import grouped

VERBS = frozenset(Action) - {Action.CONFIGURE}
MOST_NAMED = 5
STARTING = frozenset({Action.SUBMIT, Action.PRESCAN, Action.RUN_NOW})
STOPS = frozenset({Action.STOP_SAVE, Action.STOP_DELETE})


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HtmxRequest, pk: int, action: str) -> HttpResponse:
    """Do it and go back to the summary, or to the list where it was asked for there (`list`: its parameters).

    What is possible no longer becomes a message, never an error.
    """
    analysis = analysis_for(request.user, pk)
    if action not in VERBS:
        raise Http404
    verb = Action(action)
    if request.method != "POST" or (verb is Action.STOP_DELETE and not is_named(request, analysis)):
        return _ask(request, analysis, verb)
    starting = verb in STARTING and not reserved(request.user, verb, analysis)
    if starting and (refused := configuring.refused_targets(analysis)):
        return _to_refused(request, analysis, refused)
    listed = request.POST.get("list")
    which = "" if listed is None else f"{analysis.name}: "
    try:
        messages.success(request, f"{which}{do(request.user, analysis, verb)}")
    except lifecycle.Refused as refused:
        messages.warning(request, f"{which}{refused}")
    return redirect("analyses:summary", analysis.pk) if listed is None else redirect(address_of_list(listed))


def _to_refused(request: HtmxRequest, analysis: Analysis, refused: list[str]) -> HttpResponse:
    """To where the addresses can be corrected; whoever may not do that is told which they are."""
    if not may_not_configure(request.user, analysis):
        messages.error(request, _("Not submitted: some addresses are not allowed targets. They are marked below."))
        return redirect("analyses:configure", analysis.pk)
    messages.error(request, _("Not submitted: %(reasons)s") % {"reasons": first_of(refused)})
    return redirect("analyses:summary", analysis.pk)


def first_of(reasons: list[str]) -> str:
    """The first few of the reasons, and how many more there are."""
    named, more = " ".join(reasons[:MOST_NAMED]), len(reasons) - MOST_NAMED
    return _("%(reasons)s and %(count)s more") % {"reasons": named, "count": grouped(more)} if more > 0 else named


def is_named(request: HtmxRequest, analysis: Analysis) -> bool:
    """Whether its name was typed. What browsers show as one space may be several."""
    return request.POST.get("name", "").split() == analysis.name.split()


def _ask(request: HtmxRequest, analysis: Analysis, verb: Action) -> HttpResponse:
    """The question before a run is stopped, with what becomes of its results.

    Nothing is done by opening an address, and no results are deleted before the analysis's name is typed.
    """
    listed = request.POST.get("list", request.GET.get("list"))
    back = reverse("analyses:summary", args=[analysis.pk]) if listed is None else address_of_list(listed)
    occurrence = latest_occurrence(analysis)
    reason = dict(actions_for(request.user, analysis, occurrence))[verb]
    unnamed = request.method == "POST"
    if verb in STOPS and not reason:
        context = {
            "analysis": analysis,
            "elapsed": timezone.now() - occurrence.started_at if occurrence and occurrence.started_at else None,
            "list": listed,
            "back": back,
            "unnamed": unnamed,
            "typed": request.POST.get("name"),
            "undo": timedelta(seconds=settings.UNDO_SECONDS),
        }
        return render(request, "analyses/stop.html", context, status=400 if unnamed else 200)
    if unnamed:
        messages.warning(request, not_possible_now(verb, reason))
    else:
        where = _("Nothing was done. “%(action)s” is under Analysis Actions on this page.") % {"action": verb.label}
        messages.info(request, reason or where)
    return redirect(back if unnamed else reverse("analyses:summary", args=[analysis.pk]))


def do(user: User, analysis: Analysis, verb: Action) -> str:
    """Do it; answers what to tell. Raises lifecycle.Refused."""
    if reason := reserved(user, verb, analysis):
        words = {"action": verb.label, "reason": reason}
        raise lifecycle.Refused(_("%(action)s is not possible for you. %(reason)s") % words)
    try:
        return _done(user, analysis, verb)
    except (Analysis.DoesNotExist, AnalysisOccurrence.DoesNotExist) as error:
        raise lifecycle.Refused(_("It has just been deleted.")) from error


def _done(user: User, analysis: Analysis, verb: Action) -> str:
    match verb:
        case Action.SUBMIT:
            starts = submitting.submit(analysis, user).start_at
            if starts:
                return _("Scheduled for %(moment)s.") % {"moment": coming_in_words(starts)}
            return _("Submitted. The prescan begins as soon as a worker is free.")
        case Action.PRESCAN:
            lifecycle.submit(analysis, user, prescan_only=True)
            return _("Submitted to be prescanned only. The prescan begins as soon as a worker is free.")
        case Action.PUBLISH:
            lifecycle.publish_results(analysis, user)
        case Action.STOP_SAVE | Action.STOP_DELETE:
            lifecycle.stop(analysis, user, keep=verb is Action.STOP_SAVE)
        case _:
            _OTHERS[verb](analysis, user)
    return str(_TOLD[verb])


_OTHERS = {
    Action.RUN_NOW: lifecycle.run_now,
    Action.WITHDRAW: lifecycle.withdraw,
    Action.PAUSE: lifecycle.pause,
    Action.RESUME: lifecycle.resume,
    Action.UNDO_DELETE: lifecycle.undo_deletion,
}
_TOLD = {
    Action.RUN_NOW: gettext_lazy("It does not wait for its time. The prescan begins as soon as a worker is free."),
    Action.WITHDRAW: gettext_lazy("Withdrawn from its schedule: no more runs follow."),
    Action.PAUSE: gettext_lazy("Pausing. Running scans are suspended and keep what they have found."),
    Action.RESUME: gettext_lazy("Resumed. Its scans go on where they were, as soon as capacity is free."),
    Action.PUBLISH: gettext_lazy("Published. Whoever is told of results gets a mail."),
    Action.STOP_SAVE: gettext_lazy("Stopping. Results found so far are kept."),
    Action.STOP_DELETE: gettext_lazy("Stopping. Its results are being deleted."),
    Action.UNDO_DELETE: gettext_lazy("Undone: what was deleted is kept. Its results are verified, then published."),
}
