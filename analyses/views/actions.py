"""What a person asks of an analysis: submit, withdraw, pause, stop. Asked twice, it is done once."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from analyses import configuring, lifecycle
from analyses.access import actions_for, analysis_for, latest_occurrence
from analyses.differences import moment_in_words
from analyses.models import Analysis
from analyses.statuses import Action
from dashboard.http import HtmxRequest

VERBS = frozenset(Action) - {Action.CONFIGURE}


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HtmxRequest, pk: int, action: str) -> HttpResponse:
    """Do it and go back to the summary. What is possible no longer becomes a message, never an error."""
    analysis = analysis_for(request.user, pk)
    if action not in VERBS:
        raise Http404
    verb = Action(action)
    if request.method != "POST":
        return _ask(request, analysis, verb)
    if verb is Action.SUBMIT and configuring.refused_targets(analysis):
        messages.error(request, "Not submitted: some addresses are not allowed targets. They are marked below.")
        return redirect("analyses:configure", analysis.pk)
    try:
        messages.success(request, _do(request, analysis, verb))
    except lifecycle.Refused as refused:
        messages.warning(request, str(refused))
    return redirect("analyses:summary", analysis.pk)


def _ask(request: HtmxRequest, analysis: Analysis, verb: Action) -> HttpResponse:
    """The question before results are deleted. Everything else is never done by opening an address."""
    reason = dict(actions_for(analysis, latest_occurrence(analysis)))[verb]
    if verb is Action.STOP_DELETE and not reason:
        return render(request, "analyses/confirm.html", {"analysis": analysis, "action": verb})
    messages.info(request, reason or f"Nothing was done. “{verb.label}” is under Analysis Actions on this page.")
    return redirect("analyses:summary", analysis.pk)


def _do(request: HtmxRequest, analysis: Analysis, verb: Action) -> str:
    """Do it; answers what to tell. Raises lifecycle.Refused."""
    if verb is Action.SUBMIT:
        starts = configuring.submit(analysis, request.user).start_at
        if starts is None:
            return "Submitted. The prescan begins as soon as a worker is free."
        return f"Scheduled for {moment_in_words(starts)}."
    if verb is Action.WITHDRAW:
        lifecycle.withdraw(analysis, request.user)
        return "Withdrawn from its schedule: no more runs follow."
    if verb is Action.PAUSE:
        lifecycle.pause(analysis, request.user)
        return "Pausing. Running scans are suspended and keep what they have found."
    if verb is Action.RESUME:
        lifecycle.resume(analysis, request.user)
        return "Resumed. Its scans go on where they were, as soon as capacity is free."
    keep = verb is Action.STOP_SAVE
    lifecycle.stop(analysis, request.user, keep=keep)
    return "Stopping. Results found so far are kept." if keep else "Stopping. Its results are being deleted."
