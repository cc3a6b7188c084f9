"""The switch that stops everything, for administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from analyses import halt, lifecycle
from analyses.access import refuse_to_stop_everything
from dashboard.http import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def stop_everything(request: HtmxRequest) -> HttpResponse:
    """Say what would be ended, and do it when the form is sent; switched on, the same page switches it off."""
    refuse_to_stop_everything(request.user)
    if request.method != "POST":
        return render(request, "analyses/stop_everything.html", {"under_way": halt.under_way()})
    try:
        messages.success(request, _do(request))
    except lifecycle.Refused as refused:
        messages.warning(request, str(refused))
    halt.forget()
    return redirect("analyses:stop-everything")


def _do(request: HtmxRequest) -> str:
    """Do what the button says; answers what to tell. Raises lifecycle.Refused."""
    if request.POST.get("switch") == "off":
        lifecycle.allow_again(request.user)
        return _("Analyses may be submitted again. What was ended is not started again by itself.")
    if request.POST.get("switch") != "on":
        raise lifecycle.Refused(_("Nothing was done."))
    ended = lifecycle.stop_everything(request.user)
    return ngettext(
        "Everything is stopped: %(count)s run ended. What was found is kept.",
        "Everything is stopped: %(count)s runs ended. What was found is kept.",
        ended,
    ) % {"count": ended}
