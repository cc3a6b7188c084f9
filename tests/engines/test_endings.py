"""However a run of Wapiti ends, it says how, leaves no process behind, and can be gone on with."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from analyses.engines.contract import EngineError, Found, Phase, Progress, Target
from tests.engines.following import (
    PATIENCE,
    all_of,
    ended,
    engine_process,
    flaws,
    kill,
    members,
    names,
    progress,
    wait_until,
)
from tests.engines.targets import a_target
from tests.targets.serving import Answer, Asked, Site, closed_port, serve

pytestmark = pytest.mark.engine
PAGES = 12
FLAWED = (1, 10)


@dataclass
class Gated:
    """A site of a few pages, two of which show the errors of their database. It can hold its answers back."""

    held: Callable[[Asked], bool] = lambda asked: False
    gate: threading.Event = field(default_factory=threading.Event)

    def hold(self, held: Callable[[Asked], bool] = lambda asked: True) -> None:
        self.held = held
        self.gate.clear()

    def __call__(self, asked: Asked) -> Answer:
        if self.held(asked):
            self.gate.wait(PATIENCE)
        if asked.path == "/":
            links = "".join(f"<a href='/page-{number}?word=a'>{number}</a>" for number in range(PAGES))
            return Answer(f"<html>{links}</html>")
        if asked.path not in {f"/page-{number}" for number in range(PAGES)}:
            return Answer("Nothing", 404)
        if number_of(asked) in FLAWED and "'" in asked.query.get("word", ""):
            return Answer("<p>sqlite3.OperationalError: near</p>")
        return Answer(f"<h1>Page {number_of(asked)}</h1>")


def number_of(asked: Asked) -> int:
    return int(asked.path.rpartition("-")[2])


def is_page(asked: Asked, *numbers: int) -> bool:
    return asked.path.startswith("/page-") and number_of(asked) in numbers


BOTH = {("SQL Injection", "word", f"/page-{number}") for number in FLAWED}


@pytest.fixture
def gated() -> Iterator[Gated]:
    behaviour = Gated()
    behaviour.gate.set()
    yield behaviour
    behaviour.gate.set()


@pytest.fixture
def site(gated) -> Iterator[Site]:
    with serve(gated) as running:
        yield running


@pytest.fixture
def target(site) -> Target:
    return a_target(url=site.url, modules=("sql",))


def until(run, holds) -> list:
    """The events up to the first for which a condition holds, the run going on."""
    events = []
    for event in run.events():
        events.append(event)
        if holds(event):
            kill(run.pid)
    return events


def test_ending_it_leaves_no_process(wapiti, gated, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    assert engine_process(run.pid)
    events = run.events()
    next(events)
    begun = time.monotonic()
    run.end()
    assert time.monotonic() - begun < 4
    assert members(run.pid) == []
    assert not ended(events).complete
    run.end()


def test_an_engine_that_does_not_listen_is_killed(wapiti, gated, target, tmp_path, monkeypatch):
    monkeypatch.setattr("analyses.engines.process.TERM_SECONDS", 0.3)
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    os.kill(engine_process(run.pid), signal.SIGSTOP)
    run.end()
    assert wait_until(lambda: not members(run.pid), 2)


def test_letting_go_of_its_events_ends_it(wapiti, gated, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    for _ in run.events():
        break
    assert members(run.pid) == []


WORKER = """
import django, sys, threading
django.setup()
from pathlib import Path
from tests.engines.targets import a_target
from analyses.engines.wapiti import WapitiEngine
started = []
def work():
    started.append(WapitiEngine().start(a_target(url=sys.argv[1], modules=("sql",)), Path(sys.argv[2]), resume=False))
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(started[0].pid, flush=True)
for event in started[0].events():
    pass
