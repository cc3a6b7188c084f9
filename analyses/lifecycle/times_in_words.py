"""Moments and lengths of time as they are told in what is stored."""

from datetime import datetime, timedelta

from analyses.said import Moment, joined, said, translated
from analyses.said import said as _
from analyses.said import said_of as ngettext

LATE = timedelta(minutes=5)  # what is later than this was kept waiting, as by programs that did not run


def in_words(duration: timedelta) -> str:
    """A duration in words, in the language of this moment: "2 days", "90 minutes"."""
    return translated(length(duration))


def length(duration: timedelta) -> str:
    """The same, to be stored."""
    minutes = int(duration.total_seconds() // 60)
    if minutes >= 1440 and minutes % 1440 == 0:
        return _days(minutes // 1440)
    return _minutes(minutes) if minutes < 60 or minutes % 60 else _hours(minutes // 60)


def in_utc(moment: datetime, *, weekday: bool = False, seconds: bool = False) -> str:
    """As in "7 Sep 2026, 20:00 UTC"."""
    return said("%(moment)s UTC", moment=Moment(moment.isoformat(), weekday=weekday, seconds=seconds))


def in_zone(moment: datetime, zone: str) -> str:
    """As in "Mon 7 Sep 2026, 22:00 (Europe/Berlin)"."""
    return said("%(moment)s (%(zone)s)", moment=Moment(moment.isoformat(), zone, weekday=True), zone=zone)


def lateness(due: datetime, begins: datetime, zone: str) -> str:
    """As in "It was due on Mon 7 Sep 2026, 22:00 (Europe/Berlin) and begins 16 hours late."; empty when on time."""
    if begins - due < LATE:
        return ""
    late = {"moment": in_zone(due, zone), "length": _two_units(begins - due)}
    return _("It was due on %(moment)s and begins %(length)s late.", **late)


def _two_units(duration: timedelta) -> str:
    """Its two largest units: "2 days, 3 hours"."""
    minutes = int(duration.total_seconds() // 60)
    counted = [(minutes // 1440, _days), (minutes // 60 % 24, _hours), (minutes % 60, _minutes)]
    first = next(place for place, (count, _unit) in enumerate(counted) if count)
    return joined(*(unit(count) for count, unit in counted[first : first + 2] if count), by=", ")


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count)


def _hours(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count)


def _minutes(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count)
