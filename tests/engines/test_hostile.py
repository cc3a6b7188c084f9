"""Programs under Wapiti's name that do what no engine should: each run has an end, says how, and leaves nothing."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from analyses.engines.contract import Ended, Found, FoundFlaw, Progress, Retested, Severity
from analyses.engines.wapiti import WapitiEngine
from analyses.engines.wapiti.retest import DAMAGED, NO_TIME
from analyses.engines.wapiti.run import WapitiRun
from tests.engines.following import (
    PATIENCE,
    Memory,
    all_of,
    ended,
    flaws,
    names,
    of_folder,
    progress,
    told_until,
    wait_until,
)
from tests.engines.pretending import NEVER_LAUNCHED, pretend
from tests.engines.targets import a_target

pytestmark = pytest.mark.thorough
TARGET = a_target(url="http://shop.test/", modules=("sql",))
FLAW = FoundFlaw("SQL Injection", Severity.CRITICAL, "GET", f"{TARGET.url}page-2?word=a", "word", "sql")
LITTLE = 100  # MB


@pytest.fixture
def workdir(tmp_path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def start(tmp_path, workdir, settings) -> Callable[..., WapitiRun]:
    def start(behaviour: str, *how: str) -> WapitiRun:
        settings.ENGINE_PYTHON = pretend(tmp_path, behaviour, *how)
        return WapitiEngine().start(TARGET, workdir, resume=False)

    return start


@pytest.fixture
def impatient(monkeypatch) -> None:
    monkeypatch.setattr("analyses.engines.process.TERM_SECONDS", 0.5)
    monkeypatch.setattr("analyses.engines.process.GONE_SECONDS", 1)


def test_a_program_that_behaves_passes_for_wapiti(start, workdir):
    events = all_of(start("well_behaved"))
    assert ended(events) == Ended(complete=True)
    assert names(flaws(events)) == {("SQL Injection", "word", "/page-2")}
    assert of_folder(workdir) == []


@pytest.mark.parametrize("behaviour", ["silent", "mute"])
def test_silence_is_progress_about_once_a_second(start, workdir, behaviour):
    times = []
    events = told_until(start(behaviour), lambda: times.append(time.monotonic()) or len(times) == 3)
    assert len(progress(events[:3])) == 3
    assert all(0.8 < later - earlier < 2 for earlier, later in pairwise(times[:3]))
    assert not ended(events).complete
    assert of_folder(workdir) == []


def test_silence_for_too_long_is_an_end(start, workdir, monkeypatch):
    monkeypatch.setattr("analyses.engines.wapiti.run.SILENT_SECONDS", 1.5)
    events = all_of(start("silent_after_finding"))
    assert "said nothing for" in ended(events).cause
    assert len(flaws(events)) == 1
    assert of_folder(workdir) == []


@pytest.mark.parametrize(("behaviour", "processes"), [("deaf", 2), ("parent_that_hangs", 4)])
def test_who_does_not_listen_is_killed_with_all_it_started(start, workdir, impatient, behaviour, processes):
    run = start(behaviour)
    assert wait_until(lambda: list(workdir.rglob("scan.db")), PATIENCE)
    assert wait_until(lambda: len(of_folder(workdir)) == processes, PATIENCE)
    run.end()
    assert of_folder(workdir) == []


def test_what_is_in_its_group_ends_with_a_watcher_that_is_killed(start, workdir):
    run = start("parent_in_its_group")
    assert wait_until(lambda: len(of_folder(workdir)) == 3, PATIENCE)
    os.kill(run.pid, signal.SIGKILL)
    assert "signal 9" in ended(all_of(run)).cause
    assert wait_until(lambda: not of_folder(workdir), PATIENCE)


def test_who_was_never_launched_is_killed(start, workdir, impatient):
    run = start("well_behaved", NEVER_LAUNCHED)
    assert wait_until((workdir / "ready").exists, PATIENCE)
    run.end()
    assert of_folder(workdir) == []


def test_what_an_engine_leaves_behind_does_not_hold_up_its_end(start, workdir):
    assert ended(all_of(start("parent"))).complete
    assert of_folder(workdir) == []


def test_200_megabytes_of_output_are_read_and_not_kept(start, workdir):
    times = []
    with Memory() as memory:
        events = told_until(start("loud"), lambda: times.append(time.monotonic()))
    assert ended(events) == Ended(complete=True)
    assert memory.growth < LITTLE
    assert max(later - earlier for earlier, later in pairwise(times)) < 2
    assert (workdir / "engine.log").stat().st_size < 3 * 1024**2


@pytest.mark.parametrize(
    ("behaviour", "words", "found"),
    [
        ("empty_handed", "ended without a report", 0),
        ("without_report", "ended without a report", 1),
        ("failing", "failed with exit code 1", 1),
        ("dying", "killed by signal 9. Has this machine run out of memory?", 1),
        ("rubbish", "cannot be read (file is not a database)", 0),
        ("truncated", "cannot be read (database disk image is malformed)", 0),
        ("foreign", "cannot be read (no such", 0),
    ],
)
def test_what_went_wrong_is_told_and_what_was_found_is_kept(start, workdir, behaviour, words, found):
    events = all_of(start(behaviour))
    assert not ended(events).complete
    assert words in ended(events).cause
    assert len(flaws(events)) == found
    assert of_folder(workdir) == []
    assert isinstance(WapitiEngine().crawled(workdir), list)


def test_what_can_be_read_of_a_damaged_session_is_kept(start):
    events = all_of(start("damaged"))
    assert "cannot be read (database disk image is malformed)" in ended(events).cause
    assert 0 < len(flaws(events)) < 150


def test_the_memory_limit_is_told_with_what_to_do(start, settings):
    settings.ENGINE_MEMORY_MIB = 300
    events = all_of(start("hungry"))
    assert "memory limit of 300 MiB" in ended(events).cause
    assert "ENGINE_MEMORY_MIB" in ended(events).cause
    assert len(flaws(events)) == 1


def test_values_of_the_wrong_type_do_no_harm(start, workdir):
    events = all_of(start("mistyped"))
    assert ended(events).complete
    found = flaws(events)
    assert len(found) == 2, "what has no address is left out"
    for flaw in found:
        assert all(isinstance(text, str) for text in (flaw.module, flaw.info, flaw.parameter, flaw.response))
        assert flaw.severity is Severity.INFO
        assert flaw.wstg == ()
    assert WapitiEngine().crawled(workdir)


def test_50_000_flaws_are_told_bit_by_bit_and_tested_again_within_their_time(start, workdir):
    with Memory() as memory:
        told = Counter(type(event) for event in start("prolific").events())
    assert told[Found] == 50_000
    assert told[Progress] > 50
    assert memory.growth < LITTLE

    found = [replace(FLAW, url=f"{TARGET.url}page-{number}?word=a") for number in range(50_000)]
    begun = time.monotonic()
    again = [event for event in WapitiEngine().retest(TARGET, found, workdir, 3) if isinstance(event, Retested)]
    assert time.monotonic() - begun < PATIENCE
    assert len(again) == 50_000


def test_large_pages_are_not_all_in_memory_at_once(start):
    with Memory() as memory:
        assert len(flaws(all_of(start("prolific_with_large_pages")))) == 300
    assert memory.growth < LITTLE


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("silent", NO_TIME),
        ("dying", "The scan engine was killed by signal 9."),
        ("rubbish", "What the scan engine stored cannot be read (file is not a database)."),
        ("truncated", "What the scan engine stored cannot be read (database disk image is malformed)."),
    ],
)
def test_testing_again_is_bounded_whatever_the_engine_does(start, tmp_path, workdir, settings, behaviour, cause):
    # One that any answer shows, so that its page is asked for again.
    found = [replace(flaw, module="csp") for flaw in flaws(all_of(start("well_behaved")))]
    settings.ENGINE_PYTHON = pretend(tmp_path / "other", behaviour)
    begun = time.monotonic()
    told = list(WapitiEngine().retest(TARGET, found, workdir, 2))
    assert time.monotonic() - begun < PATIENCE
    [retested] = [event for event in told if isinstance(event, Retested)]
    assert retested.confirmed is None
    assert retested.cause.startswith(cause)
    assert of_folder(workdir) == []


def test_a_damaged_session_is_not_tested_again(start, workdir):
    found = flaws(all_of(start("well_behaved")))
    next(workdir.rglob("scan.db")).write_bytes(b"rubbish" * 1_000)
    assert list(WapitiEngine().retest(TARGET, found, workdir, 2)) == [Retested(0, None, DAMAGED)]
