"""What the mails of a real run say: how long it took, on whose clocks, what is open, and that they belong together."""

import pytest

from analyses import lifecycle
from analyses.lifecycle.triaging import triage
from analyses.models import AnalysisOccurrence, Finding, ScanOccurrence, State
from analyses.moves import Ending
from dashboard.accounts.models import ChosenZone
from notifications.models import OutgoingMail
from tests.results.runs import SQL, XSS, found, run
from tests.scene import FLAW, UNREACHED, an_analysis, let_pass, prescanned, running

pytestmark = pytest.mark.django_db


def mail_of(event: str) -> OutgoingMail:
    return OutgoingMail.objects.filter(event=event).order_by("-pk")[0]


def test_a_failed_prescan_says_why_and_how_long_it_took(alice, time_machine):
    time_machine.move_to("2026-11-24T02:05:00+00:00")
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    let_pass(time_machine, 180)
    prescanned(occurrence, UNREACHED)
    text = mail_of("prescan_failed").text
    assert "Why: Connection Error: The name does not exist\n" in text
    assert "When: 24 November 2026, 02:05 to 02:08 UTC, 3 minutes\n" in text


def test_a_scheduled_prescan_has_taken_no_longer_than_since_its_time(alice, time_machine):
    time_machine.move_to("2026-11-24T02:05:00+00:00")
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    starts = occurrence.submitted_at.replace(hour=9)
    AnalysisOccurrence.objects.update(start_at=starts)
    time_machine.move_to("2026-11-24T09:06:00+00:00")
    prescanned(occurrence)
    assert "When: 24 November 2026, 09:05 to 09:06 UTC, 1 minute\n" in mail_of("prescan_succeeded").text


def test_published_results_say_how_long_the_scans_took_on_their_readers_clocks(alice, lead, time_machine):
    ChosenZone.objects.create(user=lead, zone="Asia/Tokyo")
    time_machine.move_to("2026-11-24T02:05:00+00:00")
    _, _, [held] = running(alice)
    lifecycle.record_found(held, [FLAW])
    let_pass(time_machine, 8040)
    lifecycle.end_run(held, Ending.COMPLETED)
    ended = ScanOccurrence.objects.get().engine_ended_at
    lifecycle.publish(held)
    assert ended is not None
    text = mail_of("results_published").text
    assert "Scanned: 24 November 2026, 11:05 to 13:19 Asia/Tokyo, 2 hours 14 minutes\n" in text


def test_what_is_settled_is_not_counted_as_open(alice, lead):
    analysis = an_analysis(alice)
    run(analysis, alice, found(SQL, XSS))
    assert "2 findings, 2 open:" in mail_of("results_published").text
    triage(analysis, Finding.objects.values_list("pk", flat=True)[:1], State.FALSE_POSITIVE, lead, "A test page.")
    run(analysis, alice, found(SQL, XSS))
    assert "2 findings, 1 open:" in mail_of("results_published").text
    assert "Since the results before: 0 new, 0 not found again." in mail_of("results_published").text


def test_mails_of_an_analysis_are_one_thread(alice, lead):
    first, second = an_analysis(alice, name="First"), an_analysis(alice, name="Second")
    for analysis in (first, second, first):
        run(analysis, alice, found(SQL))
    threads = set(OutgoingMail.objects.values_list("thread", "subject"))
    assert {thread for thread, subject in threads if "First" in subject} == {f"analysis:{first.pk}"}
    assert len({thread for thread, _ in threads}) == 2
