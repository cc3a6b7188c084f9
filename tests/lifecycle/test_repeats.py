"""A schedule whose runs fail again and again ends itself, and says so."""

import pytest

from analyses import lifecycle
from analyses.models import Activity, Analysis
from analyses.moves import Ending
from notifications.models import OutgoingMail
from tests.scene import UNREACHED, an_analysis, ends, let_pass, prescanned, scans_of, started, status

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


def fails_its_prescan(occurrence):
    prescanned(occurrence, UNREACHED)


def is_not_submitted(occurrence):
    lifecycle.not_submitted(occurrence.pk, "The scan engine cannot run here.")


def has_a_technical_issue(occurrence):
    prescanned(occurrence)
    ends(started(scans_of(occurrence)[0]), Ending.ERROR, finds=False, cause="It broke.")


def goes_well(occurrence):
    prescanned(occurrence)
    held = started(scans_of(occurrence)[0])
    ends(held)
    lifecycle.publish(held)


FAILURES = [fails_its_prescan, is_not_submitted, has_a_technical_issue]


@pytest.fixture
def runs(alice, time_machine):
    """Let a daily analysis run once a day, each time as it is said."""

    def run(*ways, analysis: Analysis | None = None, **fields) -> Analysis:
        if analysis is None:
            analysis = an_analysis(alice, repeat="daily", **fields)
            occurrence = lifecycle.submit(analysis, alice)
        else:
            occurrence = lifecycle.fire(analysis.pk)
        for way in ways[:-1]:
            way(occurrence)
            let_pass(time_machine, DAY)
            occurrence = lifecycle.fire(analysis.pk)
        ways[-1](occurrence)
        let_pass(time_machine, DAY)
        analysis.refresh_from_db()
        return analysis

    return run


def the_ends(analysis: Analysis):
    return Activity.objects.filter(analysis=analysis, action="Schedule ended")


def told() -> list[str]:
    return list(OutgoingMail.objects.filter(event="schedule_ended").values_list("to", flat=True))


@pytest.mark.parametrize("failure", FAILURES)
def test_after_three_failures_in_a_row_it_ends_and_says_why(runs, failure):
    analysis = runs(failure, failure, failure)
    assert analysis.next_start is None
    assert analysis.was_switched_off
    assert list(lifecycle.due_schedules()) == []
    [entry] = the_ends(analysis)
    assert (
        entry.cause
        == f"3 runs in a row have failed; the last one is {status(analysis)}. Submit it again to begin it anew."
    )


def test_two_failures_are_not_enough(runs):
    analysis = runs(*FAILURES[:2])
    assert (analysis.repeat_failures, analysis.was_switched_off) == (2, False)
    assert analysis.next_start


def test_a_good_run_between_begins_the_count_anew(runs):
    analysis = runs(*FAILURES[:2], goes_well, *FAILURES[:2])
    assert (analysis.repeat_failures, analysis.was_switched_off) == (2, False)


def test_one_failure_may_be_enough(runs):
    analysis = runs(fails_its_prescan, repeat_off_after=1)
    assert the_ends(analysis).get().cause.startswith("Its last run has failed; the last one is All")
    assert OutgoingMail.objects.get(event="schedule_ended").subject == "Schedule ended: Shop (its last run failed)"


def test_without_a_number_it_goes_on_whatever_happens(runs):
    analysis = runs(*FAILURES * 2, repeat_off_after=None)
    assert analysis.next_start
    assert not analysis.was_switched_off


def test_one_mail_goes_to_whoever_changed_the_schedule_last(runs, alice, bob):
    bob.is_superuser = True  # and so sees it
    bob.save()
    runs(*FAILURES, schedule_changed_by=bob)
    [mail] = OutgoingMail.objects.filter(event="schedule_ended")
    assert mail.to == "bob@example.test"
    assert mail.subject == "Schedule ended: Shop (3 runs in a row failed)"
    for said in ("Stopped - Technical Issue", "It broke.", "submit the analysis again"):
        assert said in mail.text
        assert said in mail.html


def test_submitted_again_the_schedule_and_the_count_begin_anew(runs, alice):
    analysis = runs(*[fails_its_prescan] * 3)
    lifecycle.submit(analysis, alice)
    analysis.refresh_from_db()
    assert analysis.next_start
    assert (analysis.repeat_failures, analysis.was_switched_off) == (0, False)


def test_a_change_of_the_schedule_begins_the_count_anew_and_another_change_does_not(runs, alice):
    analysis = runs(*[fails_its_prescan] * 2)
    lifecycle.edited(analysis, alice, "Description: a → b")
    analysis.refresh_from_db()
    assert analysis.repeat_failures == 2
    lifecycle.edited(analysis, alice, "Longest duration: 1 day → 2 days", schedule=True)
    analysis.refresh_from_db()
    assert analysis.repeat_failures == 0


def test_a_prescan_that_somebody_asks_for_is_not_counted(runs, alice, time_machine):
    analysis = runs(*[fails_its_prescan] * 2)
    let_pass(time_machine, -DAY / 2)
    prescanned(lifecycle.submit(analysis, alice, prescan_only=True), UNREACHED)
    analysis.refresh_from_db()
    assert analysis.repeat_failures == 2
    assert told() == []


def test_the_last_run_of_a_schedule_that_fails_ends_nothing(runs):
    analysis = runs(*[fails_its_prescan] * 3, repeat_count=3)
    assert analysis.next_start is None
    assert not analysis.was_switched_off
    assert told() == []
