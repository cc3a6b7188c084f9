"""What the findings of a run can be narrowed to. All of it stands in the address, so it can be kept and shared."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analyses.engines.contract import Severity
from analyses.lifecycle.comparison import HERE, Change, compared
from analyses.models import AnalysisOccurrence, FindingInstance, ScanOccurrence, State
from analyses.models.findings import TO_TRIAGE
from analyses.severity_words import SEVERITY_NAMES

TO_TRIAGE_WORD = "to-triage"
MOST_NAMED = 5  # scans in a sentence
MOST_CHOICES = 100  # in a list to choose from
TO_TRIAGE_LABEL = gettext_lazy("To triage")
# What findings are narrowed by, as reports say it.
_NAMES = {
    "severity": gettext_lazy("severity"),
    "state": gettext_lazy("state"),
    "change": gettext_lazy("change"),
    "category": gettext_lazy("category"),
    "host": gettext_lazy("host"),
    "scan": gettext_lazy("scan"),
    "q": gettext_lazy("text"),
    "finding": gettext_lazy("finding"),
}
ORDER = ("severity_rank", "category", "host", "path", "parameter", "pk")


@dataclass(frozen=True)
class Wanted:
    """What an address asks for; what it cannot ask for is left out."""

    severity: str = ""
    state: str = ""
    change: str = ""
    category: str = ""
    host: str = ""
    scan: str = ""
    q: str = ""
    finding: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Wanted":
        """Read the parameters of an address."""
        given = {field.name: asked.get(field.name, "").replace("\0", "").strip()[:300] for field in fields(cls)}
        for name, known in (("severity", Severity), ("state", [*State.values, TO_TRIAGE_WORD]), ("change", Change)):
            if given[name] not in list(known):
                given[name] = ""
        for name in ("scan", "finding"):
            if not (given[name].isascii() and given[name].isdecimal() and len(given[name]) < 19):
                given[name] = ""
        return cls(**given)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.told)

    @property
    def told(self) -> list[str]:
        """What is asked for, in words."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [
            _("%(name)s “%(value)s”") % {"name": _NAMES[name], "value": self._said(name, value)}
            for name, value in given
            if value
        ]

    def _said(self, name: str, value: str) -> str:
        """A value as pages call it."""
        match name:
            case "severity":
                return str(SEVERITY_NAMES[Severity(value)])
            case "state":
                return str(TO_TRIAGE_LABEL if value == TO_TRIAGE_WORD else State(value).label)
            case "change":
                return str(Change(value).label)
        return value


