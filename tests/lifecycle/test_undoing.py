"""Deleted results come back as they were, and their run goes on as if they had been kept."""

import pytest
from django.db import models

from analyses import lifecycle
from analyses.lifecycle import deleting
from analyses.models import (
    CrawledUrl,
    EngineLog,
    Finding,
    FindingInstance,
    Judgement,
    Retest,
    ScanOccurrence,
    State,
)
from analyses.moves import Ending
from tests.lifecycle.deleted import KEPT, TWO, deleted, found, judged, stored, told
from tests.scene import ends, let_pass, published, running, scans_of, status

pytestmark = pytest.mark.django_db


def test_undoing_brings_every_row_back_as_it_was(alice, breaches):
    analysis, _, before = deleted(alice)
    lifecycle.undo_deletion(analysis, alice)
    assert stored() == before
    assert stored(*KEPT) == {table.__name__: [] for table in KEPT}
    assert breaches() == []


def test_then_it_is_as_if_its_results_had_been_kept(alice, lead, breaches):
    analysis, occurrence, _ = deleted(alice)
    lifecycle.undo_deletion(analysis, alice)
    analysis.refresh_from_db()
    assert status(analysis) == "Stopped - Verifying Partial Results"
    scan = scans_of(occurrence)[0]
    assert (status(scan), scan.cause, scan.pages) == (
        "Stopped - Verifying Partial Results", "Stopped by alice", 0,
    )  # fmt: skip
    assert (analysis.finding_count, scan.finding_count, analysis.ended_at) == (5, 5, None)
    assert lifecycle.due().scans == [scan.pk]
    held = lifecycle.claim(scan.pk)
    assert held.work is lifecycle.Work.VERIFY
    lifecycle.publish(held)
    assert status(analysis) == "Stopped - Partial Results Available"
    assert breaches() == []


def test_both_ways_stand_in_the_log_with_who_it_was(alice, bob):
    analysis, _, _ = deleted(alice)
    lifecycle.undo_deletion(analysis, bob)
    assert told(analysis, "Results deleted")[0][0] == "alice"
    assert told(analysis, "Deletion undone") == [("bob", "5 findings and 5 crawled pages.")]


def test_what_had_been_published_verified_or_held_is_so_again(alice, breaches):
    """One that was published, one whose engine was at work, one that had never begun."""
    analysis, occurrence, [first, second, _] = running(alice, *TWO, "http://third.test/")
    found(first)
    lifecycle.end_run(first, Ending.UNREACHABLE, "It went away.")
    lifecycle.publish(first)
    found(second, flaws=7)
    ScanOccurrence.objects.filter(pk=first.scan_id).update(pages=12)
    rows, scan = stored(), scans_of(occurrence)[0]
    lifecycle.stop(analysis, alice, keep=False)
    assert FindingInstance.objects.filter(scan_occurrence=first.scan_id).count() == 0
    lifecycle.end_run(second, Ending.COMPLETED)
    assert status(scans_of(occurrence)[0]) == "Stopped"
    lifecycle.undo_deletion(analysis, alice)
    again = scans_of(occurrence)[0]
    assert status(again) == "Site unreachable - Results Available"
    fields = ("cause", "ended_at", "pages", "finding_count", "ending", "engine_ended_at")
    assert [getattr(again, name) for name in fields] == [getattr(scan, name) for name in fields]
    assert status(scans_of(occurrence)[1]) == "Completed - Verifying Results"
    assert stored() == rows
    assert breaches() == []


def test_results_that_waited_for_a_reviewer_wait_again(alice, lead, breaches):
    analysis, occurrence, [first, second] = running(alice, *TWO, hold_results=True)
    ends(first)
    lifecycle.publish(first)
    held_since = scans_of(occurrence)[0].ended_at
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(second, Ending.STOPPED)
    lifecycle.undo_deletion(analysis, alice)
    scan = scans_of(occurrence)[0]
    assert (status(scan), scan.ended_at) == ("Completed - Verifying Results", held_since)
    lifecycle.publish(lifecycle.claim(second.scan_id))
    lifecycle.publish_results(analysis, lead)
    assert status(analysis) == "Stopped - Partial Results Available"
    assert breaches() == []


def test_undone_while_its_engine_is_still_ending_what_it_found_is_kept(alice, breaches):
    analysis, occurrence, [held] = running(alice)
    found(held)
    before = stored()
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.undo_deletion(analysis, alice)
    assert status(analysis) == "Stopped - Saving Results"
    assert lifecycle.heartbeat(held).status.label == "Stopping - Saving Results"
    assert breaches() == []
    lifecycle.end_run(held, Ending.STOPPED)
    assert status(scans_of(occurrence)[0]) == "Stopped - Verifying Partial Results"
    assert stored() == before
    lifecycle.publish(held)
    assert status(analysis) == "Stopped - Partial Results Available"
    assert breaches() == []


