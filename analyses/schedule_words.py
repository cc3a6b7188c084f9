"""Schedules and pause windows in words, for pages and the activity log. Pure: knows no models.

In the language of whoever reads; what is stored is to be asked for in English.
"""

from collections.abc import Collection
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from analyses.said import translated
from analyses.schedules import (
    DAILY,
    EVERY_DAY,
    MONTHLY,
    ONCE,
    WEEKLY,
    PauseWindow,
    Planned,
    Rule,
    is_within,
    moment_at,
    next_change,
)
from analyses.weekday_words import weekdays
from dashboard.moments import day_in_words, moment_in_words

MIDNIGHT = time(0)


def rule_in_words(rule: Rule) -> str:
    """As in "Weekly on Monday and Thursday at 22:00 Europe/Berlin, until 31 Dec 2026"."""
    first = rule.wall
    said = {"time": f"{first:%H:%M}", "zone": rule.zone}
    if rule.repeat == ONCE:
        return _("Once, on %(day)s at %(time)s %(zone)s") % {**said, "day": day_in_words(first)}
    if rule.repeat == DAILY:
        text = _("Daily at %(time)s %(zone)s") % said
    elif rule.repeat == WEEKLY:
        days = weekdays_in_words(rule.days or {first.weekday()})
        text = _("Weekly on %(days)s at %(time)s %(zone)s") % {**said, "days": days}
    elif first.day > 28:
        text = _("Monthly on the %(day)s, or the last day of a shorter month, at %(time)s %(zone)s")
        text %= {**said, "day": _ordinal(first.day)}
    else:
        text = _("Monthly on the %(day)s at %(time)s %(zone)s") % {**said, "day": _ordinal(first.day)}
    return _ending(text, rule.until, rule.count)


def at_once_in_words(
    repeat: str, zone: str, days: Collection[int] = (), until: date | None = None, count: int | None = None
) -> str:
    """A schedule whose first run starts as soon as it is submitted."""
    if repeat == ONCE:
        return _("As soon as it is submitted")
    if repeat == DAILY:
        text = _("As soon as it is submitted, then daily at the same time %(zone)s") % {"zone": zone}
    elif repeat == MONTHLY:
        text = _("As soon as it is submitted, then monthly on the same day at the same time %(zone)s") % {"zone": zone}
    elif days:
        text = _("As soon as it is submitted, then weekly on %(days)s at the same time %(zone)s")
        text %= {"days": weekdays_in_words(days), "zone": zone}
    else:
        text = _("As soon as it is submitted, then weekly on the same weekday at the same time %(zone)s")
        text %= {"zone": zone}
    return _ending(text, until, count)


def window_in_words(window: PauseWindow) -> str:
    """As in "Every day from 22:00 until 06:00 the next day, Europe/Berlin"."""
    days = window.days or EVERY_DAY
    is_daily = len(days) == 7
    if window.begins == window.ends == MIDNIGHT:
        text = _("Every day, the whole day, %(zone)s") if is_daily else _("On %(days)s, the whole day, %(zone)s")
    elif window.ends > window.begins:
        daily = _("Every day from %(begin)s until %(end)s, %(zone)s")
        text = daily if is_daily else _("On %(days)s from %(begin)s until %(end)s, %(zone)s")
    elif is_daily:
        text = _("Every day from %(begin)s until %(end)s the next day, %(zone)s")
    else:
        text = _("On %(days)s from %(begin)s until %(end)s the next day, %(zone)s")
    return text % {
        "days": weekdays_in_words(days),
        "begin": f"{window.begins:%H:%M}",
        "end": f"{window.ends:%H:%M}",
        "zone": window.zone,
    }


def weekdays_in_words(days: Collection[int]) -> str:
    """As in "Monday, Wednesday and Friday", or "Monday to Friday"."""
    return translated(weekdays(days))


def moment_in_zone(moment: datetime, zone: str) -> str:
    """As in "Mon 7 Sep 2026, 22:00": what the clocks of the zone show."""
    return moment_in_words(moment, zone, weekday=True)


def explained(planned: Planned, rule: Rule, window: PauseWindow | None) -> list[str]:
    """What is unusual about one start: clocks that change, a month that is shorter, a pause."""
    notes = []
    shown = planned.at.astimezone(ZoneInfo(rule.zone))
    if rule.repeat == MONTHLY and planned.wall.day != rule.wall.day:
        missing = {"month": formatted(planned.wall, "F"), "day": _ordinal(rule.wall.day)}
        notes.append(_("%(month)s has no %(day)s: it starts on the last day.") % missing)
    if shown.replace(tzinfo=None) != planned.wall:
        notes.append(skipped_in_words(planned.wall, shown))
    elif moment_at(planned.wall, rule.zone, last=True) != planned.at:
        twice = {"time": f"{planned.wall:%H:%M}"}
        notes.append(_("Clocks go back: %(time)s comes twice, and it starts the first time.") % twice)
    return notes + pause_in_words(planned.at, window)


def skipped_in_words(wall: datetime, shown: datetime) -> str:
    """That clocks leave out a time, and what they show instead."""
    said = {"time": f"{wall:%H:%M}", "instead": f"{shown:%H:%M}"}
    if shown.date() == wall.date():
        return _("Clocks go forward over %(time)s: it starts at %(instead)s.") % said
    text = _("Clocks go forward over %(time)s: it starts at %(instead)s on %(day)s.")
    return text % {**said, "day": day_in_words(shown)}


def pause_in_words(moment: datetime, window: PauseWindow | None) -> list[str]:
    """That a start lies in the pause window, where it does."""
    if window is None or not is_within(window, moment):
        return []
    ends = moment_in_zone(next_change(window, moment), window.zone)
    return [_("In the pause window: its scans wait until %(moment)s.") % {"moment": ends}]


def overlap_in_words(start: datetime, busy_until: datetime | None, zone: str) -> list[str]:
    """That a start may be skipped, where the run before it can still be under way then."""
    if busy_until is None or busy_until < start:
        return []
    until = moment_in_zone(busy_until, zone)
    return [_("May be skipped: the run before can last until %(moment)s.") % {"moment": until}]


def _ending(text: str, until: date | None, count: int | None) -> str:
    """What is said of a schedule, with its end, if it has one."""
    said = {
        "schedule": text,
        "day": day_in_words(until) if until else "",
        "count": number_format(count or 0, force_grouping=True),
    }
    if until and count:
        return (
            ngettext(
                "%(schedule)s, until %(day)s, at most %(count)s run",
                "%(schedule)s, until %(day)s, at most %(count)s runs",
                count,
            )
            % said
        )
    if until:
        return _("%(schedule)s, until %(day)s") % said
    if count:
        return ngettext("%(schedule)s, %(count)s run in all", "%(schedule)s, %(count)s runs in all", count) % said
    return text


def _ordinal(number: int) -> str:
    """As in "31st"; languages that have one ending say the same to all four."""
    ending = number % 10 if number not in (11, 12, 13) else 0
    texts = {
        1: pgettext("day of a month", "%(number)sst"),
        2: pgettext("day of a month", "%(number)snd"),
        3: pgettext("day of a month", "%(number)srd"),
    }
    return texts.get(ending, pgettext("day of a month", "%(number)sth")) % {"number": number}
