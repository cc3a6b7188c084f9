"""What a schedule that is being chosen means: in words, with its next runs and what is unusual about them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from analyses import schedules
from analyses.forms.schedule import AT, SCHEDULE_VALUES, ScheduleFields
from analyses.models import Analysis
from analyses.schedule_words import (
    at_once_in_words,
    explained,
    moment_in_zone,
    overlap_in_words,
    pause_in_words,
    rule_in_words,
    window_in_words,
)

RUNS = 5
_OF_RUNS = tuple(name for name in SCHEDULE_VALUES if name not in ("end_by", "repeat_off_after"))


@dataclass
class Run:
    """One of the next runs: when, as clocks show it in the zone of the schedule and in the viewer's."""

    at: datetime
    shown: str
    for_viewer: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Preview:
    """A schedule in words, with its next runs; or only what is wrong with it."""

    words: str = ""
    pause: str = ""
    zone: str = ""
    runs: list[Run] = field(default_factory=list)
    is_all: bool = False  # no run follows these
    repeats: bool = False
    errors: list[str] = field(default_factory=list)


def preview_of(analysis: Analysis | None, data: QueryDict | None = None) -> Preview:
    """Of what was sent, or of what is stored when nothing was."""
    if data is None:
        stored = analysis or Analysis(zone=timezone.get_current_timezone_name())
        values = {name: getattr(stored, name) for name in _OF_RUNS}
        at_once = stored.starts_at_once
    else:
        form = ScheduleFields(data, analysis=analysis)
        form.full_clean()
        errors = form.errors_of_schedule()
        if errors:
            return Preview(errors=errors)
        values = {name: form.cleaned_data[name] for name in _OF_RUNS}
        at_once = form.cleaned_data["start"] != AT
    wanted = Analysis(**values | ({"start_at": None} if at_once else {}))
    found = _preview(wanted, *_place(wanted, analysis))
    if wanted.prescan_only:
        found.words = _("%(schedule)s, prescan only") % {"schedule": found.words}
    else:
        _foresee(found, wanted.duration, None if at_once or analysis is None else analysis.busy_until)
    return found


def _foresee(found: Preview, duration: timedelta, busy_until: datetime | None) -> None:
    """Say which of the next runs may be skipped. One that is only prescanned is soon over: it is left out."""
    for run in found.runs:
        run.notes += overlap_in_words(run.at, busy_until, found.zone)
        busy_until = max(busy_until or run.at, run.at + duration)


def _place(wanted: Analysis, analysis: Analysis | None) -> tuple[datetime, int]:
    """After which moment the next runs lie, and how many runs are used up by then."""
    now, start = timezone.now(), wanted.start_at
    if analysis is None or start is None:
        return now, 0
    if start == analysis.start_at:
        return (start if analysis.first_is_used else now), analysis.runs_used
    return now, 0 if start > now else analysis.runs_used  # put off, it begins anew


def _preview(wanted: Analysis, now: datetime, used: int) -> Preview:
    window, rule = wanted.pause_window, wanted.rule
    found = Preview(zone=wanted.zone, repeats=bool(wanted.repeat), pause=window_in_words(window) if window else "")
    if rule is None:
        return _at_once(found, wanted, now)
    starts = schedules.plan(rule, now, RUNS + 1, used)
    found.words = rule_in_words(rule)
    found.runs = [_run(start, rule, window) for start in starts[:RUNS]]
    found.is_all = len(starts) <= RUNS
    return found


def _at_once(found: Preview, wanted: Analysis, now: datetime) -> Preview:
    """The first run is now; the others follow as if it was submitted at this moment."""
    days = frozenset(map(int, wanted.repeat_days))
    found.words = at_once_in_words(wanted.repeat, wanted.zone, days, wanted.repeat_until, wanted.repeat_count)
    found.runs = [Run(now, _("As soon as it is submitted"), notes=pause_in_words(now, wanted.pause_window))]
    found.is_all = True
    if wanted.repeat:
        wanted.start_at = now.replace(second=0, microsecond=0)
        rule = wanted.rule
        assert rule is not None  # noqa: S101 - it has a start
        starts = schedules.plan(rule, now, RUNS, 1)
        found.runs += [_run(start, rule, wanted.pause_window) for start in starts[: RUNS - 1]]
        found.is_all = len(starts) < RUNS
    return found


def _run(start: schedules.Planned, rule: schedules.Rule, window: schedules.PauseWindow | None) -> Run:
    here = timezone.get_current_timezone_name()
    shown, for_viewer = (moment_in_zone(start.at, zone) for zone in (rule.zone, here))
    return Run(start.at, shown, for_viewer if for_viewer != shown else "", explained(start, rule, window))
