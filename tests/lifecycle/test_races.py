"""Two at once: real threads on PostgreSQL, where rows can really be changed between a look and a write."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from queue import Queue

import pytest
from django.db import connection, transaction
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import FoundFlaw
from analyses.lifecycle import deleting
from analyses.models import Activity, AnalysisOccurrence, Deletion, ScanOccurrence
from analyses.moves import Ending
from notifications.models import OutgoingMail
from tests.scene import FLAW, PASSED, an_analysis, ends, prescanned, running, scans_of, status

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Run the verbs in threads that start together; their results, or what they raised."""
    start = threading.Barrier(len(verbs))
    results: list[object] = [None] * len(verbs)

    def run(number: int, verb: Callable[[], object]) -> None:
        start.wait()
        try:
            results[number] = verb()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, verb)) for number, verb in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_submitting_from_two_tabs_makes_one_occurrence(alice):
    analysis = an_analysis(alice)
    results = at_once(*[lambda: lifecycle.submit(analysis, alice)] * 4)
    assert sum(isinstance(result, AnalysisOccurrence) for result in results) == 1
    assert sum(isinstance(result, lifecycle.Refused) for result in results) == 3
    assert analysis.occurrences.count() == 1


def test_two_workers_claim_a_prescan_once(alice):
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    results = at_once(*[lambda: lifecycle.begin_prescan(occurrence.pk)] * 4)
    assert sum(result is not None for result in results) == 1


def test_many_workers_never_run_more_scans_than_there_is_capacity_for(alice, settings):
    settings.SCAN_CAPACITY = 2
    occurrence = lifecycle.submit(an_analysis(alice, *[f"http://{n}.test/" for n in range(6)]), alice)
    prescanned(occurrence)
    at_once(*[lambda pk=scan.pk: lifecycle.claim(pk) for scan in scans_of(occurrence)])
    assert ScanOccurrence.objects.filter(status="in_progress").count() <= 2
    assert ScanOccurrence.objects.exclude(slot=None).count() <= 2


def test_two_analyses_taking_the_last_slot_share_nothing(alice, settings):
    settings.SCAN_CAPACITY = 1
    occurrences = [lifecycle.submit(an_analysis(alice, name=name), alice) for name in ("A", "B", "C")]
    for occurrence in occurrences:
        prescanned(occurrence)
    first_scans = [scans_of(occurrence)[0].pk for occurrence in occurrences]
    at_once(*[lambda pk=pk: lifecycle.claim(pk) for pk in first_scans])
    assert ScanOccurrence.objects.exclude(slot=None).count() == 1


def test_a_slot_at_a_host_that_was_taken_after_the_look_is_not_shared(alice, settings):
    settings.SCANS_PER_HOST = 1
    held, late = (lifecycle.submit(an_analysis(alice, name=name), alice) for name in ("A", "B"))
    for occurrence in (held, late):
        prescanned(occurrence)
    with transaction.atomic():
        ScanOccurrence.objects.filter(occurrence=held).update(
            slot=2, host_slot=1
        )  # another worker's, not committed yet
        claimed = Queue()
        thread = threading.Thread(target=lambda: claimed.put(_claimed(scans_of(late)[0].pk)))
        thread.start()
        wait_until_somebody_waits_for_a_lock()
    thread.join(30)
    assert claimed.get(timeout=30) is None
    assert ScanOccurrence.objects.exclude(slot=None).count() == 1


def _claimed(scan_id: int) -> object:
    try:
        return lifecycle.claim(scan_id)
    finally:
        connection.close()


def wait_until_somebody_waits_for_a_lock() -> None:
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.05)
    raise AssertionError("nobody waits for a lock")


def test_a_stop_and_the_end_of_the_last_scan_leave_one_story(alice):
    analysis, occurrence, [held] = running(alice)
    at_once(lambda: lifecycle.stop(analysis, alice, keep=True), lambda: ends(held, Ending.COMPLETED))
    lifecycle.publish(held)
    assert status(analysis) in ("Completed - Results Available", "Stopped - Partial Results Available")
    last = Activity.objects.filter(analysis=analysis, scan_occurrence=None).exclude(new_status="").order_by("-pk")[0]
    assert last.new_status == status(occurrence)


def test_results_published_twice_at_once_are_told_once(alice, lead):
    _, _, [held] = running(alice)
    ends(held)
    at_once(*[lambda: lifecycle.publish(held)] * 3)
    assert OutgoingMail.objects.filter(event="results_published").count() == 1


