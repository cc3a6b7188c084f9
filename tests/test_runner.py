"""A scan from its claim to its published results, on the scripted engine and a real site."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from analyses import lifecycle, prescanner, runner
from analyses.engines.scripted import ScriptedEngine
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, EngineLog, FindingInstance
from dashboard.shutdown import stopping
from tests.scene import an_analysis, scans_of, status, statuses_in_log
from tests.targets.serving import serve
from tests.targets.sites import plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def scripted(settings):
    settings.SCRIPTED_ENGINE = True


@pytest.fixture
def site() -> Iterator[str]:
    """A real site for the prescan to reach."""
    with serve(plain) as served:
        AllowedTarget.objects.create(pattern=f"127.0.0.1:{served.port}")
        yield served.url


def submitted(owner, *urls: str, **fields) -> tuple[Analysis, AnalysisOccurrence]:
    analysis = an_analysis(owner, *urls, **fields)
    occurrence = lifecycle.submit(analysis, owner)
    prescanner.drive(occurrence.pk)
    return analysis, occurrence


def run_all(occurrence: AnalysisOccurrence) -> None:
    for scan in scans_of(occurrence):
        runner.drive(scan.pk)


def in_background(occurrence: AnalysisOccurrence) -> threading.Thread:
    scan = scans_of(occurrence)[0]

    def drive() -> None:
        try:
            runner.drive(scan.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=drive)
    thread.start()
    return thread


def wait_until(fact, what: str) -> None:
    done = threading.Event()
    for _ in range(200):
        if fact():
            return
        done.wait(0.05)
    raise AssertionError(f"waited in vain for {what}")


def test_a_scan_runs_is_verified_and_published(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=complete")
    run_all(occurrence)
    assert status(analysis) == "Completed - Results Available"
    assert sorted(FindingInstance.objects.values_list("verification", flat=True)) == [
        "confirmed",
        "not_reproduced",
        "not_retested",
    ]
    scan = scans_of(occurrence)[0]
    assert (scan.requests_made, scan.percent, analysis.percent) == (100, None, None)
    assert EngineLog.objects.get().text.splitlines()[-1] == "[*] Step 100"
    assert scans_of(occurrence)[0].crawled.exists()


def test_a_scan_that_finds_nothing_is_complete_all_the_same(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=nothing-found")
    run_all(occurrence)
    assert status(analysis) == "Completed - Results Available"
    assert analysis.finding_count == 0


@pytest.mark.parametrize(
    ("play", "ended"),
    [("fails", "Stopped - Technical Issue"), ("fails-after-finding", "Completed - Partial Results Available")],
)
def test_an_engine_that_fails_ends_with_what_it_found(alice, site, play, ended):
    analysis, occurrence = submitted(alice, f"{site}?play={play}")
    run_all(occurrence)
    assert status(analysis) == ended
    assert "The script says so." in scans_of(occurrence)[0].cause


def test_one_target_is_out_of_reach_and_the_other_gives_partial_results(alice, site):
    AllowedTarget.objects.create(pattern="nosuch.invalid")
    analysis, occurrence = submitted(alice, "http://nosuch.invalid/", f"{site}?play=complete")
    assert status(scans_of(occurrence)[0]) == "Connection Error"
    run_all(occurrence)
    assert status(analysis) == "Completed - Partial Results Available"
    assert "In Progress + warning icon" in statuses_in_log(analysis)


def test_a_target_that_is_not_allowed_is_never_connected_to(alice):
    with serve(plain) as served:
        analysis, occurrence = submitted(alice, served.url)
        assert status(analysis) == "Not Submitted"
        assert status(scans_of(occurrence)[0]) == "Submit Failed"
        assert "allowed" in scans_of(occurrence)[0].cause
        assert served.asked == []


def test_of_several_targets_the_one_that_is_not_allowed_is_left_out(alice, site):
    with serve(plain) as other:
        analysis, occurrence = submitted(alice, other.url, site)
        assert [status(scan) for scan in scans_of(occurrence)] == ["Verification Failed", "Queued"]
        assert status(analysis) == "Queued"
        assert other.asked == []


def test_stop_and_save_ends_the_engine_and_publishes_what_it_found(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=hangs-after-finding&seconds=1")
    thread = in_background(occurrence)
    wait_until(lambda: FindingInstance.objects.exists(), "a finding")
    lifecycle.stop(analysis, alice, keep=True)
    thread.join(20)
    assert status(analysis) == "Stopped - Partial Results Available"


def test_stop_and_delete_leaves_nothing(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=hangs-after-finding&seconds=1")
    thread = in_background(occurrence)
    wait_until(lambda: FindingInstance.objects.exists(), "a finding")
    wait_until(lambda: EngineLog.objects.exists(), "what the engine says meanwhile")
    lifecycle.stop(analysis, alice, keep=False)
    thread.join(20)
    assert status(analysis) == "Stopped - Deleting Results"
    assert status(scans_of(occurrence)[0]) == "Stopped"
    assert not FindingInstance.objects.exists()
    assert not EngineLog.objects.exists()


def test_a_worker_that_is_shut_down_gives_its_scan_back_and_the_next_goes_on(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=complete&seconds=6")
    thread = in_background(occurrence)
    wait_until(lambda: scans_of(occurrence)[0].phase, "progress")
    stopping.set()
    try:
        thread.join(20)
    finally:
        stopping.clear()
    assert status(analysis) == "In Progress"
    assert lifecycle.due().scans == [scans_of(occurrence)[0].pk]
    run_all(occurrence)
    assert status(analysis) == "Completed - Results Available"


def test_an_engine_that_cannot_run_here_is_not_submitted(alice, settings, tmp_path):
    settings.ENGINE_PYTHON = tmp_path / "nowhere"
    analysis, occurrence = submitted(alice, engine="wapiti")
    assert status(analysis) == "Not Submitted"
    assert status(scans_of(occurrence)[0]) == "Submit Failed"


def test_the_duration_ends_a_running_scan(alice, site):
    analysis, occurrence = submitted(alice, f"{site}?play=hangs-after-finding&seconds=1", duration=timedelta(seconds=4))
    run_all(occurrence)
    assert status(analysis) == "Completed - Partial Results Available"
    assert "Time Expired - Verifying Partial Results" in statuses_in_log(analysis)


def test_an_engine_that_is_not_there_is_not_submitted(alice):
    analysis, _ = submitted(alice, engine="nikto")
    assert status(analysis) == "Not Submitted"


def test_an_engine_that_is_gone_when_the_scan_starts_is_said_at_once(alice, site, settings):
    analysis, occurrence = submitted(alice, f"{site}?play=complete")
    settings.SCRIPTED_ENGINE = False
    run_all(occurrence)
    [scan] = scans_of(occurrence)
    assert (status(analysis), status(scan)) == ("Stopped - Technical Issue", "Submit Failed")
    assert "scripted" in scan.cause


def test_a_disk_that_is_full_is_the_scans_cause_and_not_a_lost_worker(alice, site, settings, tmp_path):
    analysis, occurrence = submitted(alice, f"{site}?play=complete")
    settings.WORK_DIR = tmp_path / "file" / "work"
    (tmp_path / "file").write_text("in the way")
    run_all(occurrence)
    [scan] = scans_of(occurrence)
    assert (status(analysis), status(scan)) == ("Stopped - Technical Issue", "Submit Failed")
    assert "Not a directory" in scan.cause


def test_what_nobody_foresaw_ends_the_scan_with_what_it_found(alice, site, monkeypatch):
    _, occurrence = submitted(alice, f"{site}?play=complete")
    monkeypatch.setattr(ScriptedEngine, "crawled", lambda *_: 1 / 0)
    run_all(occurrence)
    [scan] = scans_of(occurrence)
    assert status(scan) == "Scan Error - Verifying Partial Results"
    assert "ZeroDivisionError" in scan.cause
