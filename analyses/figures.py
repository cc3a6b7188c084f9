"""The figures above the list: how many analyses are what now, and what narrows the list to exactly those."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet, Sum, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.access import may
from analyses.filters import NEEDS_ATTENTION, UNDER_WAY, ended_within
from analyses.models import Analysis, ScanOccurrence
from analyses.roles import Right
from analyses.statuses import ANALYSIS_PUBLISHED, AnalysisStatus, Group, analysis_in


@dataclass(frozen=True)
class Figures:
    """How many analyses show each status, and a number that every change of any of them raises."""

    counts: dict[str, int]
    total: int
    changes: int
    attention: int
    held: int

    def of(self, statuses: Iterable[AnalysisStatus]) -> int:
        """How many show one of these."""
        return sum(self.counts.get(status, 0) for status in statuses)


@dataclass(frozen=True)
class Tile:
    """One figure. `asked`: what of the list's parameters shows these analyses, and no others."""

    icon: str
    label: Promise
    number: int
    asked: str
    alarms: bool = False


def figures_of(visible: QuerySet[Analysis]) -> Figures:
    """What can be counted of all of them in one query, from an index alone."""
    rows = list(
        visible.order_by()
        .values_list("status")
        .annotate(
            number=Count("pk"),
            problems=Count("pk", filter=Q(problem_count__gt=0)),
            held=Count("pk", filter=Q(held=True)),
            changes=Sum("version"),
        )
    )
    return Figures(
        counts={status: number for status, number, *_others in rows},
        total=sum(number for _status, number, *_others in rows),
        # Not when the last change was: what is committed later may be the earlier one, and clocks are put back.
        changes=sum(changes for *_others, changes in rows),
        attention=sum(number if status in NEEDS_ATTENTION else problems for status, number, problems, *_others in rows),
        held=sum(held for *_others, held, _changes in rows),
    )


def tiles(user: User, visible: QuerySet[Analysis], figures: Figures) -> tuple[list[Tile], int]:
    """The figures for this person, and how many slots are taken. One query."""
    lately = {"group": "published", "ended": "7"}
    published = visible.filter(ended_within(7), status__in=ANALYSIS_PUBLISHED)
    taken = ScanOccurrence.objects.exclude(slot=None)
    numbers = dict(_number("published", published).union(_number("taken", taken)).values_list("what", "number"))
    held = [Tile("eye", _("Waits for review"), figures.held, _asked(held="on"))] if may(user, Right.LEAD) else []
    shown = [
        Tile("loader", _("Running"), figures.of(UNDER_WAY) - figures.held, _asked(group="running")),
        Tile("hourglass", _("Waiting"), figures.of(analysis_in(Group.WAITING)), _asked(group="waiting")),
        Tile("alert-triangle", _("Needs attention"), figures.attention, _asked(attention="on"), alarms=True),
        *held,
        Tile("circle-check", _("Published in 7 days"), numbers.get("published", 0), _asked(**lately)),
    ]
    return shown, numbers.get("taken", 0)


def _asked(**parameters: str) -> str:
    return urlencode(parameters)


def _number(what: str, rows: QuerySet) -> QuerySet:
    """How many rows there are, to be asked for together with others; no row where there are none."""
    return rows.order_by().annotate(what=Value(what)).values("what").annotate(number=Count("pk"))
