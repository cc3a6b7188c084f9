"""The activity log as pages show it: by days, newest first, narrowed to a kind or a scan, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from itertools import groupby
from typing import Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, TextChoices
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.access import ShownRun
from analyses.lifecycle import notices
from analyses.models import Activity, Analysis, ScanOccurrence

ENTRIES = 50
UTC_TIMES = "utc"


class Kind(TextChoices):
    """What an entry is about; one about a status that somebody asked for is of both kinds."""

    STATUS = "status", _("Statuses")
    PEOPLE = "people", _("People")
    SYSTEM = "system", _("The system")
    NOTICES = "notices", _("Notices")


_IS_NOTICE = Q(key__startswith=notices.KEY)
_OF_KIND = {
    Kind.STATUS: ~Q(new_status=""),
    Kind.PEOPLE: Q(actor__isnull=False),
    Kind.SYSTEM: Q(actor=None, new_status="") & ~_IS_NOTICE,
    Kind.NOTICES: _IS_NOTICE,
}
# Of one entry: its icon, and the word for those who do not see that.
_SIGNS = {
    Kind.STATUS: ("activity", _("Status")),
    Kind.PEOPLE: ("user", _("Person")),
    Kind.SYSTEM: ("settings", _("System")),
    Kind.NOTICES: ("inbox", _("Notice")),
}


def kind_of(entry: Activity) -> Kind:
    """The one kind that an entry is marked as: what somebody did is theirs, whatever it led to."""
    if entry.actor_id:
        return Kind.PEOPLE
    if entry.key.startswith(notices.KEY):
        return Kind.NOTICES
    return Kind.STATUS if entry.new_status else Kind.SYSTEM


@dataclass(frozen=True)
class Wanted:
    """What of a log is wanted: `?scan=` one scan's, `?kind=` one kind, `?times=utc`; of an earlier run its own."""

    scan: str = ""
    kind: str = ""
    times: str = ""
    occurrence: str = ""

    @classmethod
    def read(cls, asked: QueryDict, run: ShownRun) -> Self:
        """As an address has it; what makes no sense in it is left out."""
        scan, kind, times = (asked.get(name, "") for name in ("scan", "kind", "times"))
        return cls(
            scan=scan if scan.isascii() and scan.isdecimal() else "",
            kind=kind if kind in Kind.values else "",
            times=times if times == UTC_TIMES else "",
            occurrence=str(run.occurrence.number) if run.is_past and run.occurrence else "",
        )

    @property
    def zone(self) -> tzinfo:
        """In which its times are told."""
        return UTC if self.times else timezone.get_current_timezone()

    @property
    def query(self) -> str:
        """It, as an address has it; empty where everything is wanted."""
        return urlencode({name: value for name, value in vars(self).items() if value})

    @property
    def address(self) -> str:
        return f"?{self.query}#log"

    @property
    def others(self) -> list[tuple[str, str]]:
        """What stays when another scan is chosen."""
        return [(name, value) for name, value in vars(self).items() if value and name != "scan"]

    def entries(self, analysis: Analysis, run: ShownRun) -> QuerySet[Activity]:
        """They, the newest first."""
        entries = Activity.objects.filter(analysis=analysis).order_by("-pk")
        if run.is_past:
            entries = entries.filter(occurrence=run.occurrence)
        if self.scan:
            entries = entries.filter(scan_occurrence=int(self.scan[:18]))
        return entries.filter(_OF_KIND[Kind(self.kind)]) if self.kind else entries


@dataclass
class Line:
    """One entry, or several that say the same one after the other: `entry` is the last of them, `first` the first."""

    entry: Activity
    first: Activity
    times: int = 1

    @property
    def icon(self) -> str:
        return _SIGNS[kind_of(self.entry)][0]

    @property
    def kind(self) -> str | Promise:
        """What the icon stands for, in a word."""
        return _SIGNS[kind_of(self.entry)][1]

    @property
    def after(self) -> int:
        """Continuing the log before this number begins with this entry: an address of it that stays good."""
        return self.entry.pk + 1

    def says_the_same(self, entry: Activity) -> bool:
        return _what(self.entry) == _what(entry) and not (entry.actor_id or entry.new_status)


@dataclass(frozen=True)
class Log:
    """One page of the log; `older_than` continues it, None at its end."""

    wanted: Wanted
    days: list[tuple[date, list[Line]]]
    scans: list[tuple[str, str]]  # those to choose from: number and name
    is_older: bool
    older_than: int | None
    seen: int  # the newest entry that the page was opened with: those after it are marked as new

    @property
    def kinds(self) -> list[tuple[str, str | Promise, bool]]:
        """What it can be narrowed to: the address, its name, and whether it is chosen."""
        chosen = [("", _("Everything")), *Kind.choices]
        return [(self._with(kind=value), name, value == self.wanted.kind) for value, name in chosen]

    @property
    def everything(self) -> str:
        return self._with(kind="", scan="")

    @property
    def other_times(self) -> str:
        """The same with times in UTC, or in the reader's zone again."""
        return self._with(times="" if self.wanted.times else UTC_TIMES)

    def _with(self, **changes: str) -> str:
        return replace(self.wanted, **changes).address


def log_of(
    asked: QueryDict, analysis: Analysis, run: ShownRun, scans: Sequence[ScanOccurrence], seen: str | None = None
) -> Log:
    """What of the log is wanted, and of which scans it could be; `?before=` continues it. One query, rarely two.

    `seen`: the newest entry that the page was opened with, as a poll says it.
    """
    wanted, before = Wanted.read(asked, run), _number(asked.get("before"))
    entries = wanted.entries(analysis, run)
    if before is not None:
        entries = entries.filter(pk__lt=before)
    shown = list(entries[: ENTRIES + 1])
    # Among everything, the mails of one event are one line; among the notices, who was told is what is asked for.
    apart = wanted.kind == Kind.NOTICES
    with timezone.override(wanted.zone):
        lines = (Line(entry, entry) for entry in shown[:ENTRIES]) if apart else _lines(shown[:ENTRIES])
        days = [(day, list(of_day)) for day, of_day in groupby(lines, _day)]
    return Log(
        wanted,
        days,
        _choices(wanted, analysis, scans),
        is_older=before is not None,
        older_than=shown[ENTRIES - 1].pk if len(shown) > ENTRIES else None,
        seen=_number(seen) or (shown[0].pk if shown and seen is None else 0),
    )


def _number(text: str | None) -> int | None:
    """The number that an address has; None where it has none."""
    return int(text[:18]) if text and text.isascii() and text.isdecimal() else None


def _choices(wanted: Wanted, analysis: Analysis, scans: Sequence[ScanOccurrence]) -> list[tuple[str, str]]:
    """These scans, and the one that is wanted, whichever run it is of. None where there is but one."""
    choices = [(str(scan.pk), scan.title) for scan in scans] if len(scans) > 1 else []
    if wanted.scan and wanted.scan not in dict(choices):
        every = ScanOccurrence.objects.filter(occurrence__analysis=analysis, pk=int(wanted.scan[:18]))
        every = every.select_related("occurrence").only("url", "configuration", "occurrence__number")
        choices += [(wanted.scan, f"{scan.title} (#{scan.occurrence.number})") for scan in every]
    return choices


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
