"""Deleted results are gone from their tables at once, and from everywhere when they can no longer be had back."""

import pytest
from django.utils import timezone

from analyses import lifecycle, retesting, tasks
from analyses.lifecycle import deleting
from analyses.models import (
    Activity,
    DeletedRows,
    Deletion,
    Finding,
    FindingInstance,
    Judgement,
    Retest,
)
from analyses.moves import Ending
from tests.lifecycle.deleted import KEPT, ODD, RESULTS, deleted, flaw, found, judged, stored, swept, told
from tests.scene import let_pass, prescanned, published, running, scans_of, started, status

pytestmark = pytest.mark.django_db


def test_what_is_deleted_is_in_no_table_of_results(alice, breaches):
    analysis, occurrence, _ = deleted(alice)
    assert stored() == {table.__name__: [] for table in RESULTS}
    assert (status(analysis), status(scans_of(occurrence)[0])) == ("Stopped - Deleting Results", "Stopped")
    assert analysis.finding_count == scans_of(occurrence)[0].finding_count == scans_of(occurrence)[0].pages == 0
    assert breaches() == []


def test_the_log_says_who_deleted_how_much_and_until_when_it_can_be_undone(alice, time_machine):
    time_machine.move_to("2026-03-01 10:00:30+00:00", tick=False)
    analysis, _, _ = deleted(alice)
    assert told(analysis, "Results deleted") == [
        ("alice", "5 findings and 5 crawled pages. Until Sun 1 Mar 2026, 11:00 UTC it can be undone.")
    ]


def test_nothing_of_what_was_found_is_in_the_log(alice):
    analysis, _, _ = deleted(alice)
    lifecycle.undo_deletion(analysis, alice)
    words = [text for row in Activity.objects.values_list("action", "cause") for text in row]
    assert not [text for text in words if ODD in text or "GET /" in text]


