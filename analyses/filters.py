"""What the list of analyses can be narrowed to. All of it stands in the address, so it can be kept and shared."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, F, Q, QuerySet, When

from analyses.models import Analysis
from analyses.statuses import ANALYSIS, ANALYSIS_LIVE, AnalysisStatus, Group, Tone

NEEDS_ATTENTION = frozenset(status for status, meaning in ANALYSIS.items() if meaning.tone is Tone.RED) | {
    AnalysisStatus.IN_PROGRESS_WARNING
}
# What the columns sort by: the address's word, and the fields.
SORTS = {
    "name": ("name",),
    "status": ("status", "name"),
    "scans": ("scan_count", "name"),
    "progress": ("percent", "name"),
    "findings": ("critical_count", "high_count", "medium_count", "low_count", "info_count", "name"),
    "started": ("started_at", "name"),
    "ended": ("ended_at", "name"),
    "owner": ("owner__username", "name"),
}
# As the list opens: what is live first and in an order that stands still, because its numbers change every few seconds
# and no row may jump away under the reader's eyes; then what changed last.
AS_IT_OPENS = (
    Case(When(status__in=ANALYSIS_LIVE, then=F("pk")), default=0).desc(),
    F("changed_at").desc(),
    F("pk").desc(),
)
PAGE_SIZES = (25, 50, 100)


def grouped_choices(counts: Mapping[str, int]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every analysis status under its group, each with how many analyses show it."""
    return [
        (
            group.label,
            [
                (status.value, f"{status.label} ({counts.get(status, 0)})")
                for status, meaning in ANALYSIS.items()
                if meaning.group is group
            ],
        )
        for group in Group
        if any(meaning.group is group for meaning in ANALYSIS.values())
    ]


class AnalysisFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(
        lookup_expr="icontains", label="Name", widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    )
    status = django_filters.ChoiceFilter(label="Filter by Status", empty_label="All statuses", choices=[])
    attention = django_filters.BooleanFilter(
        label="Needs attention", method="needing_attention", widget=forms.CheckboxInput
    )
    mine = django_filters.BooleanFilter(label="Only mine", method="owned", widget=forms.CheckboxInput)

    class Meta:
        model = Analysis
        fields: list[str] = []

    def __init__(self, *args: Any, counts: Mapping[str, int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["status"].extra["choices"] = grouped_choices(counts)

    def needing_attention(self, analyses: QuerySet[Analysis], _name: str, wanted: bool) -> QuerySet[Analysis]:
        if not wanted:
            return analyses
        return analyses.filter(Q(status__in=NEEDS_ATTENTION) | Q(problem_count__gt=0))

    def owned(self, analyses: QuerySet[Analysis], _name: str, wanted: bool) -> QuerySet[Analysis]:
        return analyses.filter(owner=self.request.user) if wanted else analyses

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else bool(self.form.cleaned_data)


def sorted_by(analyses: QuerySet[Analysis], word: str) -> QuerySet[Analysis]:
    """Sort by a word of SORTS, `-` before it for the other way round; any other word is no wish at all."""
    fields = SORTS.get(word.removeprefix("-"))
    if fields is None:
        return analyses.order_by(*AS_IT_OPENS)
    if word.startswith("-"):
        return analyses.order_by(*(f"-{name}" for name in fields), "-pk")
    return analyses.order_by(*fields, "pk")
