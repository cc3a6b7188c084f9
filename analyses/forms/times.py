"""Form fields for times: a duration, a local time, the zone it is of, days of the week."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import BaseTemporalField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.zones import KNOWN_ZONES

UNITS = [("hours", _("hours")), ("days", _("days"))]
NO_TIME = _("Enter a date and a time, like 2026-05-31 22:00.")
NO_DATE = _("Enter a date, like 2026-05-31.")
NO_ZONE = _("Choose a time zone from the list, like Europe/Berlin.")
YEARS = range(2000, 2200)

# What is offered; any other known name, such as an old one, may be typed.
REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
ZONES = ["UTC", *sorted(name for name in KNOWN_ZONES if name.partition("/")[0] in REGIONS)]
_BY_NAME = {name.lower(): name for name in KNOWN_ZONES - {"localtime", "Factory"}}
_CITIES = [(f"/{name}".lower(), name) for name in ZONES]


class DurationWidget(forms.MultiWidget):
    """A number and its unit. The field's label is the number's; the unit has its own."""

    use_fieldset = False

    def __init__(self, attrs: dict[str, Any] | None = None):
        number = forms.NumberInput(attrs={"step": "any", "min": "0", "class": "input input--number"})
        unit = forms.Select(choices=UNITS, attrs={"aria-label": _("Unit of the duration"), "class": "input"})
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
        number = forms.DecimalField(error_messages={"invalid": _("Enter a number, like 8 or 1.5.")})
        super().__init__([number, forms.ChoiceField(choices=UNITS)], require_all_fields=True, **kwargs)

    def compress(self, data_list: list[Any]) -> timedelta | None:
        if not data_list:
            return None
        number, unit = data_list
        # The number is checked before it becomes a timedelta, which cannot hold every number.
        if not 0 < number <= 1000:
            raise ValidationError(_("Choose a duration between 1 hour and 30 days."))
        return timedelta(**{unit: float(number)})


class LocalTimeField(forms.DateTimeField):
    """A date and a time as clocks show them: answered without a zone, which is another field."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
    default_error_messages = {"invalid": NO_TIME}

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        local: datetime = BaseTemporalField.to_python(self, value)  # type: ignore[assignment]
        if local.year not in YEARS:
            raise ValidationError(NO_TIME)
        return local


class ZoneField(forms.CharField):
    """A time zone by its IANA name, whatever its case; a city stands for its zone."""

    def __init__(self, **kwargs):
        widget = forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=64, widget=widget, error_messages={"required": NO_ZONE}, **kwargs)

    def clean(self, value: str | None) -> str:
        typed = super().clean(value).lower().replace(" ", "_")
        found = {name for place, name in _CITIES if place.endswith(f"/{typed}")}
        name = _BY_NAME.get(typed) or (found.pop() if len(found) == 1 else "")
        if not name:
            raise ValidationError(NO_ZONE)
        return name


class WeekdaysField(forms.MultipleChoiceField):
    """Days of the week, answered as the digits they are stored as: 0 is Monday."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        choices = [(str(number), name) for number, name in WEEKDAYS.items()]
        super().__init__(choices=choices, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        return "".join(sorted(super().clean(value)))

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def local_time(moment: datetime | None, zone: str) -> datetime | None:
    """What clocks of a zone show then, to the minute, as pages show it."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0) if moment else None
