"""Schedules are said in the reader's language, in whole sentences; what is stored of them is in English."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation

from analyses.lifecycle.freezing import frozen_for_reader
from analyses.lifecycle.times_in_words import lateness
from analyses.models import Analysis
from analyses.schedule_words import at_once_in_words, explained, rule_in_words, window_in_words
from analyses.schedules import DAILY, MONTHLY, ONCE, WEEKLY, PauseWindow, Rule, plan
from tests.words.pseudo import outside, spoken

BERLIN, FIRST = "Europe/Berlin", datetime(2027, 1, 31, 1, 30, tzinfo=UTC)  # a Sunday, 02:30 there
ENDS = [(None, None), (date(2027, 12, 31), None), (None, 1), (None, 1_200), (date(2027, 12, 31), 2)]


@pytest.mark.parametrize("repeat", [DAILY, WEEKLY, MONTHLY])
@pytest.mark.parametrize(("until", "count"), ENDS)
def test_a_rule_is_one_text_around_all_it_names(repeat, until, count):
    for days in (frozenset(), frozenset({0}), frozenset({0, 3, 5}), frozenset(range(5))):
        rule = Rule(BERLIN, FIRST, repeat, days if repeat == WEEKLY else frozenset(), until, count)
        with spoken():
            assert outside(rule_in_words(rule)).strip() == ""
            assert outside(at_once_in_words(repeat, BERLIN, rule.days, until, count)).strip() == ""


def test_so_are_a_single_run_a_pause_and_what_is_unusual():
    rule = Rule(BERLIN, FIRST, MONTHLY)
    night, day = (time(22), time(6)), (time(6), time(22))
    with spoken():
        windows = [PauseWindow(BERLIN, *hours, days) for hours in (night, day) for days in (frozenset(), {5, 6})]
        said = [rule_in_words(Rule(BERLIN, FIRST, ONCE)), *map(window_in_words, windows)]
        for start in plan(rule, FIRST, 12):
            said += explained(start, rule, PauseWindow(BERLIN, time(0), time(0)))
        assert len(said) > 12
        assert [outside(text).strip() for text in said] == [""] * len(said)


def test_days_are_named_as_the_reader_names_them():
    with translation.override("de"):
        assert "Sonntag" in rule_in_words(Rule(BERLIN, FIRST, WEEKLY))


@pytest.mark.django_db
def test_what_a_run_keeps_and_the_log_says_is_english_in_anybodys_request(alice):
    for start_at in (None, FIRST):
        analysis = Analysis.objects.create(
            name=f"{start_at}", owner=alice, repeat=DAILY, zone=BERLIN, start_at=start_at
        )
        plain = frozen_for_reader(analysis)
        with spoken():
            assert frozen_for_reader(analysis) == plain
    with spoken():
        late = lateness(FIRST, FIRST + timedelta(hours=16), BERLIN)
    assert late == "It was due on Sun 31 Jan 2027, 02:30 (Europe/Berlin) and begins 16 hours late."
