"""Claims, leases, endings, verification and publishing."""

from datetime import timedelta

import pytest
from django.conf import settings as installed
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, Phase, Progress
from analyses.lifecycle import Work
from analyses.models import Activity, CrawledUrl, Finding, FindingInstance, ScanOccurrence
from analyses.models.findings import Verification
from analyses.moves import Ending
from notifications.models import InternalRecipient, OutgoingMail
from tests.scene import (
    FLAW,
    UNREACHED,
    an_analysis,
    ends,
    give_secrets,
    let_pass,
    prescanned,
    published,
    running,
    scans_of,
    started,
    status,
    statuses_in_log,
)

pytestmark = pytest.mark.django_db


def published_mails():
    return OutgoingMail.objects.filter(event="results_published")


def test_the_whole_way_of_a_complete_analysis(alice, lead):
    analysis, occurrence, [held] = running(alice)
    assert status(analysis) == "In Progress"
    ends(held)
    assert status(analysis) == "Completed - Verifying Results"
    lifecycle.publish(held)
    assert status(analysis) == "Completed - Results Available"
    assert status(scans_of(occurrence)[0]) == "Completed - Results Available"
    assert statuses_in_log(analysis) == [
        "Saved for Later",
        "Submitted",
        "Prescanning",
        "Queued",
        "In Progress",
        "Completed - Verifying Results",
        "Completed - Results Available",
    ]


def test_security_leads_and_internal_recipients_are_told_once_that_results_are_published(alice, bob, lead):
    InternalRecipient.objects.create(address="appsec@example.test")
    _, _, [held] = running(alice)
    ends(held)
    lifecycle.publish(held)
    assert sorted(mail.to for mail in published_mails()) == ["appsec@example.test", "lead@example.test"]


def test_an_analysis_with_a_failed_scan_publishes_partial_results(alice, lead):
    analysis = an_analysis(alice, "http://nosuch.test/", "http://b.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    held = started(scans_of(occurrence)[1])
    ends(held)
    assert status(analysis) == "Completed - Verifying Partial Results"
    lifecycle.publish(held)
    assert status(analysis) == "Completed - Partial Results Available"
    assert published_mails().get().subject.startswith("Partial results published")


def test_what_is_new_is_told_by_the_last_results_and_not_by_a_run_that_had_none(alice, lead):
    analysis = published(alice)
    lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    lifecycle.withdraw(analysis, alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    ends(held)
    lifecycle.publish(held)
    assert "0 new, 0 not found again" in published_mails().first().text


def test_a_scan_is_claimed_once(alice):
    _, _, [held] = running(alice)
    assert lifecycle.claim(held.scan_id) is None


def test_capacity_is_never_exceeded(alice, settings):
    settings.SCAN_CAPACITY = 2
    _, _, claims = running(alice, *[f"http://{n}.test/" for n in range(5)])
    assert len(claims) == 2
    assert ScanOccurrence.objects.exclude(slot=None).count() == 2


def test_a_freed_slot_goes_to_the_next_in_line(alice, settings):
    settings.SCAN_CAPACITY = 1
    _, occurrence, [held] = running(alice, "http://a.test/", "http://b.test/")
    waiting = scans_of(occurrence)[1]
    assert lifecycle.startable() == []
    ends(held)
    lifecycle.publish(held)
    lifecycle.show_places_in_line()
    assert status(waiting) == "Queued"
    assert lifecycle.startable() == [waiting.pk]
    assert lifecycle.claim(waiting.pk)


def test_an_analysis_of_many_urls_does_not_keep_the_others_waiting(alice, settings):
    settings.SCAN_CAPACITY = 2
    big = an_analysis(alice, *[f"http://{n}.test/" for n in range(20)], name="Big")
    small = an_analysis(alice, "http://small.test/", name="Small")
    for analysis in (big, small):
        prescanned(lifecycle.submit(analysis, alice))
    next_scans = ScanOccurrence.objects.filter(pk__in=lifecycle.startable())
    assert {scan.occurrence.analysis.name for scan in next_scans} == {"Big", "Small"}


def test_progress_is_shown_and_the_lease_renewed(alice, time_machine):
    analysis, occurrence, [held] = running(alice)
    let_pass(time_machine, installed.LEASE_SECONDS - 1)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, pages=12, checks_done=50, checks_total=100, current="sql"))
    let_pass(time_machine, 2)
    assert lifecycle.due().scans == []
    scan = scans_of(occurrence)[0]
    assert (scan.phase, scan.pages, scan.current) == ("attacking", 12, "sql")
    before = analysis.version
    analysis.refresh_from_db()
    assert analysis.percent == scan.percent == 50
    assert analysis.version > before


