"""Whether single keys do anything for somebody. Pages read it from the session, and so ask the database for nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.choices import Switch
from dashboard.accounts.models import SingleKeysOff
from dashboard.ways_back import way_back

SINGLE_KEYS = Switch(SingleKeysOff, "single_keys_off")  # the session's key is read by templates/base.html


@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: HttpRequest) -> HttpResponse:
    """The list of keys, and the switch (`single_keys`: on or off); then back to where it was used (`next`)."""
    if request.method != "POST":
        return render(request, "account/keyboard.html")
    off = request.POST.get("single_keys") == "off"
    SINGLE_KEYS.turn(request, off=off)
    messages.success(request, _("Single keys are off.") if off else _("Single keys are on."))
    return redirect(way_back(request.POST.get("next", ""), "keyboard"))
