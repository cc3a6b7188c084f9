"""The settings of an analysis itself: what it is called, who sees it, when it runs, which URLs to add."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.configuring import MOST_SCANS
from analyses.forms.addresses import AddressLinesField
from analyses.forms.endpoints import KINDS, SpecificationsField
from analyses.forms.schedule import ScheduleFields
from analyses.forms.text import one_line, printable_ascii
from analyses.models import Analysis
from analyses.roles import all_teams
from analyses.specifications import MOST_BYTES
from dashboard.numbers import grouped_lazy

MOST_EXCLUDED = 500
NAME_TAKEN = gettext_lazy("There is already an analysis with this name.")
# What stays possible in every status. The duration too, when it becomes longer.
ALWAYS_OPEN = frozenset(
    {"name", "description", "teams", "duration", "business_unit", "contact_name", "contact_email", "recipients"}
)
MOST_RECIPIENTS = 20
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class AnalysisForm(ScheduleFields):
    name = forms.CharField(
        max_length=120,
        validators=[one_line],
        error_messages={"required": gettext_lazy("Give the analysis a name.")},
        label=gettext_lazy("Name"),
        help_text=gettext_lazy(
            "What lists and mails call it, such as “Web shop, staging”. At most 120 characters; no other analysis may "
            "have it."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Description"),
        help_text=gettext_lazy("What it is for, in your own words, at most 2,000 characters. Only people read it."),
    )
    teams = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Teams that may see it"),
        help_text=gettext_lazy("Beside its owner and the security leads. You can choose among your own teams."),
        error_messages={"invalid_choice": gettext_lazy("Choose only teams you are a member of.")},
    )
    urls = AddressLinesField(
        label=gettext_lazy("Add URLs, one a line"),
        limit=MOST_SCANS,
        advice=gettext_lazy("Split them over several analyses."),
        required=False,
        help_text=format_lazy(
            gettext_lazy(
                "Full addresses, such as https://shop.example.com/, at most {most} in an analysis. "
                "Once in the list, each has its own settings, such as sign-in."
            ),
            most=grouped_lazy(MOST_SCANS),
        ),
    )
    excluded_urls = AddressLinesField(
        label=gettext_lazy("Excluded URLs"),
        limit=MOST_EXCLUDED,
        required=False,
        help_text=format_lazy(
            gettext_lazy(
                "Never visited by any scan of this analysis, at most {most}. One a line; a slash at the end means "
                "everything below it, such as https://shop.example.com/orders/."
            ),
            most=MOST_EXCLUDED,
        ),
    )
    business_unit = forms.CharField(
        max_length=120,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs={"list": "business-units", **_PLAIN}),
        label=gettext_lazy("Business unit"),
        help_text=gettext_lazy(
            "The part of the organisation that it belongs to, such as Retail. The list can be filtered by it."
        ),
    )
    contact_name = forms.CharField(
        label=gettext_lazy("Contact"),
        max_length=120,
        required=False,
        validators=[one_line],
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=gettext_lazy("Who answers for the sites that are scanned: a person or a team."),
    )
    contact_email = forms.EmailField(
        label=gettext_lazy("E-mail of the contact"),
        required=False,
        widget=forms.EmailInput(attrs=_PLAIN),
        help_text=gettext_lazy("Shown to whoever sees the analysis. No mail is sent to it by itself."),
    )
    recipients = forms.CharField(
        label=gettext_lazy("Further recipients"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, **_PLAIN}),
        help_text=format_lazy(
            gettext_lazy(
                "E-mail addresses, one a line and at most {most}, that are told of its prescans and its published "
                "results, beside the usual people."
            ),
            most=MOST_RECIPIENTS,
        ),
    )
    hold_results = forms.BooleanField(
        label=gettext_lazy("Hold the results for review"),
        required=False,
        help_text=gettext_lazy("When they are verified, they wait until a security lead publishes them."),
    )
    specifications = SpecificationsField(
        label=gettext_lazy("Add API specifications"),
        help_text=format_lazy(
            gettext_lazy("{kinds}; at most {most} MiB each."), kinds=KINDS, most=MOST_BYTES // 1024**2
        ),
    )
    user_agent = forms.CharField(
        max_length=300,
        required=False,
        validators=[printable_ascii],
        label=gettext_lazy("User agent"),
        widget=forms.TextInput(attrs={"list": "user-agents", **_PLAIN}),
        help_text=gettext_lazy("How the scans introduce themselves, at most 300 characters. Empty: the engine's own."),
    )

    def __init__(
        self,
        data=None,
        files=None,
        *,
        user: User,
        analysis: Analysis | None = None,
        pattern: Analysis | None = None,
        locked: bool = False,
    ):
        """`pattern` is an analysis that is not stored, and whose settings a new one starts with."""
        self.stored_teams = list(analysis.teams.all()) if analysis else []
        started = ScheduleFields(analysis=pattern).initial if pattern else {}
        teams = {"teams": [team.pk for team in self.stored_teams]}
        super().__init__(data, files, analysis=analysis, initial={**started, **_initial(analysis or pattern), **teams})
        self.user = user
        self.my_teams = list(all_teams().filter(user=user))
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

    def clean_recipients(self) -> str:
        """Every bad line is named."""
        addresses = list(dict.fromkeys(line.strip() for line in self.cleaned_data["recipients"].splitlines()))
        addresses = [address for address in addresses if address]
        if len(addresses) > MOST_RECIPIENTS:
            raise ValidationError(_("At most %(most)s further recipients are possible.") % {"most": MOST_RECIPIENTS})
        problems = []
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                problems.append(_("%(address)s is no e-mail address.") % {"address": address[:100]})
        if problems:
            raise ValidationError(problems)
        return "\n".join(addresses)

    def clean_urls(self) -> list[str]:
        return self.cleaned_data["urls"] or []

    def clean_excluded_urls(self) -> str:
        return "\n".join(dict.fromkeys(self.cleaned_data["excluded_urls"]))


def taken(other: Analysis, user: User) -> str:
    """That the name is taken, with a way to the analysis that has it for somebody who may see that."""
    if not Analysis.objects.visible_to(user).filter(pk=other.pk).exists():
        return str(NAME_TAKEN)
    address = reverse("analyses:summary", args=[other.pk])
    return format_html('{} <a href="{}">{}</a>', NAME_TAKEN, address, _("Open it"))


def _initial(analysis: Analysis | None) -> dict[str, Any]:
    names = (
        "name", "description", "excluded_urls", "user_agent", "business_unit", "contact_name", "contact_email",
        "recipients", "hold_results",
    )  # fmt: skip
    return {name: getattr(analysis, name) for name in names} if analysis else {}
