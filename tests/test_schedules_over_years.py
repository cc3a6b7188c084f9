"""Schedules in every time zone, over ten years: what holds of all of them."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyses.schedule_words import explained, moment_in_zone, pause_in_words
from analyses.schedules import (
    DAILY,
    MONTHLY,
    WEEKLY,
    PauseWindow,
    Planned,
    Rule,
    is_within,
    moment_at,
    next_after,
    next_change,
    number_between,
    plan,
    upcoming,
)

pytestmark = pytest.mark.thorough
BERLIN, LORD_HOWE, APIA = "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"
DAY = timedelta(days=1)
TEN_YEARS = timedelta(days=3652)
# Zones whose clocks do something unusual are drawn as often as all the others together.
ODD = [BERLIN, LORD_HOWE, APIA, "Pacific/Fakaofo", "America/Nuuk", "Africa/Casablanca", "Asia/Pyongyang"]
ALL = sorted(available_timezones() - {"localtime", "Factory"})


def _clocks_of(zone: str) -> bytes:
    """What the system's database knows of a zone's clocks: many zones are one by several names."""
    places = (Path(folder, zone) for folder in TZPATH)
    return next((place.read_bytes() for place in places if place.is_file()), zone.encode())


EACH = list({_clocks_of(zone): zone for zone in ALL}.values())  # of those with the same clocks one
EPOCH = datetime(2007, 1, 1, tzinfo=UTC)
zones = st.sampled_from(ODD) | st.sampled_from(ALL)
moments = st.integers(0, 30 * 365 * 24 * 60).map(lambda minutes: EPOCH + timedelta(minutes=minutes))
within_ten_years = st.timedeltas(-timedelta(days=30), timedelta(days=3652))
rules = st.builds(
    Rule,
    zone=zones,
    first=moments,
    repeat=st.sampled_from([DAILY, WEEKLY, MONTHLY]),
    days=st.frozensets(st.integers(0, 6)),
)
times = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
windows = st.builds(PauseWindow, zones, times, times, st.frozensets(st.integers(0, 6), min_size=1))
bounded = settings(max_examples=150, deadline=None)


def at(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone))


def walls(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def meant(rule: Rule, day: date) -> bool:
    """Should a run start on this local day, by the rule alone?"""
    first = rule.wall.date()
    match rule.repeat:
        case "daily":
            return True
        case "weekly":
            return day.weekday() in (rule.days or {first.weekday()})
        case "monthly":
            return day.day == min(first.day, monthrange(day.year, day.month)[1])
    return day == first


@bounded
@given(rules, within_ten_years)
def test_starts_are_in_order_and_keep_their_local_time(rule, later):
    moment = rule.first + later
    starts = plan(rule, moment, 40)
    assert [start.at for start in starts] == sorted({start.at for start in starts})
    for start in starts:
        assert start.at.tzinfo is UTC
        assert start.at > moment
        assert start.at >= rule.first
        assert start.wall.time() == rule.wall.time()
        shown = walls(start.at, rule.zone)
        if shown != start.wall:  # clocks leave that time out: the minute before has not come yet
            assert shown > start.wall
            assert walls(start.at - timedelta(minutes=1), rule.zone) < start.wall


@bounded
@given(rules, within_ten_years)
def test_no_day_is_forgotten_and_none_is_added(rule, later):
    """Day by day: each day of the rule has its start, but for one that clocks leave out or bring to another's start."""
    moment = max(rule.first, rule.first + later)
    starts = plan(rule, moment, 12)
    found = {start.wall.date() for start in starts}
    day = walls(moment, rule.zone).date()
    while day <= starts[-1].wall.date():
        wall = datetime.combine(day, rule.wall.time())
        if meant(rule, day) and wall > rule.wall and moment_at(wall, rule.zone) > moment and day not in found:
            assert moment_at(wall, rule.zone) in {start.at for start in starts}
        day += DAY
    assert all(meant(rule, day) for day in found)


@bounded
@given(rules, within_ten_years)
def test_asked_one_by_one_the_answer_is_the_same(rule, later):
    moment = rule.first + later
    one_by_one = []
    for _ in range(6):
        moment = next_after(rule, moment)
        one_by_one.append(moment)
    assert one_by_one == upcoming(rule, rule.first + later, 6)


