"""The form of what somebody wants to be told, and when."""

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from notifications import kinds, wishes
from notifications.models import Choice


class PreferencesForm(forms.Form):
    """A choice for each optional kind of mail, and the hour of the daily mail."""

    hour = forms.TypedChoiceField(
        label=_("The daily mail comes at"),
        choices=[(hour, f"{hour}:00") for hour in range(24)],
        coerce=int,
        help_text=_("Only on days on which there is something to tell."),
    )

    def __init__(self, user: User, sent: QueryDict | None = None):
        self.user = user
        wanted = wishes.daily_time_of(user)
        super().__init__(sent, initial={**wishes.choices_of(user), "hour": wanted.hour})
        # In which the hour is meant: a zone is chosen for the account, for all times.
        self.zone, self.has_zone = str(wanted.zone).replace("_", " "), user.pk in wishes.zones_of([user.pk])
        for kind in kinds.OPTIONAL:
            self.fields[kind.event] = forms.ChoiceField(
                label=str(kind.label), help_text=str(kind.about), choices=Choice.choices, widget=forms.RadioSelect
            )

    @property
    def kinds(self) -> list[forms.BoundField]:
        """The fields of the kinds, in their order."""
        return [self[kind.event] for kind in kinds.OPTIONAL]

    def save(self) -> None:
        chosen = self.cleaned_data
        with transaction.atomic():
            wishes.choose(self.user, {kind.event: Choice(chosen[kind.event]) for kind in kinds.OPTIONAL})
            wishes.choose_digest_hour(self.user, chosen["hour"])
