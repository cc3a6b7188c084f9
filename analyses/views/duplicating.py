"""Duplicate, under Analysis Actions: makes a copy and shows its configuration."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from analyses import duplicating, lifecycle
from analyses.access import analysis_for, require
from analyses.roles import Right
from dashboard.http import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: HtmxRequest, pk: int) -> HttpResponse:
    """Whoever may see an analysis, and make one, may make a copy of it for themselves."""
    analysis = analysis_for(request.user, pk)
    require(request.user, Right.CONFIGURE)
    if request.method != "POST":
        messages.info(request, _("Nothing was done. “Duplicate” is under Analysis Actions on this page."))
        return redirect("analyses:summary", pk)
    try:
        copy = duplicating.duplicate(analysis, request.user)
    except lifecycle.Refused as refused:
        messages.warning(request, str(refused))
        return redirect("analyses:summary", pk)
    text = _(
        "“%(copy)s” is saved: a copy of “%(original)s” with its settings and its stored passwords. "
        "It starts as soon as it is submitted."
    )
    messages.success(request, text % {"copy": copy.name, "original": analysis.name})
    return redirect("analyses:configure", copy.pk)