@bounded
@given(rules, st.integers(1, 20), st.integers(0, 25))
def test_a_number_of_runs_is_kept(rule, count, fired):
    limited = Rule(rule.zone, rule.first, rule.repeat, rule.days, count=count)
    starts = upcoming(limited, rule.first - DAY, 50, fired)
    assert len(starts) == max(0, count - fired)
    assert (next_after(limited, rule.first - DAY, fired) is None) == (fired >= count)


@bounded
@given(rules, within_ten_years, st.timedeltas(timedelta(), timedelta(days=1500)), st.none() | st.integers(-400, 4000))
@example(Rule(APIA, at(APIA, 2011, 1, 1), DAILY), timedelta(), timedelta(days=700), None)
@example(Rule(APIA, at(APIA, 2011, 1, 1), WEEKLY, frozenset({4, 5})), timedelta(), timedelta(days=700), None)
def test_how_many_lie_between_is_what_counting_them_finds(rule, later, length, last):
    if last is not None:
        rule = replace(rule, until=rule.wall.date() + last * DAY)
    after = rule.first + later
    before = after + length
    counted = sum(start < before for start in upcoming(rule, after, 1600))
    assert number_between(replace(rule, count=1), after, before) == counted


def test_one_that_runs_once_lies_between_or_does_not():
    once, first = Rule(BERLIN, EPOCH), EPOCH
    assert [number_between(once, first - DAY, first + DAY), number_between(once, first, first + DAY)] == [1, 0]


@bounded
@given(rules, st.integers(0, 400))
def test_nothing_starts_after_the_last_day(rule, length):
    last = rule.wall.date() + length * DAY
    limited = Rule(rule.zone, rule.first, rule.repeat, rule.days, until=last)
    starts = upcoming(limited, rule.first - DAY, 30)
    assert all(walls(start, rule.zone).date() <= last for start in starts)
    unlimited = upcoming(rule, rule.first - DAY, 30)
    assert starts == [start for start in unlimited if walls(start, rule.zone).date() <= last]


@bounded
@given(zones, moments)
def test_a_moment_is_found_again_by_its_local_time(zone, moment):
    found = {moment_at(walls(moment, zone), zone), moment_at(walls(moment, zone), zone, last=True)}
    assert moment in found
    assert min(found) == moment_at(walls(moment, zone), zone)


@bounded
@given(windows, moments)
def test_whenever_clocks_show_a_time_of_the_window_it_is_within(window, moment):
    shown = walls(moment, window.zone)
    yesterday = (shown.date() - DAY).weekday()
    if window.begins < window.ends:
        by_the_clock = shown.weekday() in window.days and window.begins <= shown.time() < window.ends
    else:
        began = shown.weekday() in window.days and shown.time() >= window.begins
        by_the_clock = began or (yesterday in window.days and shown.time() < window.ends)
    assert is_within(window, moment) or not by_the_clock


@bounded
@given(windows, moments)
def test_until_the_next_change_it_stays_as_it_is(window, moment):
    change = next_change(window, moment)
    assert moment < change <= moment + timedelta(days=15)
    before = is_within(window, moment)
    step = (change - moment) / 50
    assert all(is_within(window, moment + number * step) == before for number in range(50))
    if change < moment + timedelta(days=15):
        assert is_within(window, change) != before
        assert is_within(window, change - timedelta(microseconds=1)) == before


@settings(max_examples=100, deadline=None)
@given(rules, st.none() | st.integers(1, 4000), st.none() | st.integers(0, 3652), st.none() | windows)
def test_over_ten_years_every_run_is_at_its_time_or_says_why_not(rule, count, length, window):
    until = None if length is None else rule.wall.date() + length * DAY
    rule = replace(rule, count=count, until=until)
    end = rule.first + TEN_YEARS
    starts = [start for start in plan(rule, rule.first - DAY, 4000) if start.at < end]
    assert all(before.at < after.at for before, after in pairwise(starts))
    assert count is None or len(starts) <= count
    assert until is None or all(walls(start.at, rule.zone).date() <= until for start in starts)
    if until is None and (count is None or len(starts) < count):
        assert starts[-1].at > end - timedelta(days=32)
    for start in starts:
        assert start.wall.time() == rule.wall.time()
        assert meant(rule, start.wall.date())
        assert kinds(explained(start, rule, window)) == unusual(start, rule, window)


