"""When schedules start their runs and pause windows keep still, in every time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from analyses.models import Analysis, Repeat
from analyses.schedules import (
    DAILY,
    EVERY_DAY,
    MONTHLY,
    ONCE,
    WEEKLY,
    PauseWindow,
    Rule,
    is_within,
    next_after,
    next_change,
    upcoming,
)

BERLIN, LORD_HOWE, APIA = "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"
DAY = timedelta(days=1)


def at(zone: str, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold)


def local(moments: list[datetime], zone: str) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %z}" for moment in moments]


def test_it_stays_at_ten_in_the_evening_when_clocks_change():
    rule = Rule(BERLIN, at(BERLIN, 2026, 10, 22, 22, 0), WEEKLY, frozenset({0, 3}))
    assert local(upcoming(rule, at(BERLIN, 2026, 10, 22), 3), BERLIN) == [
        "Thu 2026-10-22 22:00 +0200",
        "Mon 2026-10-26 22:00 +0100",
        "Thu 2026-10-29 22:00 +0100",
    ]


def test_a_time_that_does_not_exist_is_the_first_minute_after():
    rule = Rule(BERLIN, at(BERLIN, 2026, 3, 28, 2, 30), DAILY)
    assert local(upcoming(rule, at(BERLIN, 2026, 3, 28), 3), BERLIN) == [
        "Sat 2026-03-28 02:30 +0100",
        "Sun 2026-03-29 03:00 +0200",
        "Mon 2026-03-30 02:30 +0200",
    ]


def test_a_time_that_comes_twice_is_the_first_one_only():
    rule = Rule(BERLIN, at(BERLIN, 2026, 10, 24, 2, 30), DAILY)
    assert local(upcoming(rule, at(BERLIN, 2026, 10, 24), 3), BERLIN) == [
        "Sat 2026-10-24 02:30 +0200",
        "Sun 2026-10-25 02:30 +0200",
        "Mon 2026-10-26 02:30 +0100",
    ]


def test_a_first_start_at_the_second_of_two_times_is_kept():
    first = at(BERLIN, 2026, 10, 25, 2, 30, fold=1)
    assert local(upcoming(Rule(BERLIN, first, DAILY), first - DAY, 2), BERLIN) == [
        "Sun 2026-10-25 02:30 +0100",
        "Mon 2026-10-26 02:30 +0100",
    ]


def test_clocks_that_change_by_half_an_hour():
    rule = Rule(LORD_HOWE, at(LORD_HOWE, 2026, 10, 3, 2, 15), DAILY)
    assert local(upcoming(rule, at(LORD_HOWE, 2026, 10, 3), 3), LORD_HOWE) == [
        "Sat 2026-10-03 02:15 +1030",
        "Sun 2026-10-04 02:30 +1100",
        "Mon 2026-10-05 02:15 +1100",
    ]


def test_a_day_that_was_left_out_is_over_with_the_start_of_the_next():
    at_ten, at_midnight = (Rule(APIA, at(APIA, 2011, 12, 28, hour), DAILY) for hour in (10, 0))
    assert local(upcoming(at_ten, at(APIA, 2011, 12, 29), 3), APIA) == [
        "Thu 2011-12-29 10:00 -1000",
        "Sat 2011-12-31 00:00 +1400",
        "Sat 2011-12-31 10:00 +1400",
    ]
    assert local(upcoming(at_midnight, at(APIA, 2011, 12, 28, 12), 3), APIA) == [
        "Thu 2011-12-29 00:00 -1000",
        "Sat 2011-12-31 00:00 +1400",
        "Sun 2012-01-01 00:00 +1400",
    ]


def test_the_last_day_counts_as_clocks_show_it():
    """In Nuuk, 23:30 of this day is midnight, and so is no longer on it."""
    nuuk = "America/Nuuk"
    rule = Rule(nuuk, at(nuuk, 2024, 3, 29, 23, 30), DAILY, until=date(2024, 3, 30))
    assert local(upcoming(rule, rule.first - DAY, 5), nuuk) == ["Fri 2024-03-29 23:30 -0200"]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (28, ["02-28", "03-28", "04-28"]),
        (29, ["02-28", "03-29", "04-29"]),
        (30, ["02-28", "03-30", "04-30"]),
        (31, ["02-28", "03-31", "04-30"]),
    ],
)
def test_a_month_that_is_shorter_runs_on_its_last_day(day, found):
    rule = Rule("UTC", datetime(2027, 1, day, 9, tzinfo=UTC), MONTHLY)
    assert [f"{start:%m-%d}" for start in upcoming(rule, datetime(2027, 2, 1, tzinfo=UTC), 3)] == found


def test_a_leap_day_is_a_last_day_too():
    rule = Rule("UTC", datetime(2028, 1, 31, 9, tzinfo=UTC), MONTHLY)
    assert next_after(rule, datetime(2028, 2, 1, tzinfo=UTC)) == datetime(2028, 2, 29, 9, tzinfo=UTC)


def test_once_is_once():
    rule = Rule(BERLIN, at(BERLIN, 2026, 9, 1, 22), ONCE)
    assert upcoming(rule, rule.first - DAY, 5) == [rule.first]
    assert next_after(rule, rule.first) is None


def test_a_weekly_one_without_days_runs_on_the_weekday_of_its_first():
    rule = Rule(BERLIN, at(BERLIN, 2026, 9, 1, 22), WEEKLY)
    assert [start.weekday() for start in upcoming(rule, rule.first, 3)] == [1, 1, 1]


def test_a_schedule_that_was_missed_for_years_goes_on_from_now():
    rule = Rule(BERLIN, at(BERLIN, 1990, 1, 1, 22), DAILY)
    assert local([next_after(rule, at(BERLIN, 2026, 7, 1))], BERLIN) == ["Wed 2026-07-01 22:00 +0200"]


class TestPauseWindow:
    office = PauseWindow(BERLIN, time(9), time(17), frozenset(range(5)))
    night = PauseWindow(BERLIN, time(22), time(6), frozenset({4}))

    def test_within_a_day(self):
        friday = at(BERLIN, 2026, 9, 4, 9)
        assert is_within(self.office, friday)
        assert not is_within(self.office, friday - timedelta(microseconds=1))
        assert not is_within(self.office, at(BERLIN, 2026, 9, 4, 17))
        assert not is_within(self.office, at(BERLIN, 2026, 9, 5, 12))
        assert next_change(self.office, at(BERLIN, 2026, 9, 4, 17)) == at(BERLIN, 2026, 9, 7, 9)

    def test_over_midnight_it_belongs_to_the_day_on_which_it_begins(self):
        assert is_within(self.night, at(BERLIN, 2026, 9, 4, 23))
        assert is_within(self.night, at(BERLIN, 2026, 9, 5, 5, 59))
        assert not is_within(self.night, at(BERLIN, 2026, 9, 4, 5))
        assert next_change(self.night, at(BERLIN, 2026, 9, 4, 23)) == at(BERLIN, 2026, 9, 5, 6)

    def test_a_night_in_which_clocks_go_back_is_an_hour_longer(self):
        window = PauseWindow(BERLIN, time(22), time(6))
        begins, ends = at(BERLIN, 2026, 10, 24, 22), at(BERLIN, 2026, 10, 25, 6)
        assert next_change(window, begins) == ends
        assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=9)

    def test_hours_that_come_twice_are_kept_still_both_times(self):
        window = PauseWindow(BERLIN, time(1), time(2, 30))
        assert is_within(window, at(BERLIN, 2026, 10, 25, 2, 15))
        assert is_within(window, at(BERLIN, 2026, 10, 25, 2, 15, fold=1))
        assert not is_within(window, at(BERLIN, 2026, 10, 25, 2, 30, fold=1))

    def test_hours_that_are_left_out_are_over_at_once(self):
        window = PauseWindow(BERLIN, time(2, 15), time(2, 45))
        assert not is_within(window, at(BERLIN, 2026, 3, 29, 3))
        assert next_change(window, at(BERLIN, 2026, 3, 28, 12)) == at(BERLIN, 2026, 3, 30, 2, 15)

    def test_whole_days_in_a_row_are_one_pause(self):
        weekend = PauseWindow(BERLIN, time(0), time(0), frozenset({5, 6}))
        assert next_change(weekend, at(BERLIN, 2026, 9, 5, 12)) == at(BERLIN, 2026, 9, 7)

    def test_one_that_never_ends_says_when_to_look_again(self):
        always = PauseWindow("UTC", time(0), time(0), EVERY_DAY)
        moment = datetime(2026, 9, 1, tzinfo=UTC)
        assert next_change(always, moment) == moment + timedelta(days=15)

    def test_a_day_that_was_left_out(self):
        window = PauseWindow(APIA, time(22), time(6))
        assert next_change(window, at(APIA, 2011, 12, 29, 23)) == at(APIA, 2011, 12, 31, 6)


class TestOfAnAnalysis:
    def test_without_a_start_there_is_no_rule(self):
        assert Analysis(repeat=Repeat.DAILY).rule is None

    def test_the_rule_is_what_is_stored(self):
        first = datetime(2026, 9, 1, 20, tzinfo=UTC)
        analysis = Analysis(
            zone=BERLIN, start_at=first, repeat=Repeat.WEEKLY, repeat_days="03", repeat_until=date(2026, 12, 31),
            repeat_count=9,
        )  # fmt: skip
        assert analysis.rule == Rule(BERLIN, first, WEEKLY, frozenset({0, 3}), date(2026, 12, 31), 9)

    def test_a_window_without_days_is_of_every_day(self):
        analysis = Analysis(zone=BERLIN, pause_from=time(22), pause_until=time(6))
        assert analysis.pause_window == PauseWindow(BERLIN, time(22), time(6), EVERY_DAY)
        assert Analysis(pause_days="0").pause_window is None
