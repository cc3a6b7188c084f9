"""Nothing is kept on the machine of a scan that has ended, however it ended."""

from pathlib import Path

import pytest
from django.conf import settings as installed

from analyses import leftovers, lifecycle, tasks
from analyses.models import ScanOccurrence
from tests.scene import let_pass, published, running, scans_of, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def work(settings, tmp_path) -> Path:
    settings.WORK_DIR = tmp_path / "work"
    return settings.WORK_DIR


def kept_of(scan: ScanOccurrence, work: Path) -> Path:
    folder = work / f"scan-{scan.pk}"
    folder.mkdir(parents=True)
    (folder / "cookies.json").write_text("{}")
    return folder


def test_a_scan_whose_workers_were_lost_too_often_leaves_nothing(alice, work, time_machine):
    _, occurrence, _ = running(alice)
    [scan] = scans_of(occurrence)
    folder = kept_of(scan, work)
    for _ in range(installed.SCAN_ATTEMPTS):
        let_pass(time_machine, installed.LEASE_SECONDS + 1)
        lifecycle.claim(scan.pk)
    assert status(scan) == "Technical Issue - Stopped"
    tasks.sweep()
    assert not folder.exists()


def test_a_scan_that_was_suspended_when_its_duration_was_over_leaves_nothing(alice, work, time_machine):
    analysis, occurrence, [held] = running(alice)
    [scan] = scans_of(occurrence)
    folder = kept_of(scan, work)
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    let_pass(time_machine, analysis.duration.total_seconds() + 1)
    tasks.sweep()
    assert status(scan) == "Time Expired - Stopped"
    assert not folder.exists()


def test_what_a_live_scan_keeps_stays(alice, work):
    _, occurrence, _ = running(alice)
    folder = kept_of(scans_of(occurrence)[0], work)
    assert leftovers.remove() == 0
    assert folder.exists()


def test_what_is_no_scans_stays_and_what_is_of_one_that_is_gone_goes(alice, work):
    [scan] = ScanOccurrence.objects.filter(occurrence__analysis=published(alice))
    ended, other = kept_of(scan, work), work / "scan-notes"
    other.mkdir()
    (work / "scan-99999").mkdir()
    assert leftovers.remove() == 2
    assert (ended.exists(), other.exists()) == (False, True)


def test_where_nothing_has_run_there_is_nothing_to_remove():
    assert leftovers.remove() == 0
