"""The findings of every analysis a person may see, and what they can be narrowed to, which stands in the address."""

from datetime import date, datetime, time
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.engines.contract import Severity
from analyses.models import Analysis, AnalysisOccurrence, Finding, FindingInstance, State
from analyses.models.findings import SETTLED, TO_TRIAGE
from analyses.severity_words import SEVERITY_NAMES
from analyses.statuses import ANALYSIS_PUBLISHED
from dashboard.http import Person

FINDINGS = 50  # a page
MOST_ROWS = 10_000  # counted, and reached page by page; whoever looks for one narrows the list
TO_TRIAGE_WORD, TO_MEND_WORD, ANY_WORD = "to-triage", "to-mend", "any"
_SEVERITIES = [severity.value for severity in Severity]  # the worst first
_STATES = [
    (TO_MEND_WORD, gettext_lazy("Not settled")),
    (TO_TRIAGE_WORD, gettext_lazy("To triage")),
    *State.choices,
    (ANY_WORD, gettext_lazy("Any state")),
]
_WORST = [
    (Severity.CRITICAL.value, SEVERITY_NAMES[Severity.CRITICAL]),
    (Severity.HIGH.value, gettext_lazy("High or worse")),
    (Severity.MEDIUM.value, gettext_lazy("Medium or worse")),
    (Severity.LOW.value, gettext_lazy("Low or worse")),
    (Severity.INFO.value, gettext_lazy("Info or worse")),
]
_ORDERS = {
    "worst": (gettext_lazy("Worst first"), ("severity_rank", "-first_seen__submitted_at", "-pk")),
    "newest": (gettext_lazy("Newest first"), ("-first_seen__submitted_at", "severity_rank", "-pk")),
    "analysis": (gettext_lazy("By analysis"), ("analysis__name", "severity_rank", "-pk")),
}


def standing(user: Person) -> QuerySet[Any]:
    """What stands in the analyses that somebody may see."""
    return standing_in(Analysis.objects.visible_to(user))


def standing_in(analyses: QuerySet[Analysis]) -> QuerySet[Any]:
    """The findings that the latest published run of each analysis had, the worst first, the newest of those first.

    What only a run has seen that is not published yet is not among them.
    """
    seen = FindingInstance.objects.filter(scan_occurrence__occurrence__in=latest_published(analyses).values("pk"))
    return (
        Finding.objects.filter(pk__in=seen.values("finding"))
        .select_related("analysis", "first_seen")
        .order_by("severity_rank", "-first_seen__submitted_at", "-pk")
    )


def latest_published(analyses: QuerySet[Analysis]) -> QuerySet[AnalysisOccurrence]:
    """The latest published run of each analysis that has one."""
    runs = AnalysisOccurrence.objects.filter(
        analysis__in=analyses.order_by().values("pk"), status__in=ANALYSIS_PUBLISHED
    )
    latest = runs.order_by().values("analysis").annotate(latest=Max("pk")).values("latest")
    return AnalysisOccurrence.objects.filter(pk__in=latest)


class FindingFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label=gettext_lazy("Find"),
        max_length=200,
        method="with_words",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    severity = django_filters.ChoiceFilter(
        label=gettext_lazy("Severity"), empty_label=gettext_lazy("All severities"), choices=_WORST, method="at_least"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), empty_label=None, choices=_STATES, method="in_state"
    )
    analysis = django_filters.CharFilter("analysis__name", "icontains", label=gettext_lazy("Analysis"), max_length=120)
    business_unit = django_filters.CharFilter(
        "analysis__business_unit", "icontains", label=gettext_lazy("Business unit"), max_length=120
    )

    since = django_filters.DateFilter(
        label=gettext_lazy("First seen since"),
        method="seen_since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    order = django_filters.ChoiceFilter(
        label=gettext_lazy("Order"),
        empty_label=None,
        choices=[(word, label) for word, (label, _fields) in _ORDERS.items()],
        method="in_order",
    )

    class Meta:
        model = Finding
        fields: list[str] = []

    def __init__(self, data: Any, *args: Any, **kwargs: Any):
        given = data.copy()
        given.setdefault("state", TO_MEND_WORD)
        given.setdefault("order", "worst")
        super().__init__(given, *args, **kwargs)
        for one in self.filters.values():
            if isinstance(one, django_filters.ChoiceFilter):
                one.extra["error_messages"] = {"invalid_choice": _("This is no choice, and is left out.")}

    def with_words(self, findings: QuerySet[Finding], _name: str, text: str) -> QuerySet[Finding]:
        for word in text.split()[:5]:
            findings = findings.filter(
                Q(category__icontains=word)
                | Q(host__icontains=word)
                | Q(path__icontains=word)
                | Q(parameter__icontains=word)
            )
        return findings

    def seen_since(self, findings: QuerySet[Finding], _name: str, day: date) -> QuerySet[Finding]:
        """Those that a run found first that was submitted on this day, on the reader's clocks, or later."""
        begins = timezone.make_aware(datetime.combine(day, time.min))
        return findings.filter(first_seen__submitted_at__gte=begins)

    def in_order(self, findings: QuerySet[Finding], _name: str, wanted: str) -> QuerySet[Finding]:
        return findings.order_by(*_ORDERS[wanted][1])

    def at_least(self, findings: QuerySet[Finding], _name: str, worst: str) -> QuerySet[Finding]:
        return findings.filter(severity_rank__lte=_SEVERITIES.index(worst))

    def in_state(self, findings: QuerySet[Finding], _name: str, wanted: str) -> QuerySet[Finding]:
        match wanted:
            case "any":
                return findings
            case "to-mend":
                return findings.exclude(state__in=SETTLED)
            case "to-triage":
                return findings.filter(state__in=TO_TRIAGE)
        return findings.filter(state=wanted)

    @property
    def is_narrowed(self) -> bool:
        """Whether the address leaves out more than the page does by itself."""
        values = self.form.cleaned_data if self.form.is_bound else {}
        others = any(value for name, value in values.items() if name not in ("state", "order"))
        return bool(self.form.errors) or others or values.get("state") != TO_MEND_WORD


class Pages(Paginator):
    """Pages of findings, of which no more are counted than anybody would read."""

    def __init__(self, findings: QuerySet[Finding]):
        super().__init__(findings, FINDINGS)

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_ROWS)

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: MOST_ROWS + 1].count()  # type: ignore[attr-defined]

    @property
    def total(self) -> str:
        """How many there are, in words."""
        if self._counted > MOST_ROWS:
            return _("more than %(number)s") % {"number": number_format(MOST_ROWS, force_grouping=True)}
        return number_format(self._counted, force_grouping=True)
