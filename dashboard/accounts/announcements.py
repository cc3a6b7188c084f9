"""What pages that refresh themselves tell a screen reader on their own: every change, failures only, or nothing.

Pages read it from the session, and so ask the database for nothing.
"""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dashboard.accounts.choices import Choice
from dashboard.accounts.models import ChosenAnnouncements

CHOSEN = Choice(ChosenAnnouncements, "announced", "announced")  # the session's key is read by templates/base.html


class AnnouncementsForm(forms.Form):
    """What is announced; nothing chosen is everything."""

    announced = forms.ChoiceField(
        label=gettext_lazy("Announce to screen readers"),
        required=False,
        choices=[
            ("", gettext_lazy("Every change of a status")),
            ("failures", gettext_lazy("Failures only")),
            ("off", gettext_lazy("Nothing")),
        ],
        error_messages={"invalid_choice": gettext_lazy("This is none of the choices.")},
        help_text=gettext_lazy("By pages that refresh themselves, in one sentence, at most every half minute."),
    )


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep somebody's choice; here it holds at once, elsewhere from the next sign-in on."""
    form = AnnouncementsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. %(reason)s") % {"reason": form.errors["announced"][0]})
        return redirect("mfa_index")
    CHOSEN.keep(request, form.cleaned_data["announced"])
    messages.success(request, _("Saved. Pages announce what you have chosen."))
    return redirect("mfa_index")