def unusual(start: Planned, rule: Rule, window: PauseWindow | None) -> set[str]:
    """What is unusual about a start, found without the code that explains it."""
    found = set()
    there = ZoneInfo(rule.zone)
    times = [start.wall.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if walls(start.at, rule.zone) != start.wall:
        found.add("Clocks go forward")
    elif times[0] < times[1] and start.at == times[0]:
        found.add("Clocks go back")
    if rule.repeat == MONTHLY and start.wall.day < rule.wall.day:
        found.add("has no")
    if window is not None and is_within(window, start.at):
        found.add("In the pause window")
    return found


def kinds(notes: list[str]) -> set[str]:
    """Which of the explanations there are; each note has to be one."""
    every = ("Clocks go forward", "Clocks go back", "has no", "In the pause window")
    assert all(any(kind in note for kind in every) for note in notes)
    return {kind for kind in every if any(kind in note for note in notes)}


@bounded
@given(windows, moments)
def test_what_is_said_of_a_start_in_the_pause_window_is_when_the_pause_ends(window, moment):
    [*said] = pause_in_words(moment, window)
    assert bool(said) == is_within(window, moment)
    ends = moment
    while said and is_within(window, ends) and ends < moment + timedelta(days=14):
        ends = next_change(window, ends)
    if said and ends < moment + timedelta(days=14):
        assert said == [f"In the pause window: its scans wait until {moment_in_zone(ends, window.zone)}."]


def test_in_every_zone_every_day_of_a_year_has_its_start():
    for zone in EACH:
        rule = Rule(zone, at(zone, 2026, 1, 1, 2, 30), DAILY)
        starts = plan(rule, rule.first - DAY, 366)
        assert [start.wall for start in starts] == [rule.wall + number * DAY for number in range(366)], zone


def all_of_ten_years(rule: Rule) -> list[datetime]:
    """The local times at which a rule should start something in ten years, day by day, whatever clocks do."""
    days = (rule.wall.date() + number * DAY for number in range(3653))
    return [datetime.combine(day, rule.wall.time()) for day in days if meant(rule, day)]


@pytest.mark.parametrize(
    ("repeat", "day"), [(WEEKLY, 4), (MONTHLY, 28), (MONTHLY, 31)], ids=["weekly", "monthly", "monthly on the 31st"]
)
def test_in_every_zone_every_week_and_month_of_ten_years_has_its_start(repeat, day):
    """At 02:30, when most clocks change; weekly on a Sunday, the day on which most do."""
    expected = all_of_ten_years(Rule("UTC", datetime(2026, 1, day, 2, 30, tzinfo=UTC), repeat))
    for zone in EACH:
        rule = Rule(zone, at(zone, 2026, 1, day, 2, 30), repeat)
        starts = plan(rule, rule.first - DAY, len(expected))
        assert [start.wall for start in starts] == expected, zone
        assert all(before.at < after.at for before, after in pairwise(starts)), zone


@settings(max_examples=25, deadline=None)
@given(rules.filter(lambda rule: rule.repeat != DAILY))
@example(Rule(APIA, at(APIA, 2011, 12, 2), WEEKLY, frozenset({4, 5})))
@example(Rule(APIA, at(APIA, 2011, 11, 30, 9, 0), MONTHLY))
@example(Rule(BERLIN, at(BERLIN, 2024, 2, 29, 2, 30), MONTHLY))
@example(Rule(LORD_HOWE, at(LORD_HOWE, 2026, 1, 4, 2, 15), WEEKLY, frozenset({6})))
def test_over_ten_years_no_week_and_no_month_is_left_out(rule):
    """A day that clocks leave out, as Samoa's did, may have its start together with the next day."""
    expected = [wall for wall in all_of_ten_years(rule) if wall >= rule.wall]
    starts = plan(rule, rule.first - DAY, len(expected))
    found = {start.wall: start.at for start in starts}
    left_out = [wall for wall in expected if wall not in found]
    assert [wall for wall in found if wall <= expected[-1]] == [wall for wall in expected if wall in found]
    assert len(left_out) <= 1
    assert all(moment_at(wall, rule.zone) in found.values() for wall in left_out)