class ShownFindings:
    """The findings of a run that an address asks for."""

    def __init__(self, run: AnalysisOccurrence, wanted: Wanted):
        self.run = run
        self.wanted = wanted
        self.comparison = compared(run)

    @cached_property
    def _searched(self) -> QuerySet[Any]:
        """Narrowed by what the form says."""
        wanted, found = self.wanted, self.comparison.findings()
        if wanted.category:
            found = found.filter(category=wanted.category)
        if wanted.host:
            found = found.filter(host=wanted.host)
        if wanted.scan:
            found = found.filter(
                pk__in=FindingInstance.objects.filter(scan_occurrence=int(wanted.scan)).values("finding")
            )
        if wanted.finding:
            found = found.filter(pk=wanted.finding)
        for word in wanted.q.split()[:5]:
            found = found.filter(
                Q(category__icontains=word)
                | Q(host__icontains=word)
                | Q(path__icontains=word)
                | Q(parameter__icontains=word)
            )
        return found

    @property
    def found(self) -> QuerySet[Any]:
        """All of them, in the order in which they should be read."""
        wanted, found = self.wanted, self._searched
        if wanted.severity:
            found = found.filter(severity=wanted.severity)
        if wanted.state:
            found = found.filter(state__in=TO_TRIAGE if wanted.state == TO_TRIAGE_WORD else [wanted.state])
        if wanted.change:
            found = found.filter(change=wanted.change)
        elif self.comparison.before and not wanted.finding:
            found = found.filter(change__in=HERE)
        return found.order_by(*ORDER)

    @cached_property
    def _cells(self) -> list[tuple[str, str, str, int, str]]:
        """How many there are of each severity, state, change and category, as the form narrows them."""
        cells = self._searched.order_by().values("severity", "state", "change", "category").annotate(number=Count("pk"))
        return list(cells.values_list("severity", "state", "change", "number", "category"))

    def _fits(self, cell: tuple[str, str, str, int, str], but: str = "") -> bool:
        """Whether what a cell counts is wanted, whatever is wanted of `but`."""
        severity, state, change, _number, _category = cell
        wanted = self.wanted
        states = TO_TRIAGE if wanted.state == TO_TRIAGE_WORD else {wanted.state or state}
        changes = {change} if wanted.finding else {"", *HERE}  # what is gone is shown where it is asked for
        return (
            (but == "severity" or wanted.severity in ("", severity))
            and (but == "state" or state in states)
            and (but == "change" or change in ({wanted.change} if wanted.change else changes))
        )

    def _counted(self, name: str) -> Counter[str]:
        place = ("severity", "state", "change").index(name)
        numbers: Counter[str] = Counter()
        for cell in self._cells:
            if self._fits(cell, but=name):
                numbers[str(cell[place])] += cell[3]
        return numbers

    @property
    def has_findings(self) -> bool:
        """Whether there is anything that could be shown, by whatever filter."""
        return bool(self._cells) or self.comparison.findings().exists()

    @property
    def count(self) -> int:
        """How many are shown."""
        return sum(cell[3] for cell in self._cells if self._fits(cell))

    def _shown(self, place: int) -> Counter[str]:
        numbers: Counter[str] = Counter()
        for cell in self._cells:
            if self._fits(cell):
                numbers[str(cell[place])] += cell[3]
        return numbers

    @property
    def shown_severities(self) -> list[tuple[str, int]]:
        """Every severity with how many are shown of it."""
        numbers = self._shown(0)
        return [(severity.value, numbers[severity]) for severity in Severity]

    @cached_property
    def by_category(self) -> dict[tuple[str, str], tuple[int, int]]:
        """How many are shown of each severity and category, and of those how many to triage; the worst first."""
        numbers: Counter[tuple[str, str]] = Counter()
        to_triage: Counter[tuple[str, str]] = Counter()
        for severity, state, change, number, category in self._cells:
            if self._fits((severity, state, change, number, category)):
                numbers[severity, category] += number
                to_triage[severity, category] += number if state in TO_TRIAGE else 0
        ranks = {severity.value: rank for rank, severity in enumerate(Severity)}
        worst_first = sorted(numbers, key=lambda kind: (ranks[kind[0]], kind[1]))
        return {kind: (numbers[kind], to_triage[kind]) for kind in worst_first}

    @property
    def states_in_words(self) -> str:
        """How many are shown of each state that occurs, as a part of a sentence."""
        numbers = self._shown(1)
        return ", ".join(f"{number_format(numbers[state])} {state.label}" for state in State if numbers[state])

    @property
    def severities(self) -> list[tuple[str, int]]:
        """Every severity with how many there are of it."""
        numbers = self._counted("severity")
        return [(severity.value, numbers[severity]) for severity in Severity]

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """What is still to be triaged, and every state that occurs, each with its word and its number."""
        numbers = self._counted("state")
        to_triage = sum(numbers[state] for state in TO_TRIAGE)
        single = [(state.value, str(state.label), numbers[state]) for state in State]
        return [(TO_TRIAGE_WORD, str(TO_TRIAGE_LABEL), to_triage), *(choice for choice in single if choice[2])]

    @property
    def triaged(self) -> int:
        """How many somebody has judged."""
        numbers = self._counted("state")
        return numbers.total() - sum(numbers[state] for state in TO_TRIAGE)

    @property
    def changes(self) -> list[tuple[str, str, int]]:
        """Every change with its word and its number; nothing where there is no earlier run."""
        if not self.comparison.before:
            return []
        numbers = self._counted("change")
        return [(change.value, str(change.label), numbers[change]) for change in Change]

    @cached_property
    def not_repeated(self) -> list[str]:
        """The first scans of the earlier run that this one says nothing of, by what they are called."""
        scans = ScanOccurrence.objects.filter(pk__in=self.comparison.not_repeated[:MOST_NAMED])
        return [scan.title for scan in scans.only("url", "configuration")]

    @property
    def more_not_repeated(self) -> int:
        """How many there are besides."""
        return max(0, len(self.comparison.not_repeated) - MOST_NAMED)

    @property
    def changes_in_words(self) -> str:
        """The changes as a part of a sentence."""
        return ", ".join(f"{number} {label.lower()}" for _word, label, number in self.changes)

    def of_severity(self) -> int:
        """How many there are of all severities."""
        return self._counted("severity").total()

    def categories(self) -> list[str]:
        """The categories to choose from."""
        return self._choices("category")

    def hosts(self) -> list[str]:
        """The hosts to choose from."""
        return self._choices("host")

    def _choices(self, name: str) -> list[str]:
        every = self.comparison.findings().order_by(name).values_list(name, flat=True).distinct()
        return list(every[:MOST_CHOICES])

    def scans(self) -> list[tuple[str, str]]:
        """The scans with findings to choose from, by id."""
        scans = self.run.scans.filter(finding_count__gt=0).only("url", "configuration")[:MOST_CHOICES]
        return [(str(scan.pk), scan.title) for scan in scans]
