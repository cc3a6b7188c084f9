"""The engine that plays scripts."""

import time

import pytest

from analyses.engines.contract import EngineError, Phase, Progress, Retested, Target
from analyses.engines.registry import engine
from analyses.engines.scripted import SCRIPTS, ScriptedEngine
from tests.engines.following import all_of, ended, flaws, progress

SHOP = "http://shop.test/"


def target(play: str, seconds: str = "0") -> Target:
    return Target(url=f"{SHOP}?play={play}&seconds={seconds}")


@pytest.fixture
def scripted() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.mark.parametrize(
    ("play", "complete", "found"),
    [("complete", True, 3), ("nothing-found", True, 0), ("slow", True, 3), ("fails", False, 0)],
)
def test_a_script_ends_as_written(scripted, tmp_path, play, complete, found):
    events = all_of(scripted.start(target(play), tmp_path, resume=False))
    assert ended(events).complete is complete
    assert bool(ended(events).cause) is not complete
    assert len(flaws(events)) == found


def test_a_script_may_find_something_before_it_fails(scripted, tmp_path):
    events = all_of(scripted.start(target("fails-after-finding"), tmp_path, resume=False))
    assert not ended(events).complete
    assert len(flaws(events)) == 3


def test_progress_only_grows(scripted, tmp_path):
    seen = progress(all_of(scripted.start(target("complete"), tmp_path, resume=False)))
    assert seen == sorted(seen, key=lambda step: (step.phase != Phase.CRAWLING, step.pages, step.checks_done))
    assert seen[-1].checks_done == seen[-1].checks_total > 0


@pytest.mark.parametrize("play", ["hangs", "hangs-after-finding"])
def test_a_hanging_script_goes_on_until_it_is_ended(scripted, tmp_path, play):
    run = scripted.start(target(play), tmp_path, resume=False)
    events = []
    for event in run.events():
        events.append(event)
        if len(events) == SCRIPTS[play].plays * 100 + 10:
            run.end()
    assert not ended(events).complete


def test_a_slow_script_can_be_ended(scripted, tmp_path):
    run = scripted.start(target("slow", "90"), tmp_path, resume=False)
    events = run.events()
    assert isinstance(next(events), Progress)
    run.end()
    assert not ended(events).complete


def test_a_script_takes_as_long_to_end_and_to_test_as_its_address_says(scripted, tmp_path):
    slow = Target(url=f"{SHOP}?play=hangs-after-finding&ending=0.3&testing=0.3")
    run = scripted.start(slow, tmp_path, resume=False)
    events = run.events()
    next(events)
    began = time.monotonic()
    run.end()
    run.end()
    ended_at = time.monotonic()
    list(scripted.retest(slow, [], tmp_path, 60))
    assert ended_at - began >= 0.3
    assert time.monotonic() - ended_at >= 0.3


def test_a_script_that_is_at_its_end_is_at_rest_at_once(scripted, tmp_path):
    run = scripted.start(Target(url=f"{SHOP}?ending=30"), tmp_path, resume=False)
    began = time.monotonic()
    assert ended(all_of(run)).complete
    assert time.monotonic() - began < 15


def test_it_goes_on_where_it_was(scripted, tmp_path):
    run = scripted.start(target("complete"), tmp_path, resume=False)
    for event in run.events():
        if isinstance(event, Progress) and event.checks_done == 60:
            run.end()
    again = all_of(scripted.start(target("complete"), tmp_path, resume=True))
    assert progress(again)[0].checks_done == 61
    assert len(flaws(again)) == 3
    assert len(scripted.crawled(tmp_path)) == 10


def test_without_resume_it_begins_again(scripted, tmp_path):
    all_of(scripted.start(target("complete"), tmp_path, resume=False))
    assert progress(all_of(scripted.start(target("complete"), tmp_path, resume=False)))[0].pages == 1


@pytest.mark.parametrize("play", ["does-not-start", "no-such-script"])
def test_some_scripts_do_not_start(scripted, tmp_path, play):
    with pytest.raises(EngineError):
        scripted.start(target(play), tmp_path, resume=False)


def test_retests_have_all_three_outcomes(scripted, tmp_path):
    found = flaws(all_of(scripted.start(target("complete"), tmp_path, resume=False)))
    told = [event for event in scripted.retest(target("complete"), found, tmp_path, 1) if isinstance(event, Retested)]
    assert told == [Retested(0, True), Retested(1, False), Retested(2, None)]


def test_it_is_only_there_when_settings_say_so(settings):
    settings.SCRIPTED_ENGINE = False
    with pytest.raises(KeyError):
        engine("scripted")
    settings.SCRIPTED_ENGINE = True
    assert engine("scripted").check() == []


def test_an_unknown_engine_is_refused():
    with pytest.raises(KeyError):
        engine("nessie")
