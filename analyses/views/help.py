"""The help page: the way to the first results, the main job, roles, and where more is told."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from analyses.first_steps import first_steps
from dashboard.accounts.first_steps import FIRST_STEPS
from dashboard.http import HtmxRequest


@require_safe
def help_page(request: HtmxRequest) -> HttpResponse:
    steps = [] if FIRST_STEPS.is_off(request) else first_steps(request.user)
    return render(request, "analyses/help.html", {"steps": steps})
