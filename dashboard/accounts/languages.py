"""In which language somebody reads pages and mails: the one they chose, else what their browser asks for.

Pages read it from the session, and so ask the database for nothing. Mails have no browser: they ask here. What is
stored, the log above all, is in English for everybody: it is evidence, and reads the same whoever asks.
"""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dashboard.accounts.choices import Choice
from dashboard.accounts.models import ChosenLanguage

CHOSEN = Choice(ChosenLanguage, "language", "language")
OFFERED = dict(settings.LANGUAGES)  # by their own names: who looks for theirs reads no other


class LanguageForm(forms.Form):
    """A language, or none for the browser's."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("The browser's")), *OFFERED.items()],
        error_messages={"invalid_choice": gettext_lazy("Vedette does not speak this language.")},
        help_text=gettext_lazy("Of pages and mails. The activity log is in English for everybody."),
    )


def language_for(request: HttpRequest) -> str:
    """The language of this request's answer, always one of those offered.

    The administration is in English whoever asks: it names tables and columns as they are stored, and would be half
    translated, by Django, otherwise.
    """
    if request.path_info.startswith(reverse("admin:index")):
        return settings.LANGUAGE_CODE
    chosen = CHOSEN.of(request)
    return chosen if chosen in OFFERED else translation.get_language_from_request(request)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep somebody's choice; here it holds at once, elsewhere from the next sign-in on."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. %(reason)s") % {"reason": form.errors["language"][0]})
        return redirect("mfa_index")
    language = form.cleaned_data["language"]
    CHOSEN.keep(request, language)
    with translation.override(language_for(request)):
        messages.success(request, _("Saved. From now on Vedette speaks %(language)s.") % {"language": _named(language)})
    return redirect("mfa_index")


def _named(language: str) -> str:
    return OFFERED.get(language) or _("the language of your browser")
