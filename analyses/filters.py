"""What the list of analyses can be narrowed to. All of it stands in the address, so it can be kept and shared."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import Group as Team
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analyses.engines.contract import Severity
from analyses.models import Analysis
from analyses.roles import Right, all_teams, rights_of
from analyses.statuses import ANALYSIS, ANALYSIS_LIVE, AnalysisStatus, Group, Tone, analysis_in
from dashboard.http import Person

NEEDS_ATTENTION = frozenset(status for status, meaning in ANALYSIS.items() if meaning.tone is Tone.RED) | {
    AnalysisStatus.IN_PROGRESS_WARNING
}
ATTENTION = Q(status__in=NEEDS_ATTENTION) | Q(problem_count__gt=0)
UNDER_WAY = ANALYSIS_LIVE - analysis_in(Group.WAITING)
# What the figures above the list count. Of what waits for a review nothing runs any more.
_GROUPS = {
    "running": Q(status__in=UNDER_WAY, held=False),
    **{
        group.value: Q(status__in=analysis_in(group))
        for group in (Group.WAITING, Group.PUBLISHED, Group.ENDED, Group.DRAFT)
    },
}
_GROUP_NAMES = [
    ("running", _("Running, stopping or verifying")),
    *((group.value, group.label) for group in Group if group.value in _GROUPS and group is not Group.RUNNING),
]
_ENDED = [("1", _("In the last 24 hours")), ("7", _("In the last 7 days")), ("30", _("In the last 30 days"))]
# Folded away until one of them is used; the others are always seen.
FURTHER = (
    "group", "ended", "owner", "team", "business_unit", "severity", "repeats",
    "changed_from", "changed_to", "started_from", "started_to",
)  # fmt: skip
DAYS = FURTHER[-4:]
YEARS = range(2000, 3000)  # no day of them is out of reach in any time zone
MOST_TEAMS = 200  # in the drop-down
_SEVERITIES = list(Severity)  # the worst first
_AT_LEAST = [
    (Severity.CRITICAL.value, _("Critical")),
    (Severity.HIGH.value, _("High or worse")),
    (Severity.MEDIUM.value, _("Medium or worse")),
    (Severity.LOW.value, _("Low or worse")),
    (Severity.INFO.value, _("Info or worse")),
]


def grouped_choices(counts: Mapping[str, int]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every analysis status under its group, each with how many analyses show it."""
    return [
        (
            str(group.label),
            [
                (status.value, f"{status.label} ({number_format(counts.get(status, 0), force_grouping=True)})")
                for status, meaning in ANALYSIS.items()
                if meaning.group is group
            ],
        )
        for group in Group
        if any(meaning.group is group for meaning in ANALYSIS.values())
    ]


class DayInput(forms.DateInput):
    """A day chosen in the browser's own way; what is no day cannot be shown again in such a field."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        shown = super().format_value(value)
        return shown if shown and re.fullmatch(r"\d{4}-\d\d-\d\d", shown, re.ASCII) else None


class FilterForm(forms.Form):
    """What is wrong is said at its field and left out; everything else still narrows the list."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in DAYS:
            day = values.get(name)
            if day and day.year not in YEARS:
                self.add_error(name, _("Choose a day of this millennium."))
        for first, last in (("changed_from", "changed_to"), ("started_from", "started_to")):
            if values.get(first) and values.get(last) and values[first] > values[last]:
                self.add_error(last, _("It is before the first day, and is left out."))
        return values

    @property
    def further(self) -> list[forms.BoundField]:
        return [self[name] for name in FURTHER]

    @property
    def used(self) -> int:
        """How many filters beside the name say something."""
        return sum(bool(value) for name, value in self.cleaned_data.items() if name != "name")

    @property
    def further_used(self) -> int:
        """How many of the further filters say something, be it wrong."""
        return sum(bool(self.cleaned_data.get(name)) or name in self.errors for name in FURTHER)


class AnalysisFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(
        lookup_expr="icontains",
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    status = django_filters.ChoiceFilter(label=_("Filter by Status"), empty_label=_("All statuses"), choices=[])
    attention = django_filters.BooleanFilter(
        label=_("Needs attention"), method="needing_attention", widget=forms.CheckboxInput
    )
    held = django_filters.BooleanFilter(
        label=_("Waits for review"), method="waiting_for_review", widget=forms.CheckboxInput
    )
    mine = django_filters.BooleanFilter(label=_("Only mine"), method="owned", widget=forms.CheckboxInput)
    group = django_filters.ChoiceFilter(
        label=_("Group of statuses"), empty_label=_("All statuses"), choices=_GROUP_NAMES, method="in_group"
    )
    ended = django_filters.ChoiceFilter(
        label=_("Ended"), empty_label=_("At any time or never"), choices=_ENDED, method="ended_lately"
    )
    owner = django_filters.CharFilter("owner__username", "icontains", label=_("Owner"), max_length=150)
    team = django_filters.ChoiceFilter(label=_("Team"), empty_label=_("All teams"), choices=[], method="of_team")
    business_unit = django_filters.CharFilter(lookup_expr="icontains", label=_("Business unit"), max_length=120)
    severity = django_filters.ChoiceFilter(
        label=_("Findings"),
        empty_label=_("Any or none"),
        choices=_AT_LEAST,
        method="at_least",
    )
    repeats = django_filters.ChoiceFilter(
        label=_("Next run"),
        empty_label=_("Any or none"),
        choices=[("yes", _("Planned")), ("no", pgettext_lazy("next run", "None"))],
        method="planned",
    )
    changed_from = django_filters.DateFilter(label=_("Last change from"), method="on_days")
    changed_to = django_filters.DateFilter(label=_("Last change until"), method="on_days")
    started_from = django_filters.DateFilter(label=_("Started from"), method="on_days")
    started_to = django_filters.DateFilter(label=_("Started until"), method="on_days")

    class Meta:
        model = Analysis
        form = FilterForm
        fields: list[str] = []

    def __init__(self, *args: Any, counts: Mapping[str, int], teams: Callable[[], list[Team]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["status"].extra["choices"] = grouped_choices(counts)
        self.filters["team"].extra["choices"] = lambda: [(team.pk, team.name) for team in teams()]
        for name, one in self.filters.items():
            if name in DAYS:
                one.extra["widget"] = DayInput(format="%Y-%m-%d")
                one.extra["input_formats"] = ["%Y-%m-%d"]
                one.extra["error_messages"] = {
                    "invalid": _("This is no date, and is left out. Write it as 2026-11-24.")
                }
            elif isinstance(one, django_filters.ChoiceFilter):
                one.extra["error_messages"] = {"invalid_choice": _("This is no choice, and is left out.")}

    def needing_attention(self, analyses: QuerySet[Analysis], _name: str, wanted: bool) -> QuerySet[Analysis]:
        return analyses.filter(ATTENTION) if wanted else analyses

    def waiting_for_review(self, analyses: QuerySet[Analysis], _name: str, wanted: bool) -> QuerySet[Analysis]:
        return analyses.filter(held=True) if wanted else analyses

    def in_group(self, analyses: QuerySet[Analysis], _name: str, group: str) -> QuerySet[Analysis]:
        return analyses.filter(_GROUPS[group])

    def ended_lately(self, analyses: QuerySet[Analysis], _name: str, days: str) -> QuerySet[Analysis]:
        return analyses.filter(ended_within(int(days)))

    def owned(self, analyses: QuerySet[Analysis], _name: str, wanted: bool) -> QuerySet[Analysis]:
        return analyses.filter(owner=self.request.user) if wanted else analyses

    def of_team(self, analyses: QuerySet[Analysis], _name: str, team: str) -> QuerySet[Analysis]:
        members = Analysis.teams.through.objects.filter(group_id=team)
        return analyses.filter(pk__in=members.values("analysis_id"))

    def at_least(self, analyses: QuerySet[Analysis], _name: str, worst: str) -> QuerySet[Analysis]:
        found = Q()
        for severity in _SEVERITIES[: _SEVERITIES.index(Severity(worst)) + 1]:
            found |= Q(**{f"{severity.value}_count__gt": 0})
        return analyses.filter(found)

    def planned(self, analyses: QuerySet[Analysis], _name: str, wanted: str) -> QuerySet[Analysis]:
        some = Q(next_start__isnull=False) | Q(status=AnalysisStatus.SCHEDULED)
        return analyses.filter(some if wanted == "yes" else ~some)

    def on_days(self, analyses: QuerySet[Analysis], name: str, day: date) -> QuerySet[Analysis]:
        """Days as the viewer's clock has them; the last one is within."""
        field, _, end = name.partition("_")
        if end == "from":
            return analyses.filter(**{f"{field}_at__gte": _midnight(day)})
        return analyses.filter(**{f"{field}_at__lt": _midnight(day + timedelta(days=1))})

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.form.errors) or any(self.form.cleaned_data.values())


def ended_within(days: int) -> Q:
    """Whose run ended so lately: to the second, whatever day it is for whom."""
    return Q(ended_at__gte=timezone.now() - timedelta(days=days))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def teams_of(user: Person) -> list[Team]:
    """The teams whose analyses somebody can ask for: their own; of those who see everything, all. One query."""
    teams = all_teams() if Right.LEAD in rights_of(user) else all_teams().filter(user=user.pk)
    return list(teams[:MOST_TEAMS])
