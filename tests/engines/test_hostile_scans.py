"""Whole scans with engines that do not behave: each ends in the status that is true, with a cause, within bounds."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget, FindingInstance, ScanOccurrence
from analyses.models.findings import Verification
from tests.engines.following import Memory, of_folder
from tests.engines.pretending import pretend
from tests.scene import an_analysis, scans_of
from tests.targets.serving import serve
from tests.targets.sites import plain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]
LITTLE = 100  # MB
BOUND = 30.0  # seconds, beyond the duration


@pytest.fixture
def site() -> Iterator[str]:
    with serve(plain) as served:
        AllowedTarget.objects.create(pattern=served.spot)
        yield served.url


@pytest.fixture
def scan(alice, site, settings, tmp_path, monkeypatch) -> Callable[..., ScanOccurrence]:
    """Run a scan, from its submission to its end, with an engine that behaves so."""
    settings.WORK_DIR = tmp_path / "work"
    settings.VERIFY_SECONDS = 2
    monkeypatch.setattr("analyses.engines.process.TERM_SECONDS", 0.5)
    monkeypatch.setattr("analyses.engines.process.GONE_SECONDS", 1)

    def scan(behaviour: str, **fields) -> ScanOccurrence:
        settings.ENGINE_PYTHON = pretend(tmp_path, behaviour)
        analysis = an_analysis(alice, site, engine="wapiti", **fields)
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        submitted = scans_of(occurrence)[0]
        runner.drive(submitted.pk)
        submitted.refresh_from_db()
        assert of_folder(settings.WORK_DIR / f"scan-{submitted.pk}") == []
        return submitted

    return scan


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("failing", "failed with exit code 1"),
        ("without_report", "ended without a report"),
        ("dying", "killed by signal 9"),
        ("damaged", "cannot be read"),
    ],
)
def test_an_engine_that_fails_with_results_leaves_partial_ones(scan, behaviour, cause):
    ended = scan(behaviour)
    assert ended.get_status_display() == "Scan Error - Partial Results Available"
    assert cause in ended.cause
    assert FindingInstance.objects.exists()
    assert not FindingInstance.objects.filter(verification=Verification.PENDING).exists()


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        ("empty_handed", "ended without a report"),
        ("rubbish", "cannot be read"),
        ("truncated", "cannot be read"),
        ("foreign", "cannot be read"),
    ],
)
def test_an_engine_that_fails_without_results_is_a_technical_issue(scan, behaviour, cause):
    ended = scan(behaviour)
    assert ended.get_status_display() == "Technical Issue - Stopped"
    assert cause in ended.cause
    assert not FindingInstance.objects.exists()


def test_the_memory_limit_ends_a_scan_with_what_to_do(scan, settings):
    settings.ENGINE_MEMORY_MIB = 300
    ended = scan("hungry")
    assert ended.get_status_display() == "Scan Error - Partial Results Available"
    assert "ENGINE_MEMORY_MIB" in ended.cause


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("silent", "Time Expired - Stopped"),
        ("silent_after_finding", "Time Expired - Partial Results Available"),
        ("deaf", "Time Expired - Partial Results Available"),
        ("parent_that_hangs", "Time Expired - Partial Results Available"),
    ],
)
def test_an_engine_that_hangs_ends_with_the_duration(scan, behaviour, status):
    begun = time.monotonic()
    ended = scan(behaviour, duration=timedelta(seconds=4))
    assert ended.get_status_display() == status
    assert ended.cause == "The allowed duration is over."
    assert time.monotonic() - begun < 4 + BOUND


def test_what_an_engine_leaves_behind_does_not_hold_up_its_scan(scan):
    assert scan("parent").get_status_display() == "Completed - Results Available"


@pytest.mark.parametrize("behaviour", ["loud", "prolific_with_large_pages"])
def test_the_worker_stays_small(scan, behaviour):
    with Memory() as memory:
        ended = scan(behaviour)
    assert ended.get_status_display() == "Completed - Results Available"
    assert memory.growth < LITTLE
