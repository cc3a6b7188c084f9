"""In which language somebody reads pages and mails: the one they chose, else what their browser asks for.

Pages read it from the session, and so ask the database for nothing. Mails have no browser: they ask here. What is
stored, the log above all, is in English for everybody: it is evidence, and reads the same whoever asks.
"""

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dashboard.accounts.models import ChosenLanguage

SESSION_KEY = "language"
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


def chosen_by(users: Collection[int]) -> dict[int, str]:
    """The languages that these people chose, by their numbers; whoever chose none is not among them."""
    return dict(ChosenLanguage.objects.filter(user__in=users).values_list("user", "language")) if users else {}


def language_for(request: HttpRequest) -> str:
    """The language of this request's answer, always one of those offered."""
    chosen = request.session.get(SESSION_KEY)
    return chosen if chosen in OFFERED else translation.get_language_from_request(request)


def begin(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody has signed in: what they chose elsewhere holds here too."""
    request.session[SESSION_KEY] = chosen_by([user.pk]).get(user.pk, "")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep somebody's choice; here it holds at once, elsewhere from the next sign-in on."""
    assert isinstance(request.user, User)  # noqa: S101 - nobody else comes this far
    form = LanguageForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. %(reason)s") % {"reason": form.errors["language"][0]})
        return redirect("mfa_index")
    language = form.cleaned_data["language"]
    if language:
        ChosenLanguage.objects.update_or_create(user=request.user, defaults={"language": language})
    else:
        ChosenLanguage.objects.filter(user=request.user).delete()
    request.session[SESSION_KEY] = language
    with translation.override(language_for(request)):
        messages.success(request, _("Saved. From now on Vedette speaks %(language)s.") % {"language": _named(language)})
    return redirect("mfa_index")


def _named(language: str) -> str:
    return OFFERED.get(language) or _("the language of your browser")
