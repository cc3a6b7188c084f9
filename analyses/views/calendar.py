"""The calendar: what is coming, a month at a time, in the viewer's time zone."""

import re
from calendar import Calendar
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analyses.coming_runs import ComingRun, coming_runs
from dashboard.http import HtmxRequest

MOST_RUNS = 500
IN_A_DAY = 3  # in the grid: the list below has them all
MONTHS_AHEAD = 12


@dataclass
class Day:
    """One day of the grid with its runs; `is_other` when it belongs to the month before or after."""

    date: date
    is_other: bool = False
    runs: list[ComingRun] = field(default_factory=list)

    @property
    def shown(self) -> list[ComingRun]:
        return self.runs[:IN_A_DAY]

    @property
    def more(self) -> int:
        return max(0, len(self.runs) - IN_A_DAY)


@require_safe
@never_cache
def calendar(request: HtmxRequest) -> HttpResponse:
    """`?month=2026-09` shows that month: this one, or one of the next twelve."""
    today = timezone.localdate()
    first = _month(request.GET.get("month", ""), today)
    following = _later(first, 1)
    runs = coming_runs(request.user, max(_begin(first), _begin(today)), _begin(following), MOST_RUNS + 1)
    days = {day: list(found) for day, found in groupby(runs[:MOST_RUNS], lambda run: timezone.localdate(run.at))}
    context = {
        "first": first,
        "today": today,
        "weekdays": list(zip(WEEKDAYS.values(), WEEKDAYS_ABBR.values(), strict=True)),
        "weeks": [
            [Day(day, day.month != first.month, days.get(day, [])) for day in week]
            for week in Calendar().monthdatescalendar(first.year, first.month)
        ],
        "days": [Day(day, runs=found) for day, found in days.items()],
        "total": len(runs[:MOST_RUNS]),
        "cut_on": max(days) if len(runs) > MOST_RUNS else None,
        "before": _later(first, -1) if first > today else None,
        "after": following if following <= _later(today.replace(day=1), MONTHS_AHEAD) else None,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "analyses/calendar.html", context)


def _month(wanted: str, today: date) -> date:
    """The first day of the wanted month; Http404 when there is nothing to see of it."""
    this = today.replace(day=1)
    if not wanted:
        return this
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", wanted)
    first = date(int(found[1]), int(found[2]), 1) if found and found[1] != "0000" else date.min
    if not this <= first <= _later(this, MONTHS_AHEAD):
        raise Http404("No such month.")
    return first


def _later(first: date, months: int) -> date:
    """The first day of a month that comes so many months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _begin(day: date) -> datetime:
    """When a day begins for the viewer."""
    return datetime.combine(day, time(), timezone.get_current_timezone())
