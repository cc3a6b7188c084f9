"""Whole scans, with the real engine, of targets that do not behave: one vice each, found only after the prescan.

Each scan ends within its bounds in a status that is true, and leaves no process; the worker stays small.
"""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget
from analyses.statuses import ScanStatus
from tests.engines.following import Memory, of_folder
from tests.scene import an_analysis, scans_of, status
from tests.targets import sites
from tests.targets.serving import Answer, Asked, redirect, serve

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
DURATION = timedelta(seconds=5)
BOUND = 30.0  # seconds beyond the duration
LITTLE = 100  # MB
COMPLETED, ERROR = "Completed - Results Available", "Scan Error - Partial Results Available"
EXPIRED, UNREACHABLE = "Time Expired - Partial Results Available", "Site unreachable - Results Available"
ISSUE, TIME, GONE = "Technical Issue - Stopped", "Time Expired - Stopped", "Site unreachable - Stopped"


def behind(start: str, vice: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """A start page that behaves, with links into what does not."""
    return lambda asked: Answer(f"<html><h1>Shop</h1>{start}</html>") if asked.path == "/" else vice(asked)


def links(number: int) -> str:
    return "".join(f"<a href='/{n}/?n={n}'>{n}</a>" for n in range(number))


def calendar() -> Callable[[Asked], Answer]:
    """Every page leads to pages there have never been."""
    days = itertools.count(1)

    def answer(_: Asked) -> Answer:
        following = [f"<a href='/day-{day}/?day={day}'>x</a>" for day in itertools.islice(days, 20)]
        return Answer(f"<html>{''.join(following)}</html>")

    return answer


def after(number: int, vice: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Behaves for so many requests."""
    asked_before = itertools.count()
    return lambda asked: vice(asked) if next(asked_before) > number else Answer(f"<html>{links(20)}{asked.path}</html>")


VICES = {
    "slow": (behind(links(10), sites.drip), {TIME, EXPIRED}),
    "endless pages": (behind(links(3), sites.endless), {TIME, EXPIRED, ERROR, ISSUE}),
    "a gzip bomb": (behind(links(3), sites.gzip_bomb), {COMPLETED, ERROR, ISSUE, TIME, EXPIRED}),
    "redirects in a circle": (behind(links(5), lambda asked: redirect(asked.path + "x")), {COMPLETED, ERROR, EXPIRED}),
    "a calendar trap": (behind(links(3), calendar()), {EXPIRED, TIME}),
    "too many requests": (after(3, lambda _: Answer("Slow down", 429)), {COMPLETED, ERROR, EXPIRED}),
    "out of order": (after(3, lambda _: Answer("Broken", 503)), {COMPLETED, ERROR, EXPIRED}),
}


@pytest.fixture(autouse=True)
def bounds(settings, tmp_path):
    settings.WORK_DIR = tmp_path / "work"
    settings.VERIFY_SECONDS = 2
    settings.PROBE_SECONDS = 0.2
    settings.ENGINE_MEMORY_MIB = 1024


def prescanned(alice, site, duration=DURATION):
    AllowedTarget.objects.create(pattern=site.spot)
    analysis = an_analysis(alice, site.url, engine="wapiti", duration=duration)
    occurrence = lifecycle.submit(analysis, alice)
    prescanner.drive(occurrence.pk)
    return scans_of(occurrence)[0]


@pytest.mark.parametrize("vice", VICES)
def test_a_target_with_a_vice_is_scanned_within_bounds(alice, settings, vice):
    behaviour, true = VICES[vice]
    with serve(behaviour) as site:
        scan = prescanned(alice, site)
        assert status(scan) == "Queued"
        began = time.monotonic()
        with Memory() as memory:
            runner.drive(scan.pk)
    assert status(scan) in true
    assert time.monotonic() - began < DURATION.total_seconds() + BOUND
    assert memory.growth < LITTLE
    assert of_folder(settings.WORK_DIR / f"scan-{scan.pk}") == []


def test_a_target_that_dies_in_the_middle_is_unreachable(alice, settings):
    served = serve(behind(links(30), lambda asked: Answer(f"<html>{links(30)}{asked.path}</html>")))
    site = served.__enter__()
    scan = prescanned(alice, site)
    prescans = len(site.asked)

    def die() -> None:
        while len(site.asked) < prescans + 10:
            time.sleep(0.01)
        served.__exit__(None, None, None)

    killer = threading.Thread(target=die)
    killer.start()
    runner.drive(scan.pk)
    killer.join()
    assert status(scan) in {UNREACHABLE, GONE}
    assert scan.cause
    assert scan.status not in {ScanStatus.COMPLETED_AVAILABLE}


def test_an_engine_without_room_on_its_disk_is_a_technical_issue_with_its_cause(alice, monkeypatch):
    """Linux lets it write no file beyond a limit: the same to it as a disk that is full."""
    monkeypatch.setattr("analyses.engines.wapiti.arguments.LARGEST_FILE", 20_000)
    with serve(behind(links(3), sites.plain)) as site:
        scan = prescanned(alice, site, timedelta(minutes=5))  # not by its duration
        runner.drive(scan.pk)
    assert status(scan) == ISSUE
    assert "no room left on its disk" in scan.cause