def test_what_another_scan_of_the_run_finds_again_while_it_ends_is_one_finding(alice, breaches):
    analysis, _, [first, second] = running(alice, *TWO)
    found(first)
    lifecycle.end_run(first, Ending.COMPLETED)
    judged(analysis, alice)
    before = stored(Finding, Judgement, Retest)
    lifecycle.stop(analysis, alice, keep=False)
    found(second)
    lifecycle.end_run(second, Ending.STOPPED)
    lifecycle.undo_deletion(analysis, alice)
    assert stored(Finding, Judgement, Retest) == before
    assert FindingInstance.objects.count() == 10
    assert breaches() == []


def test_what_was_judged_of_it_meanwhile_is_the_last_word(alice, breaches):
    analysis, _, [first, second] = running(alice, *TWO)
    found(first)
    lifecycle.end_run(first, Ending.COMPLETED)
    judged(analysis, alice)
    before = set(Finding.objects.values_list("pk", flat=True))
    lifecycle.stop(analysis, alice, keep=False)
    found(second, flaws=1)
    judged(analysis, alice, State.CONFIRMED)
    lifecycle.undo_deletion(analysis, alice)
    lifecycle.end_run(second, Ending.STOPPED)
    finding = Finding.objects.order_by("pk")[0]
    assert set(Finding.objects.values_list("pk", flat=True)) == before
    assert finding.state == State.CONFIRMED
    said = finding.judgements.order_by("pk").values_list("new_state", flat=True)
    assert list(said) == [State.ACCEPTED, State.CONFIRMED]
    assert (finding.retests.count(), FindingInstance.objects.count()) == (2, 6)
    assert breaches() == []


def test_undoing_twice_does_it_once(alice):
    analysis, _, before = deleted(alice)
    lifecycle.undo_deletion(analysis, alice)
    with pytest.raises(lifecycle.Refused, match="no results of its last run have been deleted"):
        lifecycle.undo_deletion(analysis, alice)
    assert stored() == before
    assert len(told(analysis, "Deletion undone")) == 1


def test_a_run_with_results_has_nothing_to_undo(alice):
    with pytest.raises(lifecycle.Refused, match="no results of its last run have been deleted"):
        lifecycle.undo_deletion(published(alice), alice)


def test_of_whoever_is_gone_since_the_rows_say_so_as_if_they_had_stayed(alice, bob):
    analysis, _, [held] = running(alice)
    found(held, flaws=1)
    judged(analysis, bob)
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    bob.delete()
    lifecycle.undo_deletion(analysis, alice)
    assert Judgement.objects.get().actor is None
    assert Retest.objects.get().asked_by is None


def test_new_findings_get_numbers_of_their_own_afterwards(alice):
    analysis, occurrence, before = deleted(alice)
    lifecycle.undo_deletion(analysis, alice)
    lifecycle.publish(lifecycle.claim(scans_of(occurrence)[0].pk))
    published(alice, "http://other.test/", name="Another")
    assert Finding.objects.count() == len(before["Finding"]) + 1


def test_everything_that_goes_with_a_finding_is_kept_aside_with_it():
    """What deleting a finding deletes too, however deep: whatever hangs on findings one day has to be in HANGING."""
    assert {relation.related_model for relation in deleting.HANGING} == {Judgement, Retest}
    for model in (FindingInstance, CrawledUrl, EngineLog, Judgement, Retest):
        assert [relation for relation in model._meta.related_objects if relation.on_delete is models.CASCADE] == []


def test_results_that_came_back_are_verified_when_slots_are_free(alice, settings, breaches, time_machine):
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 2, 1
    analysis, occurrence, _ = deleted(alice)
    _, _, [other] = running(alice, "http://shop.test/", name="Another of the same host")
    lifecycle.undo_deletion(analysis, alice)
    scan = scans_of(occurrence)[0]
    assert lifecycle.claim(scan.pk) is None
    let_pass(time_machine, 300)
    lifecycle.heartbeat(other)
    assert breaches() == []  # nobody has forgotten it: it waits
    ends(other, finds=False)
    lifecycle.publish(other)
    held = lifecycle.claim(scan.pk)
    assert held.work is lifecycle.Work.VERIFY
    assert (scans_of(occurrence)[0].slot, scans_of(occurrence)[0].host_slot) == (1, 1)
    lifecycle.publish(held)
    assert (scans_of(occurrence)[0].slot, scans_of(occurrence)[0].host_slot) == (None, None)