def test_a_finding_that_another_run_has_seen_stays_with_its_history(alice):
    analysis = published(alice, "http://shop.test/", flaws=(flaw(0), flaw(1)))
    judged(analysis, alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    found(held, flaws=3)
    before = stored()
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    assert Finding.objects.count() == 2
    assert Judgement.objects.count() == Retest.objects.count() == 1
    assert told(analysis, "Results deleted")[0][1].startswith("3 findings")
    lifecycle.undo_deletion(analysis, alice)
    assert stored() == before


def test_it_is_done_in_small_transactions_that_the_sweep_goes_on_with(alice, monkeypatch, breaches):
    monkeypatch.setattr(deleting, "SECONDS", 0)
    monkeypatch.setattr(deleting, "ROWS", 2)
    monkeypatch.setattr(deleting, "INSTANCES", 2)
    monkeypatch.setattr(deleting, "PAGES", 2)
    analysis, occurrence, before = deleted(alice)
    assert status(scans_of(occurrence)[0]) == "Stopping - Deleting Results"
    assert FindingInstance.objects.count() == scans_of(occurrence)[0].finding_count == 3
    assert breaches() == []
    with pytest.raises(lifecycle.Refused, match="winding down"):
        lifecycle.submit(analysis, alice)
    swept(lambda: status(scans_of(occurrence)[0]) == "Stopped")
    assert stored() == {table.__name__: [] for table in RESULTS}
    assert len(told(analysis, "Results deleted")) == 1
    assert max(len(bytes(packed)) for packed in DeletedRows.objects.values_list("packed", flat=True)) < 4_000
    lifecycle.undo_deletion(analysis, alice)
    assert status(scans_of(occurrence)[0]) == "Stopping - Saving Results"
    assert breaches() == []
    swept(lambda: status(scans_of(occurrence)[0]) == "Stopped - Verifying Partial Results")
    assert stored() == before
    assert breaches() == []


def test_the_log_says_so_too_where_the_last_row_fills_a_transaction(alice, monkeypatch):
    monkeypatch.setattr(deleting, "ROWS", 12)  # five findings, five pages, the engine's log and the scan itself
    analysis, _, _ = deleted(alice)
    assert len(told(analysis, "Results deleted")) == 1


def test_a_worker_that_is_shut_down_while_it_stops_leaves_the_deleting_to_the_next(alice):
    analysis, occurrence, [held] = running(alice)
    found(held)
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.release(held)
    taken = lifecycle.claim(held.scan_id)
    assert taken is not None
    lifecycle.end_run(taken, Ending.STOPPED)
    assert status(scans_of(occurrence)[0]) == "Stopped"
    assert not FindingInstance.objects.exists()


def test_when_the_time_is_over_it_is_gone_for_good(alice, time_machine, settings):
    analysis, _, _ = deleted(alice)
    let_pass(time_machine, settings.UNDO_SECONDS + 1)
    with pytest.raises(lifecycle.Refused, match="gone for good"):
        lifecycle.undo_deletion(analysis, alice)
    tasks.sweep()
    assert stored(*KEPT) == {table.__name__: [] for table in KEPT}
    [(who, cause)] = told(analysis, "Deleted for good")
    assert (who, cause) == ("system", "Of run 1: 5 findings and 5 crawled pages. The time to undo it is over.")
    tasks.sweep()
    assert len(told(analysis, "Deleted for good")) == 1


def test_it_is_removed_in_small_transactions(alice, time_machine, settings, monkeypatch):
    monkeypatch.setattr(deleting, "PACKS", 1)
    monkeypatch.setattr(deleting, "SECONDS", 0)
    analysis, occurrence, _ = deleted(alice)
    swept(lambda: not scans_of(occurrence)[0].is_live)
    let_pass(time_machine, settings.UNDO_SECONDS + 1)
    packs = DeletedRows.objects.count()
    tasks.sweep()
    assert DeletedRows.objects.count() == packs - 1
    swept(lambda: not Deletion.objects.exists())
    assert len(told(analysis, "Deleted for good")) == 1


def test_until_then_the_sweep_keeps_it(alice, time_machine, settings):
    analysis, _, before = deleted(alice)
    let_pass(time_machine, settings.UNDO_SECONDS - 60)
    tasks.sweep()
    lifecycle.undo_deletion(analysis, alice)
    assert stored() == before


def test_a_later_run_ends_the_time_to_undo(alice, breaches):
    analysis, occurrence, _ = deleted(alice)
    lifecycle.submit(analysis, alice)
    with pytest.raises(lifecycle.Refused):
        lifecycle.undo_deletion(analysis, alice)
    tasks.sweep()
    assert stored(*KEPT) == {table.__name__: [] for table in KEPT}
    assert told(analysis, "Deleted for good")[0][1].endswith("A later run has begun.")
    assert status(analysis) == "Submitted"
    assert status(occurrence) == "Stopped - Deleting Results"
    assert breaches() == []


def test_so_nothing_comes_back_beside_what_a_later_run_has_found(alice):
    analysis, _, _ = deleted(alice)
    later = lifecycle.submit(analysis, alice)
    prescanned(later)
    found(started(scans_of(later)[0]))
    before = stored()
    with pytest.raises(lifecycle.Refused):
        lifecycle.undo_deletion(analysis, alice)
    assert stored() == before


def test_without_a_time_to_undo_it_is_gone_at_once(alice, settings, breaches):
    settings.UNDO_SECONDS = 0
    analysis, _, _ = deleted(alice)
    assert stored(*RESULTS, *KEPT) == {table.__name__: [] for table in (*RESULTS, *KEPT)}
    assert told(analysis, "Results deleted") == [("alice", "5 findings and 5 crawled pages. For good.")]
    with pytest.raises(lifecycle.Refused, match="gone for good"):
        lifecycle.undo_deletion(analysis, alice)
    assert breaches() == []


def test_it_goes_with_its_analysis(alice):
    analysis, _, _ = deleted(alice)
    analysis.delete()
    assert stored(*KEPT) == {table.__name__: [] for table in KEPT}


def test_a_finding_that_is_deleted_is_not_tested_again(alice):
    analysis, occurrence, [held] = running(alice)
    found(held, flaws=1)
    finding = analysis.findings.get()
    open_test = Retest.objects.create(
        finding=finding, scan_occurrence=scans_of(occurrence)[0], asked_by_name="alice", asked_at=timezone.now()
    )
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    assert retesting.waiting() == []
    lifecycle.undo_deletion(analysis, alice)
    assert retesting.waiting() == [open_test.pk]
