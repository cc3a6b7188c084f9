"""The form of what somebody wants to be told, and when."""

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboard.accounts import zones
from notifications import kinds, wishes
from notifications.models import Choice, DigestTime

ZONES = sorted(name for name in available_timezones() if name == "UTC" or ("/" in name and name[:4] != "Etc/"))


class PreferencesForm(forms.Form):
    """A choice for each optional kind of mail, and the hour of the daily mail."""

    hour = forms.TypedChoiceField(
        label=_("The daily mail comes at"),
        choices=[(hour, f"{hour}:00") for hour in range(24)],
        coerce=int,
        help_text=_("Only on days on which there is something to tell."),
    )
    zone = forms.ChoiceField(
        label=_("In the time zone"),
        choices=[(name, name.replace("_", " ")) for name in ZONES],
        help_text=_("Where your clocks show that hour, such as Europe/Berlin."),
        widget=forms.Select(attrs={"translate": "no"}),  # names, in every language
    )

    def __init__(self, user: User, sent: QueryDict | None = None):
        self.user = user
        wanted = DigestTime.objects.filter(user=user.pk).first()
        chosen = zones.CHOSEN.by([user.pk]).get(user.pk)
        here = timezone.get_current_timezone_name()
        zone = chosen or (wanted.zone if wanted else here if here in ZONES else "UTC")
        choices = wishes.choices_of(user)
        super().__init__(sent, initial={**choices, "hour": wanted.hour if wanted else 8, "zone": zone})
        if chosen:  # one zone for all their times
            self.fields["zone"].disabled = True
            self.fields["zone"].help_text = _("The one of your account, where you can change it.")
        if zone not in ZONES:  # one that is known by an older name
            self.fields["zone"].choices = [(zone, zone), *self.fields["zone"].choices]  # type: ignore[attr-defined]
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
            wishes.choose_digest_time(self.user, chosen["hour"], chosen["zone"])