def test_prescan_outcomes_reported_while_it_is_being_stopped_do_not_revive_it(alice):
    analysis = an_analysis(alice, *[f"http://{n}.test/" for n in range(4)])
    claimed = lifecycle.begin_prescan(lifecycle.submit(analysis, alice).pk)

    def report() -> None:
        for scan in scans_of(claimed):
            lifecycle.record_prescan(claimed, scan, PASSED)
        lifecycle.finish_prescan(claimed)

    at_once(report, lambda: lifecycle.stop(analysis, alice, keep=True))
    assert status(analysis) == "Stopped"


def test_findings_written_by_two_scans_at_once_are_one_finding(alice):
    analysis, _, [held, other] = running(alice, "http://shop.test/", "http://shop.test/more")
    at_once(lambda: ends(held), lambda: ends(other))
    assert analysis.findings.count() == 1
    assert status(analysis) == "Completed - Verifying Results"


def flaw(number: int) -> FoundFlaw:
    return replace(FLAW, url=f"http://shop.test/{number}")


def test_two_scans_that_find_the_same_flaws_in_another_order_both_store_them(alice):
    analysis, _, [held, other] = running(alice, "http://shop.test/", "http://shop.test/more")
    flaws = [flaw(number) for number in range(60)]
    results = at_once(
        lambda: lifecycle.record_found(held, flaws), lambda: lifecycle.record_found(other, reversed(flaws))
    )
    assert results == [60, 60]
    assert analysis.findings.count() == 60


def test_what_one_scan_finds_while_another_deletes_the_same_is_kept_or_deleted_with_it(alice):
    analysis, occurrence, [held, other] = running(alice, "http://shop.test/", "http://shop.test/more")
    for number in range(10):
        lifecycle.record_found(held, [flaw(number)])
    lifecycle.stop(analysis, alice, keep=False)
    results = at_once(
        lambda: lifecycle.end_run(held, Ending.STOPPED),
        *[lambda number=number: lifecycle.record_found(other, [flaw(number)]) for number in range(10)],
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    lifecycle.end_run(other, Ending.STOPPED)
    assert not analysis.findings.exists()
    assert status(occurrence) == "Stopped - Deleting Results"


def deleted(owner):
    analysis, occurrence, [held] = running(owner)
    lifecycle.record_found(held, [flaw(number) for number in range(40)])
    lifecycle.stop(analysis, owner, keep=False)
    return analysis, occurrence, held


def test_a_deletion_is_undone_once_however_many_ask(alice):
    analysis, _, held = deleted(alice)
    lifecycle.end_run(held, Ending.STOPPED)
    results = at_once(*[lambda: lifecycle.undo_deletion(analysis, alice)] * 4)
    assert sum(isinstance(result, lifecycle.Refused) for result in results) == 3
    assert Activity.objects.filter(action="Deletion undone").count() == 1
    assert analysis.findings.count() == 40
    assert status(analysis) == "Stopped - Verifying Partial Results"


def test_of_undoing_and_submitting_one_comes_second_and_is_refused(alice, breaches):
    analysis, _, held = deleted(alice)
    lifecycle.end_run(held, Ending.STOPPED)
    undone, submitted = at_once(
        lambda: lifecycle.undo_deletion(analysis, alice), lambda: lifecycle.submit(analysis, alice)
    )
    assert isinstance(undone, lifecycle.Refused) != isinstance(submitted, lifecycle.Refused)
    assert analysis.findings.count() == (0 if isinstance(undone, lifecycle.Refused) else 40)
    assert breaches() == []


def test_undone_while_its_engine_ends_nothing_is_lost(alice, breaches):
    analysis, occurrence, held = deleted(alice)
    at_once(
        lambda: lifecycle.undo_deletion(analysis, alice),
        lambda: lifecycle.end_run(held, Ending.STOPPED),
        lambda: lifecycle.delete_results(occurrence.pk),
    )
    lifecycle.put_back(occurrence.pk)
    assert analysis.findings.count() == 40
    assert status(scans_of(occurrence)[0]) == "Stopped - Verifying Partial Results"
    assert breaches() == []


def test_undone_when_its_time_is_over_all_of_it_is_back_or_none(alice, breaches, monkeypatch):
    monkeypatch.setattr(deleting, "INSTANCES", 5)
    analysis, occurrence, held = deleted(alice)
    lifecycle.end_run(held, Ending.STOPPED)
    soon = timezone.now() + timedelta(milliseconds=20)
    Deletion.objects.update(until=soon)
    undone, *_ = at_once(
        lambda: lifecycle.undo_deletion(analysis, alice),
        *[lambda: [lifecycle.delete_for_good(occurrence.pk) for _ in range(20)]] * 2,
    )
    assert analysis.findings.count() == (0 if isinstance(undone, lifecycle.Refused) else 40)
    assert breaches() == []