class TestHowFar:
    """An analysis has a percentage while each engine has said how much it has to do, and none that was made up."""

    @pytest.fixture
    def three(self, alice, settings):
        """Of three scans the first could not start, the others run."""
        settings.SCAN_CAPACITY = 2
        analysis = an_analysis(alice, *[f"http://{name}.test/" for name in "abc"])
        occurrence = lifecycle.submit(analysis, alice)
        prescanned(occurrence, UNREACHED)
        return analysis, [started(scan) for scan in scans_of(occurrence)[1:]]

    def told(self, analysis):
        analysis.refresh_from_db()
        return analysis.percent, analysis.done_count, analysis.due_count, analysis.pages

    def test_while_one_cannot_say_there_is_none(self, three):
        analysis, [first, _] = three
        lifecycle.heartbeat(first, Progress(Phase.ATTACKING, 12, checks_done=90, checks_total=100))
        assert self.told(analysis) == (None, 0, 2, 12)

    def test_it_is_of_all_their_checks(self, three):
        analysis, [first, second] = three
        lifecycle.heartbeat(first, Progress(Phase.ATTACKING, 12, checks_done=90, checks_total=100))
        lifecycle.heartbeat(second, Progress(Phase.ATTACKING, 5, checks_done=0, checks_total=300))
        assert self.told(analysis) == (22, 0, 2, 17)

    def test_one_that_is_over_has_done_all_it_had(self, three):
        analysis, [first, second] = three
        lifecycle.heartbeat(second, Progress(Phase.ATTACKING, 5, checks_done=0, checks_total=100))
        lifecycle.heartbeat(first, Progress(Phase.ATTACKING, 12, checks_done=10, checks_total=100))
        ends(first, Ending.ERROR, finds=False)
        assert self.told(analysis) == (50, 1, 2, 17)

    def test_when_all_are_over_there_is_none(self, three):
        analysis, claims = three
        for held in claims:
            lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 1, checks_done=1, checks_total=100))
            ends(held)
        assert self.told(analysis) == (None, 2, 2, 2)

    def test_what_is_stopping_has_none(self, three, alice):
        analysis, claims = three
        for held in claims:
            lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 1, checks_done=1, checks_total=100))
        lifecycle.stop(analysis, alice, keep=True)
        lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 1, checks_done=2, checks_total=100))
        assert self.told(analysis)[0] is None


def test_a_lost_scan_is_taken_over_from_its_kept_session_and_its_former_runner_is_fenced(alice, time_machine):
    _, _, [lost] = running(alice)
    let_pass(time_machine, installed.LEASE_SECONDS + 1)
    assert lifecycle.due().scans == [lost.scan_id]
    taken_over = lifecycle.claim(lost.scan_id)
    assert taken_over.work is Work.RESUME
    assert taken_over.attempt == lost.attempt + 1
    for write in (
        lambda: lifecycle.heartbeat(lost),
        lambda: lifecycle.end_run(lost, Ending.COMPLETED),
        lambda: lifecycle.publish(lost),
        lambda: lifecycle.release(lost),
    ):
        with pytest.raises(lifecycle.LostClaim):
            write()
    assert lifecycle.record_found(lost, [FLAW]) == 0
    assert FindingInstance.objects.count() == 0
    assert Activity.objects.filter(action="Taken over").exists()


def test_a_scan_of_another_host_starts_again_from_the_beginning(alice, time_machine):
    _, _, [held] = running(alice)
    ScanOccurrence.objects.update(host="elsewhere")
    let_pass(time_machine, installed.LEASE_SECONDS + 1)
    assert lifecycle.claim(held.scan_id).work is Work.RUN


def test_a_released_scan_is_resumed_at_once_and_does_not_count_as_lost(alice):
    _, occurrence, [held] = running(alice)
    lifecycle.release(held)
    assert lifecycle.due().scans == [held.scan_id]
    assert lifecycle.claim(held.scan_id).work is Work.RESUME
    assert scans_of(occurrence)[0].losses == 0


@pytest.mark.parametrize(
    ("finds", "ended", "analysis_ended"),
    [
        (False, "Technical Issue - Stopped", "Stopped - Technical Issue"),
        (True, "Scan Error - Verifying Partial Results", "Stopped - Verifying Partial Results"),
    ],
)
def test_a_scan_lost_three_times_ends_with_what_it_has(alice, time_machine, finds, ended, analysis_ended):
    analysis, occurrence, [held] = running(alice)
    if finds:
        lifecycle.record_found(held, [FLAW])
    for _ in range(installed.SCAN_ATTEMPTS):
        let_pass(time_machine, installed.LEASE_SECONDS + 1)
        held = lifecycle.claim(held.scan_id)
    assert status(scans_of(occurrence)[0]) == ended
    assert status(analysis) == analysis_ended
    if finds:
        assert held.work is Work.VERIFY
        lifecycle.publish(held)
        assert status(analysis) == "Completed - Partial Results Available"


def test_a_stop_whose_runner_was_lost_is_carried_out_by_the_next(alice, time_machine):
    analysis, _, [held] = running(alice)
    lifecycle.stop(analysis, alice, keep=True)
    let_pass(time_machine, installed.LEASE_SECONDS + 1)
    assert lifecycle.claim(held.scan_id).work is Work.END