"""


@pytest.fixture
def worker(gated, site, tmp_path) -> Iterator[subprocess.Popen]:
    """A process that runs a scan, as a worker does: from a thread, which here ends long before the scan."""
    gated.hold()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    started = subprocess.Popen(
        [sys.executable, "-c", WORKER, site.url, str(tmp_path / "work")],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


@pytest.mark.parametrize("state", ["at work", "not answering"])
def test_a_worker_that_is_killed_takes_its_engine_along(worker, state):
    group = int(worker.stdout.readline())
    engine = engine_process(group)
    if state == "not answering":
        os.kill(engine, signal.SIGSTOP)
    worker.kill()
    assert wait_until(lambda: not members(group), 5)


def test_a_worker_that_is_killed_sends_nothing_more_after_five_seconds(wapiti, gated, site, worker):
    group = int(worker.stdout.readline())
    gated.gate.set()
    assert wait_until(lambda: len(site.asked) > 20, PATIENCE)
    worker.kill()
    killed = time.monotonic()
    assert wait_until(lambda: not members(group), 5)
    time.sleep(max(0.0, killed + 5 - time.monotonic()))
    sent = len(site.asked)
    assert not wait_until(lambda: len(site.asked) > sent, 1)


def test_an_engine_that_nobody_asked_for_during_a_lease_ends(wapiti, gated, target, tmp_path, settings):
    """Whoever started it sleeps: by then somebody else may have taken the scan over."""
    settings.LEASE_SECONDS = 1
    gated.hold()
    run = wapiti.start(replace(target, request_seconds=120), tmp_path, resume=False)
    assert wait_until(lambda: not members(run.pid), PATIENCE)
    run.end()


def test_an_engine_whose_watcher_is_killed_ends_too(wapiti, gated, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    assert engine_process(run.pid)
    os.kill(run.pid, signal.SIGKILL)
    assert wait_until(lambda: not members(run.pid), 5)
    assert "signal 9" in ended(all_of(run)).cause


def test_killed_while_crawling_it_reads_everything_again(wapiti, gated, target, tmp_path):
    gated.hold(lambda asked: is_page(asked, *range(4, PAGES)))
    run = wapiti.start(target, tmp_path, resume=False)
    cut = until(run, lambda event: isinstance(event, Progress) and event.phase is Phase.CRAWLING and event.pages > 5)
    assert "signal 9" in ended(cut).cause
    gated.gate.set()
    rest = all_of(wapiti.start(target, tmp_path, resume=True))
    assert ended(rest).complete
    assert len({page.url for page in wapiti.crawled(tmp_path) if "?" in page.url}) == PAGES
    assert names(flaws(rest)) == BOTH


def test_killed_while_attacking_it_goes_on_and_repeats_what_it_had(wapiti, gated, target, tmp_path):
    gated.hold(lambda asked: is_page(asked, FLAWED[1]) and "'" in asked.query.get("word", ""))
    run = wapiti.start(target, tmp_path, resume=False)
    had = flaws(until(run, lambda event: isinstance(event, Found)))
    assert len(had) == 1
    pages = wapiti.crawled(tmp_path)
    gated.gate.set()
    rest = all_of(wapiti.start(target, tmp_path, resume=True))
    assert ended(rest).complete
    assert flaws(rest)[0] == had[0]
    assert names(flaws(rest)) == BOTH
    assert len(flaws(rest)) == 2
    assert wapiti.crawled(tmp_path) == pages
    assert Phase.CRAWLING not in {step.phase for step in progress(rest)}


def test_without_resume_it_begins_again(wapiti, target, site, tmp_path):
    all_of(wapiti.start(target, tmp_path, resume=False))
    site.asked.clear()
    again = all_of(wapiti.start(target, tmp_path, resume=False))
    assert ended(again).complete
    # It asks for an address that there cannot be at the same time, to know what a missing page looks like.
    assert "/" in [asked.path for asked in site.asked[:2]]
    assert names(flaws(again)) == BOTH


def test_a_crash_is_told_with_its_signal(wapiti, gated, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    os.kill(engine_process(run.pid), signal.SIGSEGV)
    assert "signal 11" in ended(all_of(run)).cause


def test_the_memory_limit_binds_and_is_told(wapiti, target, tmp_path, settings):
    settings.ENGINE_MEMORY_MIB = 80  # less than it needs to begin
    end = ended(all_of(wapiti.start(target, tmp_path, resume=False)))
    assert not end.complete
    assert "memory limit of 80 MiB" in end.cause


def test_the_memory_limit_is_set_on_the_engine(wapiti, gated, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    engine = engine_process(run.pid)

    def limits() -> str:
        with open(f"/proc/{engine}/limits") as file:
            return file.read()

    assert wait_until(lambda: f"{2048 * 1024**2}" in limits(), PATIENCE)
    run.end()


def test_it_loads_nothing_of_a_browser(wapiti, gated, site, target, tmp_path):
    gated.hold()
    run = wapiti.start(target, tmp_path, resume=False)
    engine = engine_process(run.pid)
    assert wait_until(lambda: site.asked, PATIENCE)
    loaded = Path(f"/proc/{engine}/maps").read_text()
    run.end()
    assert "sqlalchemy" in loaded
    assert "mitmproxy" not in loaded


def test_a_target_that_is_not_there_is_no_complete_scan(wapiti, tmp_path):
    target = a_target(url=f"http://127.0.0.1:{closed_port()}/", modules=("http_headers",))
    events = all_of(wapiti.start(target, tmp_path, resume=False))
    assert not ended(events).complete
    assert "not read a single page" in ended(events).cause
    assert progress(events)
    assert wapiti.crawled(tmp_path) == []


@pytest.mark.parametrize(
    ("python", "words"), [("/no/such/python", "no /no/such/python"), (sys.executable, "no working")]
)
def test_a_missing_engine_is_told_to_administrators(target, tmp_path, settings, python, words):
    from analyses.engines.wapiti import WapitiEngine

    settings.ENGINE_PYTHON = python
    engine = WapitiEngine()
    assert words in engine.check()[0]
    assert "make engine" in engine.check()[0]
    with pytest.raises(EngineError):
        engine.start(target, tmp_path, resume=False)
    assert [event.confirmed for event in engine.retest(target, [], tmp_path, 1)] == []


def test_the_engine_is_there(wapiti):
    assert wapiti.check() == []


def test_a_folder_without_a_session_has_no_pages(wapiti, tmp_path):
    assert wapiti.crawled(tmp_path / "nothing") == []
