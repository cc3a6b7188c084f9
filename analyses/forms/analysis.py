"""The settings of an analysis itself: what it is called, who sees it, when it runs, which URLs to add."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from analyses.configuring import MOST_SCANS
from analyses.forms.addresses import AddressLinesField
from analyses.forms.schedule import ScheduleFields
from analyses.forms.text import one_line, printable_ascii
from analyses.models import Analysis

MOST_EXCLUDED = 500
NAME_TAKEN = "There is already an analysis with this name."
# What stays possible in every status. The duration too, when it becomes longer.
ALWAYS_OPEN = frozenset({"name", "description", "teams", "duration"})


class AnalysisForm(ScheduleFields):
    name = forms.CharField(
        max_length=120,
        validators=[one_line],
        error_messages={"required": "Give the analysis a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is for, in your own words.",
    )
    teams = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Teams that may see it",
        help_text="Beside its owner and the security leads.",
        error_messages={"invalid_choice": "Choose only teams you are a member of."},
    )
    urls = AddressLinesField(
        label="Add URLs, one a line",
        limit=MOST_SCANS,
        advice="Split them over several analyses.",
        required=False,
        help_text=f"Full addresses with http:// or https://, at most {MOST_SCANS:,} in an analysis. "
        "Once in the list, each has its own settings, such as sign-in.",
    )
    excluded_urls = AddressLinesField(
        label="Excluded URLs",
        limit=MOST_EXCLUDED,
        required=False,
        help_text="Never visited by any scan of this analysis. One a line; an address that ends with a slash "
        "means everything below it.",
    )
    user_agent = forms.CharField(
        max_length=300,
        required=False,
        validators=[printable_ascii],
        label="User agent",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="How the scans introduce themselves. Empty: the engine's own.",
    )

    def __init__(self, data=None, *, user: User, analysis: Analysis | None = None, locked: bool = False):
        self.stored_teams = list(analysis.teams.all()) if analysis else []
        teams = {"teams": [team.pk for team in self.stored_teams]}
        super().__init__(data, analysis=analysis, initial=_initial(analysis) | teams)
        self.user = user
        self.my_teams = list(user.groups.order_by("name"))
        self.fields["teams"].choices = [(team.pk, team.name) for team in self.my_teams]  # type: ignore[attr-defined]
        if locked:
            self._lock()

    def _lock(self) -> None:
        """Disable what cannot be changed now. What was typed before the status changed stays visible."""
        for name, field in self.fields.items():
            if name in ALWAYS_OPEN:
                continue
            if self.is_bound and self.add_prefix(name) in self.data:
                field.widget.attrs["disabled"] = True
            else:
                field.disabled = True

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Analysis.objects.filter(name__iexact=name)
        if self.analysis is not None:
            others = others.exclude(pk=self.analysis.pk)
        other = others.first()
        if other is not None:
            raise ValidationError(taken(other, self.user))
        return name

    def clean_teams(self) -> list[Group]:
        return [team for team in self.my_teams if team.pk in self.cleaned_data["teams"]]

    def clean_urls(self) -> list[str]:
        return self.cleaned_data["urls"] or []

    def clean_excluded_urls(self) -> str:
        return "\n".join(dict.fromkeys(self.cleaned_data["excluded_urls"]))


def taken(other: Analysis, user: User) -> str:
    """That the name is taken, with a way to the analysis that has it for somebody who may see that."""
    if not Analysis.objects.visible_to(user).filter(pk=other.pk).exists():
        return NAME_TAKEN
    address = reverse("analyses:summary", args=[other.pk])
    return format_html('{} <a href="{}">Open it</a>', NAME_TAKEN, address)


def _initial(analysis: Analysis | None) -> dict[str, Any]:
    names = ("name", "description", "excluded_urls", "user_agent")
    return {name: getattr(analysis, name) for name in names} if analysis else {}
