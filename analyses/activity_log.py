"""The activity log as pages show it: by days, newest first, narrowed to a kind or a scan, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Q, TextChoices
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.access import ShownRun
from analyses.models import Activity, Analysis

ENTRIES = 50


class Kind(TextChoices):
    """What an entry is about; one about a status that somebody asked for is of both kinds."""

    STATUS = "status", _("Statuses")
    PEOPLE = "people", _("People")
    SYSTEM = "system", _("The system")


_OF_KIND = {
    Kind.STATUS: ~Q(new_status=""),
    Kind.PEOPLE: Q(actor__isnull=False),
    Kind.SYSTEM: Q(actor=None, new_status=""),
}


@dataclass
class Line:
    """One entry, or several that say the same one after the other: `entry` is the last of them, `first` the first."""

    entry: Activity
    first: Activity
    times: int = 1

    @property
    def icon(self) -> str:
        if self.entry.actor_id:
            return "user"
        return "activity" if self.entry.new_status else "settings"

    @property
    def after(self) -> int:
        """Continuing the log before this number begins with this entry: an address of it that stays good."""
        return self.entry.pk + 1

    def says_the_same(self, entry: Activity) -> bool:
        return _what(self.entry) == _what(entry) and not (entry.actor_id or entry.new_status)


@dataclass(frozen=True)
class Log:
    """One page of the log; `older_than` continues it, None at its end."""

    days: list[tuple[date, list[Line]]]
    kinds: list[tuple[str, str | Promise, bool]]  # address, name, is it chosen
    scan: str
    kind: str
    is_older: bool
    older_than: int | None
    newest: str  # the address without what continues it
    everything: str


def log_of(asked: QueryDict, analysis: Analysis, run: ShownRun) -> Log:
    """`?before=` continues it, `?scan=` shows one scan's, `?kind=` one kind. Of an earlier run, what belongs to it.

    One query.
    """
    before, scan, kind = (asked.get(name, "") for name in ("before", "scan", "kind"))
    scan, kind = scan if scan.isdecimal() else "", kind if kind in Kind.values else ""
    entries = Activity.objects.filter(analysis=analysis).order_by("-pk")
    if run.is_past:
        entries = entries.filter(occurrence=run.occurrence)
    if scan:
        entries = entries.filter(scan_occurrence=int(scan[:18]))
    if kind:
        entries = entries.filter(_OF_KIND[Kind(kind)])
    if before.isdecimal():
        entries = entries.filter(pk__lt=int(before[:18]))
    shown = list(entries[: ENTRIES + 1])
    stays = {"occurrence": str(run.occurrence.number)} if run.is_past and run.occurrence else {}
    here = stays | ({"scan": scan} if scan else {})
    chosen = [("", _("Everything")), *Kind.choices]
    return Log(
        days=[(day, list(lines)) for day, lines in groupby(_lines(shown[:ENTRIES]), _day)],
        kinds=[(_address(here | ({"kind": value} if value else {})), name, value == kind) for value, name in chosen],
        scan=scan,
        kind=kind,
        is_older=before.isdecimal(),
        older_than=shown[ENTRIES - 1].pk if len(shown) > ENTRIES else None,
        newest=_address(here | ({"kind": kind} if kind else {})),
        everything=_address(stays),
    )


def _address(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}#log"


def _day(line: Line) -> date:
    return timezone.localdate(line.entry.at)


def _what(entry: Activity) -> tuple[str, str, int | None, date]:
    return entry.action, entry.cause, entry.scan_occurrence_id, timezone.localdate(entry.at)


def _lines(entries: list[Activity]) -> Iterator[Line]:
    """What the system says again and again on one day is one line."""
    line: Line | None = None
    for entry in entries:
        if line and line.says_the_same(entry):
            line.first, line.times = entry, line.times + 1
            continue
        if line:
            yield line
        line = Line(entry, entry)
    if line:
        yield line
