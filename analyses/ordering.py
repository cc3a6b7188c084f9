"""In which order the list of analyses stands, and its pages, which cost the same however long the list is."""

from collections.abc import Mapping
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, OrderBy, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analyses.models import Analysis
from analyses.models.configuration import AnalysisQuerySet
from analyses.statuses import ANALYSIS_LIVE, AnalysisStatus

PAGE_SIZES = (25, 50, 100)
# As many are counted, and as many can be reached page by page: nobody reads on so far, and each row before a page
# makes it slower. Whoever looks for something narrows the list or turns its order round.
MOST_ROWS = 10_000
NEXT_RUN = Case(When(status=AnalysisStatus.SCHEDULED, then=F("start_at")), default=F("next_start"))
# What the columns sort by: the address's word, and the fields. One without such a moment, or without a percentage,
# comes last both ways.
SORTS = {
    "name": (F("name"),),
    "status": (F("status"), F("name")),
    "scans": (F("scan_count"), F("name")),
    "progress": (F("percent"), F("name")),
    "findings": (
        F("critical_count"), F("high_count"), F("medium_count"), F("low_count"), F("info_count"), F("name"),
    ),
    "started": (F("started_at"), F("name")),
    "ended": (F("ended_at"), F("name")),
    "next": (NEXT_RUN, F("name")),
    "owner": (F("owner__username"), F("name")),
}  # fmt: skip
_NOT_ALWAYS = frozenset({"progress", "started", "ended", "next"})


class InParts:
    """Analyses in their order, one part after the other. `known` is how many there are, where that is known."""

    def __init__(self, parts: list[AnalysisQuerySet], known: int | None = None):
        self._parts = parts
        self.known = known

    def count(self) -> int:
        """How many there are; where it has to be counted, at most one more than MOST_ROWS of each part."""
        if self.known is not None:
            return self.known
        return sum(part.order_by()[: MOST_ROWS + 1].count() for part in self._parts)

    def __getitem__(self, wanted: slice) -> list[Analysis]:
        start, stop = wanted.start, wanted.stop
        rows: list[Analysis] = []
        for part in self._parts:
            found = list(part[start:stop])
            rows += found
            if len(found) == stop - start or part is self._parts[-1]:
                break
            before = start + len(found) if found or not start else part.order_by().count()
            start, stop = max(0, start - before), stop - before
        return rows


class Pages(Paginator):
    """Pages of at most MOST_ROWS analyses altogether."""

    object_list: InParts  # type: ignore[assignment] # counted and sliced, as a paginator needs it

    @cached_property
    def number(self) -> int:
        return self.object_list.count()

    @cached_property
    def count(self) -> int:
        return min(self.number, MOST_ROWS)

    @property
    def total(self) -> str:
        """How many there are, in words."""
        is_bounded = self.number > MOST_ROWS and self.object_list.known is None
        if not is_bounded:
            return number_format(self.number, force_grouping=True)
        return _("more than %(number)s") % {"number": number_format(MOST_ROWS, force_grouping=True)}

    @property
    def is_cut(self) -> bool:
        """Whether there are some that no page shows."""
        return self.number > MOST_ROWS


def in_order(analyses: AnalysisQuerySet, word: str) -> list[AnalysisQuerySet]:
    """Sort by a word of SORTS, `-` before it for the other way round; any other word is no wish at all.

    As the list opens, what is live comes first and in an order that stands still, because its numbers change every few
    seconds and no row may jump away under the reader's eyes; then what changed last. Two parts, and not one order:
    each is read from an index.
    """
    column = word.removeprefix("-")
    fields = SORTS.get(column)
    if fields is None:
        rest = analyses.exclude(status__in=ANALYSIS_LIVE)
        return [analyses.live().order_by("-pk"), rest.order_by("-changed_at", "-pk")]
    return [analyses.order_by(*_directed(fields, is_down=word.startswith("-"), may_lack=column in _NOT_ALWAYS))]


def _directed(fields: tuple[F | Case, ...], *, is_down: bool, may_lack: bool) -> list[OrderBy]:
    directed = [OrderBy(field, descending=is_down) for field in (*fields, F("pk"))]
    if may_lack:
        directed[0].nulls_last = True
    return directed


def page_of(analyses: AnalysisQuerySet, asked: Mapping[str, str], known: int | None) -> Page:
    """The page that an address asks for; without sense in it, the first."""
    wanted = asked.get("size", "")
    size = int(wanted) if wanted in map(str, PAGE_SIZES) else PAGE_SIZES[0]
    ordered = InParts(in_order(analyses, asked.get("sort", "")), known)
    pages = Pages(ordered, size)  # type: ignore[arg-type] # counted and sliced, as a paginator needs it
    return pages.get_page(asked.get("page"))
