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
from analyses.schedule_words import explained, moment_in_zone
from analyses.statuses import AnalysisStatus

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class ComingRun:
    """One run to come: whose, when, in its own zone where clocks differ there, and what is unusual about it."""

    analysis: Analysis
    at: datetime
    elsewhere: str
    longest: timedelta
    notes: tuple[str, ...]


def coming_runs(user: User, since: datetime, until: datetime, most: int) -> list[ComingRun]:
    """The runs from a moment until before another, in their order, at most so many of them. One query."""
    waiting = Q(status=AnalysisStatus.SCHEDULED, start_at__lt=until)
    planned = Analysis.objects.visible_to(user).filter(waiting | Q(next_start__lt=until)).order_by("pk")
    ordered = merge(*(_starts(analysis, since, until) for analysis in planned), key=lambda start: start[0].at)
    return [_run(*start) for start in islice(ordered, most)]


def _starts(
    analysis: Analysis, since: datetime, until: datetime
) -> Iterator[tuple[schedules.Planned, schedules.Rule, Analysis]]:
    """The starts of one analysis: the one that it waits for, then those of its schedule. Found when they are wanted."""
    rule = analysis.rule
    if rule is None:
        return
    if analysis.status == AnalysisStatus.SCHEDULED and since <= rule.first < until:
        yield schedules.Planned(rule.first, rule.wall), rule, analysis
    if analysis.next_start is None:
        return
    fired, moment = analysis.repeat_fired, analysis.next_start - _MOMENT
    if since > analysis.next_start:
        fired += 0 if rule.count is None else schedules.number_between(rule, moment, since)
        moment = since - _MOMENT
    while found := schedules.plan(rule, moment, 1, fired):
        moment, fired = found[0].at, fired + 1
        if moment >= until:
            return
        if moment >= since:
            yield found[0], rule, analysis


def _run(start: schedules.Planned, rule: schedules.Rule, analysis: Analysis) -> ComingRun:
    here = moment_in_zone(start.at, timezone.get_current_timezone_name())
    there = moment_in_zone(start.at, rule.zone)
    longest = analysis.duration
    if analysis.end_by and not analysis.repeat:
        longest = max(timedelta(), min(longest, analysis.end_by - start.at))
    notes = tuple(explained(start, rule, analysis.pause_window))
    return ComingRun(analysis, start.at, f"{there} {rule.zone}" if there != here else "", longest, notes)