def test_the_time_by_which_it_has_to_end_is_the_cause_where_it_comes_first(alice, settings, time_machine):
    settings.SCAN_CAPACITY = 0
    _, occurrence, _ = running(alice, duration=timedelta(hours=24), end_by=timezone.now() + timedelta(hours=1))
    let_pass(time_machine, 3601)
    lifecycle.expire(occurrence.pk)
    assert status(occurrence) == "Stopped - Scan Duration Ended"
    assert scans_of(occurrence)[0].cause == "The time by which it has to end has come."


def test_the_duration_ends_what_is_queued(alice, settings, time_machine):
    settings.SCAN_CAPACITY = 1
    analysis, occurrence, [held] = running(alice, "http://a.test/", "http://b.test/", duration=timedelta(hours=1))
    let_pass(time_machine, 3601)
    assert lifecycle.overdue() == [occurrence.pk]
    lifecycle.expire(occurrence.pk)
    assert status(scans_of(occurrence)[1]) == "Time Expired - Stopped"
    ends(held, Ending.EXPIRED)
    assert status(analysis) == "Time Expired - Verifying Partial Results"
    lifecycle.publish(held)
    assert status(analysis) == "Completed - Partial Results Available"
    assert "Stopped - Scan Duration Ended With Partial Results" in statuses_in_log(analysis)


def test_the_same_flaw_is_one_finding_and_the_same_place_one_instance(alice):
    _, _, [held, other] = running(alice, "http://shop.test/", "http://shop.test/more")
    lifecycle.record_found(held, [FLAW, FLAW])
    lifecycle.record_found(held, [FLAW])
    lifecycle.record_found(other, [FLAW])
    assert Finding.objects.count() == 1
    assert FindingInstance.objects.count() == 2


def test_text_of_the_target_is_stored_whatever_it_contains(alice):
    from dataclasses import replace

    _, _, [held] = running(alice)
    hostile = replace(FLAW, url="http://shop.test/\0?" + "a" * 9000, info="\ud800<script>", parameter="p" * 900)
    lifecycle.record_found(held, [hostile])
    lifecycle.record_crawled(held, [CrawledPage("GET", "http://shop.test/\0", 200)])
    assert FindingInstance.objects.count() == CrawledUrl.objects.count() == 1


def test_what_could_not_be_tested_again_says_so(alice):
    _, _, [held] = running(alice)
    ends(held)
    lifecycle.publish(held)
    assert FindingInstance.objects.get().verification == Verification.NOT_RETESTED


def test_an_outcome_of_verification_is_kept(alice):
    _, _, [held] = running(alice)
    ends(held)
    lifecycle.record_verification(held, {FindingInstance.objects.get().pk: True})
    assert FindingInstance.objects.get().verification == Verification.CONFIRMED


def test_the_password_is_erased_when_the_scan_is_over(alice):
    analysis = an_analysis(alice)
    give_secrets(analysis, secret="s3cret-of-the-shop")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    assert scans_of(occurrence)[0].secret == "s3cret-of-the-shop"
    ends(held)
    lifecycle.publish(held)
    assert scans_of(occurrence)[0].secret == ""


def test_the_log_folds_to_the_stored_status_of_every_scan(alice):
    _, occurrence, claims = running(alice, "http://a.test/", "http://b.test/")
    ends(claims[0])
    lifecycle.publish(claims[0])
    ends(claims[1], Ending.ERROR, finds=False, cause="It crashed.")
    for scan in scans_of(occurrence):
        last = Activity.objects.filter(scan_occurrence=scan).exclude(new_status="").order_by("-pk").first()
        assert last.new_status == status(scan)


def test_a_verification_lost_again_and_again_is_published_untested(alice, time_machine):
    analysis, _, [held] = running(alice)
    ends(held)
    for _ in range(installed.SCAN_ATTEMPTS):
        let_pass(time_machine, installed.LEASE_SECONDS + 1)
        lifecycle.claim(held.scan_id)
    assert status(analysis) == "Completed - Results Available"
    assert FindingInstance.objects.get().verification == Verification.NOT_RETESTED


def test_a_claim_that_gets_nothing_changes_nothing(alice):
    analysis, _, [held] = running(alice)
    analysis.refresh_from_db()
    before = analysis.version
    assert lifecycle.claim(held.scan_id) is None
    analysis.refresh_from_db()
    assert analysis.version == before


def test_a_scan_whose_engine_does_not_start_beside_a_running_one_is_a_warning(alice):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    first, second = scans_of(occurrence)
    assert started(first)
    lifecycle.end_run(lifecycle.claim(second.pk), Ending.ERROR, "The engine does not start.")
    assert status(second) == "Submit Failed"
    assert status(analysis) == "In Progress + warning icon"
