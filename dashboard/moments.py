"""How days and moments are written, in this one place: 7 Sep 2026, 22:00. In the language of whoever reads.

What is to come, and above all what ends then, is said with its weekday. Headings and titles spell the names out. What
machines read, exports and attributes of pages, is ISO 8601.
"""

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import pgettext

CLOCK, CLOCK_WITH_SECONDS = "%H:%M", "%H:%M:%S"


def day_in_words(day: date, *, weekday: bool = False) -> str:
    """As in "7 Sep 2026", or "Mon 7 Sep 2026"."""
    form = pgettext("format of a date", "D j M Y") if weekday else pgettext("format of a date", "j M Y")
    return formatted(day, form)


def day_spelled_out(day: date) -> str:
    """As in "Monday, 7 September 2026"."""
    return formatted(day, pgettext("format of a date", "l, j F Y"))


def moment_in_words(
    moment: datetime, zone: tzinfo | str | None = None, *, weekday: bool = False, seconds: bool = False
) -> str:
    """As in "Mon 7 Sep 2026, 22:00": what the clocks of the zone show, or the viewer's."""
    local = timezone.localtime(moment, ZoneInfo(zone) if isinstance(zone, str) else zone)
    return f"{day_in_words(local, weekday=weekday)}, {local:{CLOCK_WITH_SECONDS if seconds else CLOCK}}"


def coming_in_words(moment: datetime) -> str:
    """A moment to come, on the viewer's clocks, whose zone is named: "Mon 7 Sep 2026, 22:00 (Europe/Berlin)"."""
    return f"{moment_in_words(moment, weekday=True)} ({timezone.get_current_timezone_name()})"
