"""Nothing is kept on the machine of a scan that has ended, however it ended."""

from pathlib import Path

import pytest
from django.conf import settings as installed
from django.utils import timezone

from analyses import leftovers, lifecycle, tasks
from analyses.models import AllowedTarget, Analysis, EngineLog, Finding, PrescanStep, RetestOutcome, ScanOccurrence
from tests.scene import an_analysis, let_pass, prescanned, published, running, scans_of, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def work(db, settings, tmp_path) -> Path:
    AllowedTarget.objects.create(pattern="shop.test")  # or the sweep ends its scans for want of an approval
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


def test_of_a_test_of_a_finding_that_is_over_nothing_stays(alice, work):
    finding = Finding.objects.get(analysis=published(alice))
    retest = lifecycle.ask_to_retest(finding, finding.instances.get().scan_occurrence, alice)
    folder = work / f"retest-{retest.pk}"
    folder.mkdir(parents=True)
    assert leftovers.remove() == 0
    lifecycle.end_retest(retest.pk, RetestOutcome.GONE)
    assert leftovers.remove() == 1
    assert not folder.exists()


def test_what_is_no_scans_stays_and_what_is_of_one_that_is_gone_goes(alice, work):
    [scan] = ScanOccurrence.objects.filter(occurrence__analysis=published(alice))
    ended, other = kept_of(scan, work), work / "scan-notes"
    other.mkdir()
    (work / "scan-99999").mkdir()
    assert leftovers.remove() == 2
    assert (ended.exists(), other.exists()) == (False, True)


def test_where_nothing_has_run_there_is_nothing_to_remove():
    assert leftovers.remove() == 0


def test_sessions_that_have_expired_are_removed_so_many_at_a_time(client, alice, monkeypatch, time_machine):
    monkeypatch.setattr(leftovers, "SESSIONS_AT_ONCE", 2)
    for _ in range(3):
        client.logout()
        client.force_login(alice)
        client.cookies.clear()
    assert leftovers.forget_sessions() == 0
    let_pass(time_machine, installed.SESSION_COOKIE_AGE + 1)
    client.force_login(alice)
    assert [leftovers.forget_sessions() for _ in range(3)] == [2, 1, 0]
    assert client.get("/").status_code == 200


# --- Pictures of prescans ---


def pictured_run(analysis: Analysis, alice) -> None:
    """Run it once more and stop it; its prescan has taken a picture."""
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    PrescanStep.objects.filter(scan_occurrence__occurrence=occurrence, position=0).update(screenshot=b"jpeg")
    lifecycle.stop(analysis, alice, keep=True)


def pictured(analysis: Analysis) -> list[int]:
    """The numbers of the runs that have a picture."""
    steps = PrescanStep.objects.filter(scan_occurrence__occurrence__analysis=analysis).exclude(screenshot=b"")
    return sorted(steps.values_list("scan_occurrence__occurrence__number", flat=True))


def test_only_the_newest_three_runs_keep_their_pictures_and_all_keep_their_steps(alice):
    shop, other = an_analysis(alice), an_analysis(alice, name="Other")
    pictured_run(other, alice)
    for _ in range(5):
        pictured_run(shop, alice)
    steps = PrescanStep.objects.count()
    tasks.sweep()
    assert (pictured(shop), pictured(other)) == ([3, 4, 5], [1])
    assert PrescanStep.objects.count() == steps


def test_what_engines_said_goes_like_pictures(alice):
    shop = an_analysis(alice)
    for _ in range(4):
        pictured_run(shop, alice)
        scan = ScanOccurrence.objects.latest("pk")
        EngineLog.objects.create(scan_occurrence=scan, text="[*]", updated_at=timezone.now())
    tasks.sweep()
    left = EngineLog.objects.values_list("scan_occurrence__occurrence__number", flat=True)
    assert sorted(left) == [2, 3, 4]


def test_pictures_go_thirty_days_after_the_end_of_their_run(alice, time_machine):
    shop = an_analysis(alice)
    pictured_run(shop, alice)
    let_pass(time_machine, 29 * 86_400)
    pictured_run(shop, alice)
    assert leftovers.drop_pictures() == 0
    let_pass(time_machine, 2 * 86_400)
    assert leftovers.drop_pictures() == 1
    assert pictured(shop) == [2]


def test_many_pictures_go_a_few_at_a_time_with_as_many_questions(
    alice, monkeypatch, time_machine, django_assert_num_queries
):
    monkeypatch.setattr(leftovers, "PICTURES_AT_ONCE", 2)
    shop = an_analysis(alice)
    for _ in range(6):
        pictured_run(shop, alice)
    with django_assert_num_queries(2):
        assert leftovers.drop_pictures() == 2
    assert [leftovers.drop_pictures(), leftovers.drop_pictures()] == [1, 0]
