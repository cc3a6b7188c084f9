"""When an analysis starts and how long it may take: the fields, and what makes sense together."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from analyses.forms.section import SectionForm
from dashboard.http import KNOWN_ZONES

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=30)
FURTHEST_START = timedelta(days=366)
MINUTE = timedelta(minutes=1)
UNITS = [("hours", "hours"), ("days", "days")]
NO_TIME = "Enter a date and a time, like 2026-05-31 22:00."
NOW, AT = "now", "at"


class DurationWidget(forms.MultiWidget):
    """A number and its unit. The field's label is the number's; the unit has its own."""

    use_fieldset = False

    def __init__(self, attrs: dict[str, Any] | None = None):
        number = forms.NumberInput(attrs={"step": "any", "min": "0", "class": "input input--number"})
        unit = forms.Select(choices=UNITS, attrs={"aria-label": "Unit of the duration", "class": "input"})
        super().__init__([number, unit], attrs)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"

    def decompress(self, value: timedelta | None) -> list[Any]:
        if value is None:
            return [None, "hours"]
        days = value / timedelta(days=1)
        if days >= 2 and days.is_integer():
            return [int(days), "days"]
        return [f"{value / timedelta(hours=1):.2f}".rstrip("0").rstrip("."), "hours"]


class DurationField(forms.MultiValueField):
    """A duration between an hour and 30 days, answered as a timedelta."""

    widget = DurationWidget

    def __init__(self, **kwargs):
        number = forms.DecimalField(error_messages={"invalid": "Enter a number, like 8 or 1.5."})
        super().__init__([number, forms.ChoiceField(choices=UNITS)], require_all_fields=True, **kwargs)

    def compress(self, data_list: list[Any]) -> timedelta | None:
        if not data_list:
            return None
        number, unit = data_list
        # The number is checked before it becomes a timedelta, which cannot hold every number.
        if not 0 < number <= 1000:
            raise ValidationError("Choose a duration between 1 hour and 30 days.")
        return timedelta(**{unit: float(number)})


class ScheduleFields(SectionForm):
    """Start, end and duration, read in the zone the page was shown in.

    `submitting` is set by the page: a time that has passed matters only when it is new or about to be used.
    """

    conditional = ("start_at",)
    submitting = False

    start = forms.ChoiceField(
        label="Start",
        choices=[(NOW, "As soon as it is submitted"), (AT, "At a set time")],
        widget=forms.RadioSelect,
    )
    start_at = forms.DateTimeField(
        label="Start time",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "Choose when it starts.", "invalid": NO_TIME},
    )
    end_by = forms.DateTimeField(
        label="End no later than",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": NO_TIME},
        help_text="What is still running then is ended, and its results so far are kept.",
    )
    duration = DurationField(
        label="Longest duration",
        help_text="From 1 hour to 30 days, counted from the first scan. What has been found by then is kept.",
    )

    @property
    def zone_name(self) -> str:
        """The zone of the times on this page: the one it was opened in, whatever the cookie says by now."""
        sent = self.data.get("zone", "") if self.is_bound else ""
        return sent if sent in KNOWN_ZONES else timezone.get_current_timezone_name()

    def needed(self) -> tuple[str, ...]:
        return ("start_at",) if self.data.get("start") == AT else ()

    def full_clean(self) -> None:
        with timezone.override(ZoneInfo(self.zone_name)):
            super().full_clean()

    def clean_duration(self) -> timedelta:
        duration: timedelta = self.cleaned_data["duration"]
        if "duration" not in self.changed_data:
            # Shown rounded to hundredths of an hour: untouched, it stays exactly what it is.
            return self.initial.get("duration") or duration
        if not SHORTEST <= duration <= LONGEST:
            raise ValidationError("Choose a duration between 1 hour and 30 days.")
        return duration

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("start") == NOW:
            cleaned["start_at"] = None
            self.errors.pop("start_at", None)
        elif cleaned.get("start_at"):
            self._check_start(cleaned["start_at"])
        if cleaned.get("end_by"):
            self._check_end(cleaned["end_by"], cleaned.get("start_at"))
        return cleaned

    def _check_start(self, start: datetime) -> None:
        now = timezone.now()
        if self._matters("start_at") and start < now - MINUTE:
            self.add_error("start_at", "This time has passed. Choose a later one.")
        elif start > now + FURTHEST_START:
            self.add_error("start_at", "Choose a time within a year from now.")

    def _check_end(self, end: datetime, start: datetime | None) -> None:
        if start and end <= start:
            self.add_error("end_by", "The end must be after the start.")
        elif self._matters("end_by") and end <= timezone.now():
            self.add_error("end_by", "This time has passed. Choose a later one, or none.")

    def _matters(self, name: str) -> bool:
        return self.submitting or name in self.changed_data
