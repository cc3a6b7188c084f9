"""Whether single keys do anything for somebody. Pages read it from the session, and so ask the database for nothing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import SingleKeysOff

SESSION_KEY = "single_keys_off"  # read by templates/base.html


def begin(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody has signed in: what they chose elsewhere holds here too."""
    request.session[SESSION_KEY] = SingleKeysOff.objects.filter(user=user).exists()


@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: HttpRequest) -> HttpResponse:
    """The list of keys, and the switch (`single_keys`: on or off); then back to where it was used (`next`)."""
    assert isinstance(request.user, User)  # noqa: S101 - nobody else comes this far
    if request.method != "POST":
        return render(request, "account/keyboard.html")
    off = request.POST.get("single_keys") == "off"
    if off:
        SingleKeysOff.objects.get_or_create(user=request.user)
    else:
        SingleKeysOff.objects.filter(user=request.user).delete()
    request.session[SESSION_KEY] = off
    messages.success(request, _("Single keys are off.") if off else _("Single keys are on."))
    back = request.POST.get("next", "")
    return redirect(back if _is_ours(back) else "keyboard")


def _is_ours(address: str) -> bool:
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
