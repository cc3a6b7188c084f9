"""Schedules and pause windows in words, for pages and the activity log. Pure: knows no models."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.timesince import timesince

from analyses.schedules import (
    DAILY,
    EVERY_DAY,
    MONTHLY,
    ONCE,
    WEEKDAYS,
    WEEKLY,
    PauseWindow,
    Planned,
    Rule,
    is_within,
    moment_at,
    next_change,
)

MIDNIGHT = time(0)
LATE = timedelta(minutes=5)  # what is later than this was kept waiting, as by programs that did not run


def rule_in_words(rule: Rule) -> str:
    """As in "Weekly on Monday and Thursday at 22:00 Europe/Berlin, until 31 Dec 2026"."""
    first = rule.wall
    at = f"at {first:%H:%M} {rule.zone}"
    if rule.repeat == ONCE:
        return f"Once, on {date_in_words(first)} {at}"
    if rule.repeat == MONTHLY:
        shorter = ", or the last day of a shorter month," if first.day > 28 else ""
        return f"Monthly on the {_ordinal(first.day)}{shorter} {at}{_end(rule.until, rule.count)}"
    on = f" on {weekdays_in_words(rule.days or {first.weekday()})}" if rule.repeat == WEEKLY else ""
    return f"{rule.repeat.capitalize()}{on} {at}{_end(rule.until, rule.count)}"


def at_once_in_words(
    repeat: str, zone: str, days: Collection[int] = (), until: date | None = None, count: int | None = None
) -> str:
    """A schedule whose first run starts as soon as it is submitted."""
    text = "As soon as it is submitted"
    if repeat == ONCE:
        return text
    on = {DAILY: "", MONTHLY: "on the same day"}.get(repeat)
    if on is None:
        on = f"on {weekdays_in_words(days)}" if days else "on the same weekday"
    return f"{text}, then {' '.join(filter(None, (repeat, on)))} at the same time {zone}{_end(until, count)}"


def window_in_words(window: PauseWindow) -> str:
    """As in "Every day from 22:00 until 06:00 the next day, Europe/Berlin"."""
    days = weekdays_in_words(window.days or EVERY_DAY)
    days = "Every day" if len(window.days or EVERY_DAY) == 7 else f"On {days}"
    if window.begins == window.ends == MIDNIGHT:
        return f"{days}, the whole day, {window.zone}"
    over = " the next day" if window.ends <= window.begins else ""
    return f"{days} from {window.begins:%H:%M} until {window.ends:%H:%M}{over}, {window.zone}"


def weekdays_in_words(days: Collection[int]) -> str:
    """As in "Monday, Wednesday and Friday", or "Monday to Friday"."""
    chosen = sorted(days)
    names = [WEEKDAYS[day] for day in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def date_in_words(day: date) -> str:
    """As in "31 Dec 2026"."""
    return f"{day.day} {day:%b %Y}"


def moment_in_zone(moment: datetime, zone: str) -> str:
    """As in "Mon 7 Sep 2026, 22:00": what the clocks of the zone show."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {date_in_words(local)}, {local:%H:%M}"


def lateness(due: datetime, begins: datetime, zone: str) -> str:
    """As in "It was due on Mon 7 Sep 2026, 22:00 (Europe/Berlin) and begins 16 hours late."; empty when on time."""
    if begins - due < LATE:
        return ""
    late = timesince(due, begins).replace("\xa0", " ")
    return f"It was due on {moment_in_zone(due, zone)} ({zone}) and begins {late} late."


def explained(planned: Planned, rule: Rule, window: PauseWindow | None) -> list[str]:
    """What is unusual about one start: clocks that change, a month that is shorter, a pause."""
    notes = []
    shown = planned.at.astimezone(ZoneInfo(rule.zone))
    if rule.repeat == MONTHLY and planned.wall.day != rule.wall.day:
        notes.append(f"{planned.wall:%B} has no {_ordinal(rule.wall.day)}: it starts on the last day.")
    if shown.replace(tzinfo=None) != planned.wall:
        notes.append(skipped_in_words(planned.wall, shown))
    elif moment_at(planned.wall, rule.zone, last=True) != planned.at:
        notes.append(f"Clocks go back: {planned.wall:%H:%M} comes twice, and it starts the first time.")
    return notes + pause_in_words(planned.at, window)


def skipped_in_words(wall: datetime, shown: datetime) -> str:
    """That clocks leave out a time, and what they show instead."""
    instead = f"{shown:%H:%M}" if shown.date() == wall.date() else f"{shown:%H:%M} on {date_in_words(shown)}"
    return f"Clocks go forward over {wall:%H:%M}: it starts at {instead}."


def pause_in_words(moment: datetime, window: PauseWindow | None) -> list[str]:
    """That a start lies in the pause window, where it does."""
    if window is None or not is_within(window, moment):
        return []
    ends = next_change(window, moment)
    return [f"In the pause window: its scans wait until {moment_in_zone(ends, window.zone)}."]


def overlap_in_words(start: datetime, busy_until: datetime | None, zone: str) -> list[str]:
    """That a start may be skipped, where the run before it can still be under way then."""
    if busy_until is None or busy_until < start:
        return []
    return [f"May be skipped: the run before can last until {moment_in_zone(busy_until, zone)}."]


def _end(until: date | None, count: int | None) -> str:
    runs = f"{count:,} run{'s' if count != 1 else ''}" if count else ""
    if until:
        return f", until {date_in_words(until)}{f', at most {runs}' if runs else ''}"
    return f", {runs} in all" if runs else ""


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{ending}"
