"""Whether somebody has put the first steps away. Which ones there are, and how far they are, is not known here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dashboard.accounts.choices import Switch
from dashboard.accounts.models import FirstStepsOff
from dashboard.ways_back import way_back

FIRST_STEPS = Switch(FirstStepsOff, "first_steps_off")


@require_POST
def first_steps(request: HttpRequest) -> HttpResponse:
    """Put them away (`first_steps`: off) or bring them back; then back to where it was asked (`next`)."""
    off = request.POST.get("first_steps") == "off"
    FIRST_STEPS.turn(request, off=off)
    said = _("The first steps are put away. Help brings them back.") if off else _("The first steps are back.")
    messages.success(request, said)
    return redirect(way_back(request.POST.get("next", ""), "/"))
