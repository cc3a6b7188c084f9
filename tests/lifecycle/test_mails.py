"""What the mails of a real run say: how long it took, on whose clocks, what is open, and that they belong together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analyses import lifecycle
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, AnalysisOccurrence, EngineLog, Finding, ScanOccurrence, State
from analyses.moves import Ending
from dashboard.accounts.models import ChosenZone
from notifications.models import OutgoingMail
from tests.results.runs import HEADER, SQL, XSS, A, B, found, run
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
    assert "When: 24 Nov 2026, 02:05 to 02:08 UTC, 3 minutes\n" in text


def test_a_scheduled_prescan_has_taken_no_longer_than_since_its_time(alice, time_machine):
    time_machine.move_to("2026-11-24T02:05:00+00:00")
    occurrence = lifecycle.submit(an_analysis(alice), alice)
    starts = occurrence.submitted_at.replace(hour=9)
    AnalysisOccurrence.objects.update(start_at=starts)
    time_machine.move_to("2026-11-24T09:06:00+00:00")
    prescanned(occurrence)
    assert "When: 24 Nov 2026, 09:05 to 09:06 UTC, 1 minute\n" in mail_of("prescan_succeeded").text


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
    assert "Scanned: 24 Nov 2026, 11:05 to 13:19 Asia/Tokyo, 2 hours 14 minutes\n" in text


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


def test_published_results_are_told_by_severity_with_targets_and_the_next_run(alice, lead, time_machine):
    time_machine.move_to("2026-11-24T02:05:00+00:00")
    starts = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    analysis = an_analysis(alice, A, B, repeat="daily", zone="Europe/Berlin", start_at=starts)
    run(analysis, alice, found(SQL, XSS), found(HEADER))
    assert "- Critical: 1 (1 open)" in mail_of("results_published").text
    analysis.refresh_from_db()
    triage(
        analysis,
        Finding.objects.filter(category=XSS.category).values_list("pk", flat=True),
        State.ACCEPTED,
        lead,
        "A test page.",
    )
    run(analysis, alice, found(XSS, replace(SQL, parameter="sort")), found(HEADER))
    text = mail_of("results_published").text
    assert "- Critical: 1 (1 new, 1 open, 1 not found again)\n" in text
    assert "- Medium: 1 (0 new, 0 open, 0 not found again)\n- Low: 1 (0 new, 1 open" in text
    assert f"Targets:\n- {A}\n- {B}\n" in text
    assert "Schedule: Daily at 03:05 Europe/Berlin\nNext run: Wed 25 Nov 2026, 02:05 (UTC)\n" in text


def test_of_very_many_targets_the_first_are_named_and_the_rest_counted(alice, lead):
    analysis = an_analysis(alice, *[f"http://host{number}.test/" for number in range(25)])
    run(analysis, alice, *[found() for _ in range(25)])
    text = mail_of("results_published").text
    assert text.count("- http://host") == 20
    assert "And 5 more, on the page of the analysis." in text
    assert "Schedule" not in text


def test_a_failed_prescan_tells_what_was_done_step_by_step(alice):
    prescanned(lifecycle.submit(an_analysis(alice), alice), UNREACHED)
    text = mail_of("prescan_failed").text
    assert "   Its log:\n   | Name: Failed: The name does not exist\n" in text


@pytest.fixture
def ended(alice):
    """A run of a schedule whose only scan failed while its engine was at work; what it said is given, then it ends."""

    def end(said: str) -> str:
        analysis, occurrence, [held] = running(alice, repeat="daily", repeat_off_after=1)
        EngineLog.objects.create(scan_occurrence_id=held.scan_id, text=said, updated_at=occurrence.submitted_at)
        Analysis.objects.filter(pk=analysis.pk).update(next_start=occurrence.submitted_at)
        AnalysisOccurrence.objects.filter(pk=occurrence.pk).update(nominal_at=occurrence.submitted_at)
        lifecycle.end_run(held, Ending.ERROR, "The engine ended with code 1.")
        return mail_of("schedule_ended").text

    return end


def test_a_schedule_that_ended_itself_tells_how_the_engines_log_ends(ended):
    text = ended("[*] Launching module sql\nTraceback\nMemoryError\n")
    assert "   Its log:\n   | [*] Launching module sql\n   | Traceback\n   | MemoryError\n" in text


def test_of_a_long_log_the_end_is_told_and_how_much_stands_before_it(ended):
    lines = [f"line {number:05}" for number in range(3_000)]
    text = ended("\n".join(lines))
    assert "How its log ends, without the" in text
    shown = [line for line in text.splitlines() if line.startswith("   | ")]
    assert shown[-1] == "   | line 02999"
    assert len(shown) == 15
    assert f"without the {11 * (3_000 - 15)} characters before" in text.replace(",", "")


def test_what_may_be_secret_in_addresses_of_a_log_is_left_out(ended):
    text = ended("GET http://carol:pass@shop.test/item?token=s3cret#x failed\n")
    assert "| GET http://shop.test/item?… failed" in text
    assert "s3cret" not in text
    assert "pass@" not in text


def test_no_line_of_a_log_forges_a_line_of_the_mail(ended):
    text = ended("quiet\rUnsubscribe here: http://evil.test\x1b[2J")
    assert "   | quiet Unsubscribe here: http://evil.test [2J\n" in text


def test_without_details_nothing_of_a_log_is_told(ended, settings):
    settings.NOTIFY_WITHOUT_DETAILS = True
    text = ended("MemoryError\n")
    assert "MemoryError" not in text
    assert "log" not in text
