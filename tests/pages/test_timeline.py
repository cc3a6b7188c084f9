"""The time line of the summary: what a run went through, and for how long."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from analyses import lifecycle
from analyses.timeline import MOST, NARROWEST, WIDTH, timeline_of, timeline_of_scan
from tests.configure.pages import text_of
from tests.scene import UNREACHED, an_analysis, ends, let_pass, prescanned, scans_of, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice, time_machine):
    """Submitted for 10 s, prescanned at once, queued for a minute, in progress for an hour, verified in 30 s."""
    time_machine.move_to("1 Jun 2026, 10:00:00+00:00", tick=False)
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    let_pass(time_machine, 10)
    prescanned(occurrence)
    let_pass(time_machine, 60)
    held = started(scans_of(occurrence)[0])
    let_pass(time_machine, 3600)
    ends(held)
    let_pass(time_machine, 30)
    lifecycle.publish(held)
    return occurrence


def lengths(run) -> list[tuple[str, int]]:
    return [(phase.label, int(phase.length.total_seconds())) for phase in timeline_of(run).phases]


def test_each_status_for_as_long_as_it_lasted(run):
    assert lengths(run) == [
        ("Submitted", 10),
        ("Prescanning", 0),
        ("Queued", 60),
        ("In Progress", 3600),
        ("Completed - Verifying Results", 30),
    ]
    assert timeline_of(run).total == timedelta(seconds=3700)


def test_the_picture_is_as_wide_as_all_phases_and_none_is_too_narrow_to_be_seen(run):
    phases = timeline_of(run).phases
    assert sum(phase.width for phase in phases) == pytest.approx(WIDTH, abs=1)
    assert min(phase.width for phase in phases) >= NARROWEST
    assert [phase.x for phase in phases] == sorted(phase.x for phase in phases)


def test_what_lasts_grows(alice, time_machine):
    time_machine.move_to("1 Jun 2026, 10:00:00+00:00", tick=False)
    run = lifecycle.submit(an_analysis(alice), alice)
    let_pass(time_machine, 90)
    assert lengths(run) == [("Submitted", 90)]
    assert timeline_of(run).phases[0].ended is None


def test_the_wait_for_a_scheduled_start_is_left_out(alice, time_machine):
    time_machine.move_to("1 Jun 2026, 10:00:00+00:00", tick=False)
    analysis = an_analysis(alice)
    run = lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(days=6))
    assert timeline_of(run) is None
    let_pass(time_machine, 6 * 86_400)
    lifecycle.begin_prescan(run.pk)
    assert lengths(run) == [("Prescanning", 0)]


def test_one_that_was_paused_all_day_shows_its_last_phases(alice, time_machine):
    time_machine.move_to("1 Jun 2026, 10:00:00+00:00", tick=False)
    analysis = an_analysis(alice)
    run = lifecycle.submit(analysis, alice)
    prescanned(run)
    for _ in range(MOST):
        lifecycle.pause(analysis, alice)
        lifecycle.resume(analysis, alice)
    assert 0 < len(timeline_of(run).phases) <= MOST + 1


def test_it_stands_on_the_summary_in_words_too(run, as_alice):
    page = text_of(as_alice.get(reverse("analyses:summary", args=[run.analysis_id])))
    assert "Time line 1 h 1 min" in page
    assert "Submitted 10 s, from 1 Jun 2026, 10:00:00" in page
    assert "Queued 1 min, from 10:00:10" in page  # on the same day
    assert "Completed - Results Available at 1 Jun 2026, 11:01:40" in page


def test_a_run_that_failed_ends_in_red_and_no_other(run, as_alice, alice, time_machine):
    summary = as_alice.get(reverse("analyses:summary", args=[run.analysis_id])).content.decode()
    assert "timeline__phase--end-red" not in summary
    analysis = an_analysis(alice, name="Other")
    prescanned(lifecycle.submit(analysis, alice), UNREACHED)
    summary = as_alice.get(reverse("analyses:summary", args=[analysis.pk])).content.decode()
    assert "timeline__phase--end-red" in summary


def test_a_scan_has_one_of_its_own(run, as_alice):
    scan = scans_of(run)[0]
    assert [(phase.label, int(phase.length.total_seconds())) for phase in timeline_of_scan(scan).phases] == [
        ("Submitted", 10),
        ("Queued", 60),
        ("In Progress", 3600),
        ("Completed - Verifying Results", 30),
    ]
    page = text_of(as_alice.get(reverse("analyses:scan", args=[run.analysis_id, scan.pk])))
    assert "In Progress 1 h, from 10:01:10" in page


def test_an_analysis_that_was_never_submitted_has_none(alice, as_alice):
    analysis = an_analysis(alice)
    assert "Time line" not in text_of(as_alice.get(reverse("analyses:summary", args=[analysis.pk])))


def test_a_run_that_ended_before_it_began_has_none(alice):
    analysis = an_analysis(alice)
    run = lifecycle.submit(analysis, alice)
    lifecycle.not_submitted(run.pk, "No engine.")
    assert [label for label, _ in lengths(run)] == ["Submitted"]


def test_its_end_is_its_last_status_not_now(run, time_machine):
    before = timeline_of(run).total
    let_pass(time_machine, 86_400)
    assert timeline_of(run).total == before


def test_waiting_looks_unlike_working(run):
    assert [phase.kind for phase in timeline_of(run).phases] == [
        "waiting", "running", "waiting", "running", "verifying"
    ]  # fmt: skip
