"""In which time zone somebody reads times: the one they chose, else their browser's.

Pages read it from the session, and so ask the database for nothing. Mails have no browser: they ask here.
"""

from collections.abc import Collection
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dashboard.accounts.models import ChosenZone

SESSION_KEY = "time_zone"
COOKIE = "timezone"  # where the page's script leaves the browser's
KNOWN_ZONES = frozenset(available_timezones())
OFFERED = sorted(name for name in KNOWN_ZONES if name == "UTC" or ("/" in name and name[:4] != "Etc/"))


class ZoneForm(forms.Form):
    """A zone, or none for the browser's."""

    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=[("", gettext_lazy("The browser's")), *((name, name.replace("_", " ")) for name in OFFERED)],
        error_messages={"invalid_choice": gettext_lazy("This is no time zone that Vedette knows.")},
        help_text=gettext_lazy("Where your clocks are, such as Europe/Berlin. Schedules keep the zones of their own."),
        widget=forms.Select(attrs={"translate": "no"}),  # names, in every language
    )


def chosen_by(users: Collection[int]) -> dict[int, str]:
    """The zones that these people chose, by their numbers; whoever chose none is not among them."""
    return dict(ChosenZone.objects.filter(user__in=users).values_list("user", "zone")) if users else {}


def zone_for(request: HttpRequest) -> ZoneInfo | None:
    """The zone in which this request's times are shown; None for the installation's."""
    for name in (request.session.get(SESSION_KEY), request.COOKIES.get(COOKIE)):
        if name in KNOWN_ZONES:
            return ZoneInfo(name)
    return None


def begin(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody has signed in: what they chose elsewhere holds here too."""
    request.session[SESSION_KEY] = chosen_by([user.pk]).get(user.pk, "")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep somebody's choice; here it holds at once, elsewhere from the next sign-in on."""
    assert isinstance(request.user, User)  # noqa: S101 - nobody else comes this far
    form = ZoneForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. %(reason)s") % {"reason": form.errors["zone"][0]})
        return redirect("mfa_index")
    zone = form.cleaned_data["zone"]
    if zone:
        ChosenZone.objects.update_or_create(user=request.user, defaults={"zone": zone})
    else:
        ChosenZone.objects.filter(user=request.user).delete()
    request.session[SESSION_KEY] = zone
    if zone:
        said = _("Times are shown in %(zone)s.") % {"zone": zone.replace("_", " ")}
    else:
        said = _("Times are shown in the zone of your browser.")
    messages.success(request, said)
    return redirect("mfa_index")
