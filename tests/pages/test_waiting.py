"""What a run waits for, scans without progress, and how the sign-in does: said on the pages."""

from datetime import time

import pytest

from analyses import lifecycle, presence
from analyses.engines.contract import Phase, Progress
from analyses.models import Activity, AuthHealth
from tests.scene import an_analysis, let_pass, prescanned, running, scans_of, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def workers(db) -> None:
    """Somebody is there to do the work."""
    presence.say_present("worker@here", "default")
    presence.say_present("scanner@here", "scans")


def page(client, analysis) -> str:
    return client.get(f"/analyses/{analysis.pk}/").content.decode()


def details(client, analysis) -> str:
    return client.get(f"/analyses/{analysis.pk}/scans/", follow=True).content.decode()


def queued(alice, name: str):
    analysis = an_analysis(alice, name=name)
    prescanned(lifecycle.submit(analysis, alice))
    return analysis


def test_a_queued_run_says_its_place_in_line(as_alice, alice, settings):
    settings.SCAN_CAPACITY = 1
    running(alice)
    first, second = queued(alice, "First"), queued(alice, "Second")
    assert "the only slot is taken. It is number 1 in line" in page(as_alice, first)
    assert "It is number 2 in line" in page(as_alice, second)
    assert "It is number 2 in line" in details(as_alice, second)


def test_a_queued_run_with_a_free_slot_waits_for_a_scanner(as_alice, alice):
    assert "for a scanner to take the free slot" in page(as_alice, queued(alice, "First"))


def test_a_submitted_run_waits_for_a_worker(as_alice, alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice)
    assert "waits for a worker to begin its prescan" in page(as_alice, analysis)


def test_a_paused_run_says_by_what(as_alice, alice, time_machine):
    analysis, occurrence, _ = running(alice)
    lifecycle.pause(analysis, alice)
    assert "paused until somebody resumes it" in page(as_alice, analysis)
    windowed, occurrence, _ = running(
        alice, name="Window", zone="UTC", pause_from=time(0), pause_until=time(23, 59), pause_days="0123456"
    )
    lifecycle.follow_window(occurrence.pk)
    assert "in its pause window until" in page(as_alice, windowed)


def test_a_scan_without_progress_for_long_says_so_once(as_alice, alice, time_machine, settings):
    analysis, _, [held] = running(alice)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 5, 10, 100))
    let_pass(time_machine, settings.STALL_SECONDS - 10)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 5, 10, 100), moved=False)
    assert lifecycle.silent() == []
    let_pass(time_machine, 20)
    lifecycle.heartbeat(held)
    assert lifecycle.silent() == [held.scan_id]
    for _ in range(2):
        lifecycle.note_silence(held.scan_id)
    assert lifecycle.silent() == []
    assert Activity.objects.filter(analysis=analysis, action="No progress").count() == 1
    assert "No progress since" in page(as_alice, analysis)
    assert "No progress since" in details(as_alice, analysis)
    let_pass(time_machine, 600)
    for requests in (11, 12):
        lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 5, requests, 100))
    assert "No progress since" not in page(as_alice, analysis)
    again = Activity.objects.get(analysis=analysis, action="Progress again")
    assert (again.cause, again.scan_occurrence_id) == ("It made none for 22 minutes.", held.scan_id)


def test_a_pause_ends_a_silence(as_alice, alice, time_machine, settings):
    """Its engine rests then: that it makes no progress is no news any more, nor when it goes on."""
    analysis, occurrence, [held] = running(alice)
    let_pass(time_machine, settings.STALL_SECONDS + 1)
    lifecycle.note_silence(held.scan_id)
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    assert "No progress since" not in details(as_alice, analysis)
    lifecycle.resume(analysis, alice)
    started(scans_of(occurrence)[0])
    assert "No progress since" not in details(as_alice, analysis)


@pytest.mark.parametrize(
    ("health", "words"), [(AuthHealth.OK, "Signed in"), (AuthHealth.LOST, "Lost at"), (AuthHealth.FAILED, "Failed")]
)
def test_how_the_sign_in_does_is_shown(as_alice, alice, health, words):
    analysis, occurrence, [held] = running(alice)
    assert "Not used" in details(as_alice, analysis)
    lifecycle.sign_in_health(held, health, "The check text is gone")
    assert words in details(as_alice, analysis)
    logged = Activity.objects.filter(scan_occurrence=scans_of(occurrence)[0], action__startswith="Sign-in").count()
    assert logged == (0 if health is AuthHealth.OK else 1)
