"""When an analysis starts, repeats, pauses and ends: the fields, and what makes sense together."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from analyses.forms.section import SectionForm
from analyses.forms.times import NO_DATE, DurationField, LocalTimeField, WeekdaysField, ZoneField, local_time
from analyses.models import Analysis, Repeat
from analyses.schedule_words import moment_in_zone
from analyses.schedules import PauseWindow, is_within, moment_at, next_change
from dashboard.moments import day_in_words
from dashboard.numbers import grouped, grouped_lazy

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=30)
FURTHEST_START = timedelta(days=366)
MOST_RUNS = 1000
MOST_FAILURES = 100
_MOST_RUNS = grouped_lazy(MOST_RUNS)
LONGEST_PAUSE = timedelta(hours=20)  # of one on every day: the rest is left to scan in
MINUTE = timedelta(minutes=1)
PASSED = _("This time has passed. Choose a later one.")
NOW, AT = "now", "at"
ONCE = "once"  # as the page calls it; no value would be a field left out
OF_A_REPEAT = ("repeat_days", "repeat_until", "repeat_count")
# The values that make up a schedule, as the analysis stores them.
SCHEDULE_VALUES = (
    "start_at", "end_by", "duration", "repeat", *OF_A_REPEAT, "zone", "pause_from", "pause_until", "pause_days",
    "repeat_off_after", "prescan_only",
)  # fmt: skip

_AT_MINUTE = {"type": "time"}


class ScheduleFields(SectionForm):
    """Start, repetition, pause and end. Times are what clocks show in the chosen `zone`.

    `submitting` is set by the page: a time that has passed matters only when it is new or about to be used.
    """

    conditional = ("start_at",)
    submitting = False

    start = forms.ChoiceField(
        label=_("Start"),
        choices=[(NOW, _("As soon as it is submitted")), (AT, _("At a set time"))],
        widget=forms.RadioSelect,
        help_text=_("When its first run begins. Nothing begins before it is submitted."),
    )
    start_at = LocalTimeField(
        label=_("Start time"),
        error_messages={"required": _("Choose when it starts.")},
        help_text=_("Within a year from now, in the time zone below."),
    )
    repeat = forms.TypedChoiceField(
        label=_("Repeat"),
        choices=[(value or ONCE, label) for value, label in Repeat.choices],
        coerce=lambda value: "" if value == ONCE else value,
        help_text=_("How often it runs again by itself, at the hour of its first start."),
    )
    repeat_days = WeekdaysField(
        label=_("On these days"), help_text=_("Of a weekly one. None: the weekday of its first start.")
    )
    repeat_count = forms.IntegerField(
        label=_("Number of runs"),
        min_value=1,
        max_value=MOST_RUNS,
        required=False,
        error_messages={
            "invalid": _("Enter a whole number, like 10."),
            "min_value": _("Enter at least 1, or leave it empty."),
            "max_value": format_lazy(
                _("Enter at most {number}, or leave it empty to repeat without end."), number=_MOST_RUNS
            ),
        },
        help_text=format_lazy(_("In all, at most {number}. Empty: without end."), number=_MOST_RUNS),
    )
    repeat_until = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=_("No run starts after it. Empty: without end."),
    )
    repeat_off_after = forms.IntegerField(
        label=_("Stop repeating after failed runs in a row"),
        min_value=1,
        max_value=MOST_FAILURES,
        required=False,
        error_messages={
            "invalid": _("Enter a whole number, like 3."),
            "min_value": _("Enter at least 1, or leave it empty."),
            "max_value": _("Enter at most %(limit_value)s, or leave it empty to repeat whatever happens."),
        },
        help_text=_("Runs that could not start, failed every prescan or ended in a technical issue. Empty: never."),
    )
    prescan_only = forms.BooleanField(
        label=_("Prescan only"),
        required=False,
        help_text=_("Check that every target answers and that sign-in works, and scan nothing."),
    )
    end_by = LocalTimeField(
        label=_("End no later than"),
        required=False,
        help_text=_("Of a single run: what is still running then is ended, and its results so far are kept."),
    )
    duration = DurationField(
        label=_("Longest duration"),
        help_text=_("From 1 hour to 30 days, counted from the first scan. What has been found by then is kept."),
    )
    pause_from = forms.TimeField(
        label=_("From"), required=False, widget=forms.TimeInput(attrs=_AT_MINUTE, format="%H:%M"),
        error_messages={"invalid": _("Enter a time, like 22:00.")},
        help_text=_("When the pause begins, such as 08:00."),
    )  # fmt: skip
    pause_until = forms.TimeField(
        label=_("Until"), required=False, widget=forms.TimeInput(attrs=_AT_MINUTE, format="%H:%M"),
        error_messages={"invalid": _("Enter a time, like 06:00.")},
        help_text=_("Earlier than “From”: on the next day. The same: a whole day."),
    )  # fmt: skip
    pause_days = WeekdaysField(label=_("On the days on which it begins"), help_text=_("None: every day."))
    zone = ZoneField(label=_("Time zone"), help_text=_("All times of this section are what clocks show there."))

    def __init__(
        self, data=None, files=None, *, analysis: Analysis | None = None, initial: dict[str, Any] | None = None
    ):
        super().__init__(data, files, initial=_initial(analysis) | (initial or {}))
        self.analysis = analysis

    @property
    def has_begun(self) -> bool:
        """Is a schedule that repeats under way, with runs to come?"""
        return self.analysis is not None and self.analysis.next_start is not None

    def needed(self) -> tuple[str, ...]:
        return ("start_at",) if self.data.get("start") == AT else ()

    def clean_duration(self) -> timedelta:
        duration: timedelta = self.cleaned_data["duration"]
        if "duration" not in self.changed_data:
            # Shown rounded to hundredths of an hour: untouched, it stays exactly what it is.
            return self.initial.get("duration") or duration
        if not SHORTEST <= duration <= LONGEST:
            raise ValidationError(_("Choose a duration between 1 hour and 30 days."))
        return duration

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        zone: str = cleaned.get("zone") or self.initial["zone"]
        self._leave_out(cleaned)
        self._read_times(cleaned, zone)
        window = self._check_pause(cleaned, zone)
        if cleaned.get("start") == AT and cleaned.get("start_at"):
            self._check_start(cleaned["start_at"], window)
        if cleaned.get("repeat"):
            self._check_repeat(cleaned, zone)
        if cleaned.get("end_by"):
            self._check_end(cleaned["end_by"], cleaned.get("start_at"))
        if not any(cleaned.get(name) for name in ("start_at", "repeat", "end_by")) and window is None:
            cleaned["zone"] = self.analysis.zone if self.analysis else zone  # no time is of it: it says nothing
        return cleaned

    def _leave_out(self, cleaned: dict[str, Any]) -> None:
        """Empty what does not belong to the choices that were made; it may be hidden by then."""
        if cleaned.get("start") == NOW:
            self._empty(cleaned, "start_at")
        if cleaned.get("repeat"):
            self._empty(cleaned, "end_by")
        else:
            self._empty(cleaned, *OF_A_REPEAT)
            self.errors.pop("repeat_off_after", None)
            cleaned["repeat_off_after"] = self.initial["repeat_off_after"]  # for the day on which it repeats again
        if cleaned.get("repeat") != Repeat.WEEKLY:
            self._empty(cleaned, "repeat_days")
        if not cleaned.get("pause_from") and not cleaned.get("pause_until"):
            self._empty(cleaned, "pause_days")

    def _empty(self, cleaned: dict[str, Any], *names: str) -> None:
        for name in names:
            cleaned[name] = "" if name.endswith("_days") else None
            self.errors.pop(name, None)

    def _read_times(self, cleaned: dict[str, Any], zone: str) -> None:
        """Turn local times into moments. Shown to the minute, they stay what they are when nobody touched them."""
        touched = {"end_by": {"end_by", "zone"}, "start_at": {"start"}}
        if cleaned.get("start") == AT:
            touched["start_at"] = {"start", "start_at", "zone"}
        for name, names in touched.items():
            if name in self.errors or (name == "end_by" and cleaned.get("repeat")):
                continue
            if self.analysis is not None and not names & set(self.changed_data):
                cleaned[name] = getattr(self.analysis, name)
            elif cleaned.get(name):
                moment = moment_at(cleaned[name], zone)
                shown = moment.astimezone(ZoneInfo(zone))
                if shown.replace(tzinfo=None) == cleaned[name]:
                    cleaned[name] = moment
                    continue
                text = _("This time does not exist in %(zone)s. Clocks go forward over %(time)s. Choose another one.")
                self.add_error(name, text % {"zone": zone, "time": f"{cleaned[name]:%H:%M}"})

    def _check_pause(self, cleaned: dict[str, Any], zone: str) -> PauseWindow | None:
        if "pause_from" in self.errors or "pause_until" in self.errors:
            return None
        begins, ends = cleaned.get("pause_from"), cleaned.get("pause_until")
        if begins is None and ends is None:
            return None
        if begins is None or ends is None:
            missing = "pause_from" if begins is None else "pause_until"
            self.add_error(missing, _("Choose both times, or leave both empty."))
            return None
        window = PauseWindow(zone, begins, ends, frozenset(map(int, cleaned.get("pause_days") or "0123456")))
        length = timedelta(hours=ends.hour - begins.hour, minutes=ends.minute - begins.minute) % timedelta(days=1)
        if len(window.days) == 7 and not timedelta() < length <= LONGEST_PAUSE:
            text = _("On every day it may be at most 20 hours long. Shorten it, or choose days.")
            self.add_error("pause_until", text)
            return None
        return window

    def _check_start(self, start: datetime, window: PauseWindow | None) -> None:
        now = timezone.now()
        matters = self._matters("start", "start_at") if self.has_begun else self._matters("start_at", to_submit=True)
        if matters and start < now - MINUTE:
            self.add_error("start_at", PASSED)
        elif start > now + FURTHEST_START:
            self.add_error("start_at", _("Choose a time within a year from now."))
        elif window and start > now and is_within(window, start):
            ends = moment_in_zone(next_change(window, start), window.zone)
            text = _("This lies in the pause window, until %(moment)s. Choose another time, or window.")
            self.add_error("start_at", text % {"moment": ends})

    def _check_repeat(self, cleaned: dict[str, Any], zone: str) -> None:
        first = cleaned.get("start_at") if cleaned.get("start") == AT else timezone.now()
        if first is None:  # its own error says why
            return
        local = first.astimezone(ZoneInfo(zone)).date()
        days, until, count = (cleaned.get(name) for name in ("repeat_days", "repeat_until", "repeat_count"))
        if cleaned.get("start") == AT and days and str(local.weekday()) not in days:
            text = _("The first start is on a %(weekday)s. Choose %(weekday)s too, or another start time.")
            self.add_error("repeat_days", text % {"weekday": WEEKDAYS[local.weekday()]})
        if until and until < local:
            text = _("This is before the first start, on %(day)s.")
            self.add_error("repeat_until", text % {"day": day_in_words(local)})
        elif until and until < timezone.localdate() and self._matters("repeat_until", to_submit=True):
            self.add_error("repeat_until", _("This day has passed. Choose a later one, or none."))
        put_off = self.analysis is not None and first > timezone.now() and first != self.analysis.start_at
        begun = self.analysis.repeat_fired if self.analysis and self.has_begun and not put_off else 0
        if count and count <= begun and self._matters("repeat_count"):
            text = _("%(number)s of its runs have begun already. Choose a higher number, or none.")
            self.add_error("repeat_count", text % {"number": grouped(begun)})

    def _check_end(self, end: datetime, start: datetime | None) -> None:
        if start and end <= start:
            self.add_error("end_by", _("The end must be after the start."))
        elif self._matters("end_by", to_submit=True) and end <= timezone.now():
            self.add_error("end_by", _("This time has passed. Choose a later one, or none."))

    def _matters(self, *names: str, to_submit: bool = False) -> bool:
        return (to_submit and self.submitting) or bool(set(names) & set(self.changed_data))

    def errors_of_schedule(self) -> list[str]:
        """Everything that is wrong with the schedule."""
        names: Collection[str] = ("start", *SCHEDULE_VALUES)
        return [str(message) for name in names for message in self.errors.get(name, [])]


def _initial(analysis: Analysis | None) -> dict[str, Any]:
    here = timezone.get_current_timezone_name()
    if analysis is None:
        new = Analysis()
        defaults = {name: getattr(new, name) for name in ("duration", "repeat_off_after")}
        return {"start": NOW, "repeat": ONCE, "zone": here, **defaults}
    has_times = any(getattr(analysis, name) for name in ("start_at", "repeat", "end_by")) or analysis.pause_window
    zone = analysis.zone if has_times else here
    return {
        "start": NOW if analysis.starts_at_once else AT,
        "start_at": None if analysis.starts_at_once else local_time(analysis.start_at, zone),
        "repeat": analysis.repeat or ONCE,
        "repeat_days": list(analysis.repeat_days),
        "repeat_count": analysis.repeat_count,
        "repeat_until": analysis.repeat_until,
        "repeat_off_after": analysis.repeat_off_after,
        "prescan_only": analysis.prescan_only,
        "end_by": local_time(analysis.end_by, zone),
        "duration": analysis.duration,
        "pause_from": analysis.pause_from,
        "pause_until": analysis.pause_until,
        "pause_days": list(analysis.pause_days),
        "zone": zone,
    }
