"""In which time zone somebody reads times: the one they chose, else their browser's.

Pages read it from the session, and so ask the database for nothing. Mails have no browser: they ask here.
"""

from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dashboard.accounts.choices import Choice
from dashboard.accounts.models import ChosenZone

CHOSEN = Choice(ChosenZone, "zone", "time_zone")
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


def zone_for(request: HttpRequest) -> ZoneInfo | None:
    """The zone in which this request's times are shown; None for the installation's."""
    for name in (CHOSEN.of(request), request.COOKIES.get(COOKIE)):
        if name in KNOWN_ZONES:
            return ZoneInfo(name)
    return None


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep somebody's choice; here it holds at once, elsewhere from the next sign-in on."""
    form = ZoneForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. %(reason)s") % {"reason": form.errors["zone"][0]})
        return redirect("mfa_index")
    zone = form.cleaned_data["zone"]
    CHOSEN.keep(request, zone)
    if zone:
        said = _("Times are shown in %(zone)s.") % {"zone": zone.replace("_", " ")}
    else:
        said = _("Times are shown in the zone of your browser.")
    messages.success(request, said)
    return redirect("mfa_index")
