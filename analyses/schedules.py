"""When a schedule starts its runs, and when a pause window keeps still. Pure: knows no models.

Both are kept as the time on the clocks of a zone, so that 22:00 stays 22:00 when clocks are changed. A local time that
clocks leave out stands for the first valid minute after it; one that comes twice stands for its first.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

ONCE, DAILY, WEEKLY, MONTHLY = "", "daily", "weekly", "monthly"
EVERY_DAY = frozenset(range(7))

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
# A zone has left out a whole day before: more than a week may pass between the windows of one weekday.
_LONGEST_WAIT = 15


@dataclass(frozen=True)
class Rule:
    """When runs start: at `first`, and then at its time of the day in `zone`.

    `days` are those of a weekly rule (0 is Monday; none: the weekday of `first`). `until` is the last local day on
    which a run may start, `count` the number of runs in all.
    """

    zone: str
    first: datetime
    repeat: str = ONCE
    days: frozenset[int] = frozenset()
    until: date | None = None
    count: int | None = None

    @property
    def wall(self) -> datetime:
        """What the clocks of the zone show at the first start."""
        return self.first.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


@dataclass(frozen=True)
class Planned:
    """One start: the moment, in UTC, and what the clocks should show then by the rule."""

    at: datetime
    wall: datetime


@dataclass(frozen=True)
class PauseWindow:
    """Hours in which nothing is sent, on the days (0 is Monday) on which they begin; none means every day.

    A window that ends before it begins, or at the same time, ends on the next day.
    """

    zone: str
    begins: time
    ends: time
    days: frozenset[int] = EVERY_DAY


def next_after(rule: Rule, moment: datetime, fired: int = 0) -> datetime | None:
    """The first start after a moment, in UTC; None when there is none. `fired` of its runs are used up."""
    return next(iter(upcoming(rule, moment, 1, fired)), None)


def upcoming(rule: Rule, moment: datetime, number: int, fired: int = 0) -> list[datetime]:
    """The next starts after a moment, in UTC, at most `number` of them."""
    return [planned.at for planned in plan(rule, moment, number, fired)]


def plan(rule: Rule, moment: datetime, number: int, fired: int = 0) -> list[Planned]:
    """The next starts after a moment, each with the local time that was meant."""
    left = number if rule.count is None else min(number, rule.count - fired)
    return list(islice(_starts(rule, moment), max(0, left)))


def number_between(rule: Rule, after: datetime, before: datetime) -> int:
    """How many starts lie after a moment and before another, whatever `count` says. Years cost no more than days."""
    begin, end = next(_starts(rule, after), None), next(_starts(rule, before - timedelta(microseconds=1)), None)
    if begin is None or begin.at >= before:
        return 0
    if end is None or _loses_a_day(rule.zone, begin.at, end.at):
        return sum(1 for _ in takewhile(lambda start: start.at < before, _starts(rule, after)))
    first, last = begin.wall.date(), end.wall.date()
    if rule.repeat == MONTHLY:
        return (last.year - first.year) * 12 + last.month - first.month
    weeks, days = divmod((last - first).days, 7)
    wanted = _weekdays(rule)
    return weeks * len(wanted) + sum((first + day * _DAY).weekday() in wanted for day in range(days))


def moment_at(wall: datetime, zone: str, *, last: bool = False) -> datetime:
    """The moment, in UTC, at which the clocks of a zone show a time.

    The first valid minute after it where clocks leave it out; the first of two where it comes twice, or the `last`.
    """
    there = ZoneInfo(zone)
    moment = wall.replace(tzinfo=there, fold=int(last)).astimezone(UTC)
    if moment.astimezone(there).replace(tzinfo=None) == wall:
        return moment
    return _end_of_gap(wall, there)


def is_within(window: PauseWindow, moment: datetime) -> bool:
    """Whether a moment lies in the window. Hours that clocks show twice are in it both times."""
    return any(begins <= moment < ends for begins, ends in _windows(window, moment, 0))


def next_change(window: PauseWindow, moment: datetime) -> datetime:
    """When `is_within` is another than it is at this moment, in UTC; where it never is, a time to look again."""
    edges = [edge for pair in _windows(window, moment, _LONGEST_WAIT) for edge in pair]
    within = is_within(window, moment)
    changes = (edge for edge in sorted(edges) if edge > moment and is_within(window, edge) != within)
    return next(changes, moment.astimezone(UTC) + _LONGEST_WAIT * _DAY)


def _starts(rule: Rule, moment: datetime) -> Iterator[Planned]:
    first = rule.wall
    last = rule.first - timedelta(microseconds=1)
    for day in _days(rule, first.date(), _local_date(moment, rule.zone)):
        if rule.until and day > rule.until:
            return
        wall = datetime.combine(day, first.time())
        at = rule.first.astimezone(UTC) if wall == first else moment_at(wall, rule.zone)
        if rule.until and _local_date(at, rule.zone) > rule.until:
            return
        # A day that clocks leave out is over with the start of the next one: both are one start.
        if at > last:
            last = at
            if at > moment:
                yield Planned(at, wall)


def _days(rule: Rule, first: date, since: date) -> Iterator[date]:
    """The days of the rule in their order, from `first` and from `since` or shortly before, without end."""
    if rule.repeat == ONCE:
        yield first
        return
    day = max(first, since)
    if rule.repeat == MONTHLY:
        yield from _days_of_months(first.day, day)
        return
    wanted = _weekdays(rule)
    while True:
        if day.weekday() in wanted:
            yield day
        day += _DAY


def _weekdays(rule: Rule) -> frozenset[int]:
    """Those on which a daily or weekly rule starts its runs."""
    return EVERY_DAY if rule.repeat == DAILY else rule.days or frozenset({rule.wall.weekday()})


def _days_of_months(number: int, since: date) -> Iterator[date]:
    """That day of every month; the last one of a month that is shorter."""
    months = since.year * 12 + since.month - 1
    while True:
        year, month = divmod(months, 12)
        yield date(year, month + 1, min(number, monthrange(year, month + 1)[1]))
        months += 1


def _windows(window: PauseWindow, moment: datetime, ahead: int) -> Iterator[tuple[datetime, datetime]]:
    """The windows that begin from shortly before a moment until some days after it."""
    today = _local_date(moment, window.zone)
    over_midnight = window.ends <= window.begins
    for offset in range(-1, ahead + 2):
        day = today + offset * _DAY
        if day.weekday() in (window.days or EVERY_DAY):
            begins = datetime.combine(day, window.begins)
            ends = datetime.combine(day + _DAY if over_midnight else day, window.ends)
            yield moment_at(begins, window.zone), moment_at(ends, window.zone, last=True)


def _loses_a_day(zone: str, begin: datetime, end: datetime) -> bool:
    """Whether clocks may have left out a whole day between two moments: a zone has crossed the date line."""
    there = ZoneInfo(zone)
    moved = end.astimezone(there).replace(tzinfo=UTC) - end - (begin.astimezone(there).replace(tzinfo=UTC) - begin)
    return abs(moved) > _DAY / 2


def _local_date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first whole minute after the clocks were put forward over this time."""
    # By PEP 495, fold=1 reads the time with the offset after the change: that lies before it, and fold=0 behind it.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    change = after.replace(microsecond=0)
    return change if not change.second else change.replace(second=0) + _MINUTE
