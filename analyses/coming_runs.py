"""The runs that are to come by their schedules, of all the analyses somebody may see: for the calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from analyses import schedules
from analyses.models import Analysis
from analyses.schedule_words import explained, moment_in_zone, overlap_in_words
from analyses.statuses import AnalysisStatus

_MOMENT = timedelta(microseconds=1)
# No run and the one before it are further apart than this, days that clocks leave out included.
_FURTHEST_APART = {
    schedules.DAILY: timedelta(days=2),
    schedules.WEEKLY: timedelta(days=8),
    schedules.MONTHLY: timedelta(days=32),
}


@dataclass(frozen=True)
class ComingRun:
    """One run to come: whose, when, in its own zone where clocks differ there, and what is unusual about it."""

    analysis: Analysis
    at: datetime
    elsewhere: str
    longest: timedelta
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Start:
    """One start by a rule, with the moment until which the run before it can last, if there is one."""

    planned: schedules.Planned
    rule: schedules.Rule
    analysis: Analysis
    busy_until: datetime | None = None


def coming_runs(user: User, since: datetime, until: datetime, most: int) -> list[ComingRun]:
    """The runs from a moment until before another, in their order, at most so many of them. One query."""
    waiting = Q(status=AnalysisStatus.SCHEDULED, start_at__lt=until)
    planned = Analysis.objects.visible_to(user).filter(waiting | Q(next_start__lt=until)).order_by("pk")
    ordered = merge(*(_starts(analysis, since, until) for analysis in planned), key=lambda start: start.planned.at)
    return [_run(start) for start in islice(ordered, most)]


def _starts(analysis: Analysis, since: datetime, until: datetime) -> Iterator[_Start]:
    """The starts of one analysis: the one that it waits for, then those of its schedule. Found when they are wanted."""
    rule, busy_until = analysis.rule, analysis.busy_until
    if rule is None:
        return
    if analysis.status == AnalysisStatus.SCHEDULED and rule.first < until:
        if since <= rule.first:
            yield _Start(schedules.Planned(rule.first, rule.wall), rule, analysis)
        busy_until = rule.first + analysis.duration
    if analysis.next_start is None:
        return
    fired, moment = analysis.repeat_fired, analysis.next_start - _MOMENT
    begin = since - min(analysis.duration, _FURTHEST_APART.get(analysis.repeat, timedelta()))
    if begin > analysis.next_start:
        fired += 0 if rule.count is None else schedules.number_between(rule, moment, begin)
        moment = begin - _MOMENT
    while found := schedules.plan(rule, moment, 1, fired):
        moment, fired = found[0].at, fired + 1
        if moment >= until:
            return
        if moment >= since:
            yield _Start(found[0], rule, analysis, busy_until)
        busy_until = max(busy_until or moment, moment + analysis.duration)


def _run(start: _Start) -> ComingRun:
    planned, rule, analysis = start.planned, start.rule, start.analysis
    here = moment_in_zone(planned.at, timezone.get_current_timezone_name())
    there = moment_in_zone(planned.at, rule.zone)
    longest = analysis.duration
    if analysis.end_by and not analysis.repeat:
        longest = max(timedelta(), min(longest, analysis.end_by - planned.at))
    notes = explained(planned, rule, analysis.pause_window)
    if not analysis.prescan_only:  # which is soon over
        notes += overlap_in_words(planned.at, start.busy_until, timezone.get_current_timezone_name())
    return ComingRun(analysis, planned.at, f"{there} {rule.zone}" if there != here else "", longest, tuple(notes))
