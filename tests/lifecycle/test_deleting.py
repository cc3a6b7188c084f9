"""Deleted results are gone from their tables; for a while they can be had back as they were, then for good."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.utils import timezone

from analyses import lifecycle, retesting, tasks
from analyses.engines.contract import CrawledPage, FoundFlaw
from analyses.lifecycle import Claim, deleting
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    CrawledUrl,
    DeletedRows,
    DeletedScan,
    Deletion,
    EngineLog,
    Finding,
    FindingInstance,
    Judgement,
    Retest,
    RetestOutcome,
    ScanOccurrence,
    State,
)
from analyses.moves import Ending
from tests.scene import FLAW, ends, let_pass, prescanned, published, running, scans_of, started, status

pytestmark = pytest.mark.django_db
RESULTS = (Finding, FindingInstance, Judgement, Retest, CrawledUrl, EngineLog)
KEPT = (Deletion, DeletedScan, DeletedRows)
TWO = ("http://shop.test/", "http://shop.test/more")
ODD = "\u20ac \U0001f6d2 \x01\x1f \r\n\t “quoted” \\ \ufffd &lt;script&gt;"


def stored(*tables: type[models.Model]) -> dict[str, list[tuple]]:
    """Every column of every row, as the database has them."""
    rows = {}
    for table in tables or RESULTS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table._meta.db_table} ORDER BY id")
            rows[table.__name__] = [tuple(map(_plain, row)) for row in cursor.fetchall()]
    return rows


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def flaw(number: int) -> FoundFlaw:
    return replace(
        FLAW, url=f"http://shop.test/{number}?a={ODD}", request=f"GET /{number}\r\n{ODD}", response=ODD * 200
    )


def pages(number: int) -> list[CrawledPage]:
    return [CrawledPage(f"http://shop.test/{n}?{ODD}", "GET", 200 if n else None) for n in range(number)]


def found(held: Claim, flaws: int = 5, crawled: int = 5) -> None:
    lifecycle.record_found(held, [flaw(number) for number in range(flaws)])
    lifecycle.record_crawled(held, pages(crawled))
    lifecycle.record_log(held, f"It said {ODD}\n" * 100)


def judged(analysis: Analysis, actor: User, state: State = State.ACCEPTED) -> None:
    """One finding with a history: judged, commented on, tested again."""
    finding = analysis.findings.order_by("pk")[0]
    place = finding.instances.all()[0].scan_occurrence
    by, at = {"actor": actor, "actor_name": "alice"}, timezone.now()
    Judgement.objects.create(finding=finding, old_state=State.OPEN, new_state=state, comment=ODD, at=at, **by)
    Finding.objects.filter(pk=finding.pk).update(state=state)
    asked = {"asked_by": actor, "asked_by_name": "alice", "asked_at": at}
    over = {"ended_at": at, "outcome": RetestOutcome.UNKNOWN, "cause": ODD}
    Retest.objects.create(finding=finding, scan_occurrence=place, **asked, **over)


def deleted(owner: User, **fields) -> tuple[Analysis, AnalysisOccurrence, dict]:
    """An analysis that was stopped with its results deleted; what had been stored before."""
    analysis, occurrence, [held] = running(owner, "http://shop.test/", **fields)
    found(held)
    judged(analysis, owner)
    before = stored()
    lifecycle.stop(analysis, owner, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    analysis.refresh_from_db()
    return analysis, occurrence, before


def told(analysis: Analysis, action: str) -> list[tuple[str, str]]:
    entries = Activity.objects.filter(analysis=analysis, action=action).order_by("pk")
    return list(entries.values_list("actor_name", "cause"))


# --- Deleting -------------------------------------------------------------------------------------------------------


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
        ("alice", "5 findings and 5 crawled pages. Until 2026-03-01 11:00 UTC it can be undone.")
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


def swept(over: Callable[[], bool]) -> None:
    """Let the sweep come by until something is so; each time it does something."""
    for _ in range(30):
        if over():
            return
        tasks.sweep()
    raise AssertionError("it does not come to an end")


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


# --- Undoing --------------------------------------------------------------------------------------------------------


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


# --- For good -------------------------------------------------------------------------------------------------------


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
