"""The queue: slots in use, who waits at which place and why, which workers are there."""

import re
from datetime import time

import pytest
from django.core.cache import cache
from django.utils import timezone

from analyses import halt, lifecycle, presence
from analyses.models import Analysis, EverythingStopped, Worker
from analyses.statuses import AnalysisStatus
from dashboard.moments import moment_in_words
from tests.scene import an_analysis, let_pass, prescanned, running, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def workers(settings) -> None:
    settings.SCAN_CAPACITY = 1
    presence.say_present("worker@host-of-ours", "default")
    presence.say_present("scanner@host-of-ours", "scans")


def text(client, path: str = "/queue/") -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).content.decode().partition("<main")[2]).split())


def queued(owner, name: str, *urls: str, **fields) -> Analysis:
    analysis = an_analysis(owner, *urls, name=name, **fields)
    prescanned(lifecycle.submit(analysis, owner))
    return analysis


def waits(client, analysis: Analysis) -> str:
    """What the summary says it waits for."""
    return text(client, f"/analyses/{analysis.pk}/")


def test_with_one_slot_and_three_scans_the_pages_read_first_and_second(as_alice, alice):
    running(alice, name="Runs")
    first, second = queued(alice, "First"), queued(alice, "Second")
    assert "It is number 1 in line." in waits(as_alice, first)
    assert "It is number 2 in line." in waits(as_alice, second)
    page = text(as_alice)
    assert "Slots: 1 of 1 in use" in page
    assert re.search(r"Number 1 First 1 .* For a slot Number 2 Second 1 .* For a slot", page)


def test_a_place_is_the_one_in_which_slots_are_given(as_alice, alice, settings):
    """Fairly: whoever runs nothing comes before an earlier run that has a scan at work."""
    running(alice, "http://a.test/", "http://b.test/", name="Early")
    queued(alice, "Late")
    assert re.search(r"Number 1 Late .* Number 2 Early", text(as_alice))


def test_the_first_in_line_knows_when_a_slot_is_free_at_the_latest(as_alice, alice):
    _, occurrence, _ = running(alice)
    occurrence.refresh_from_db()
    first, second = queued(alice, "First"), queued(alice, "Second")
    by = f"soon after {moment_in_words(occurrence.deadline, weekday=True)}"
    assert by in waits(as_alice, first)
    assert by not in waits(as_alice, second)
    assert by in text(as_alice)


def test_when_the_workers_are_gone_a_banner_says_so_within_a_minute(as_alice, alice, time_machine):
    first = queued(alice, "First")
    assert "No scanner" not in text(as_alice)
    let_pass(time_machine, presence.MISSING_AFTER.total_seconds() + presence.REMEMBERED_SECONDS + 1)
    page = text(as_alice)
    assert "No scanner is at work: no scan starts or goes on. What was submitted is kept" in page
    assert page.count("missing") == 2
    assert "1 scan waits. No scanner is at work" in waits(as_alice, first)


def test_a_submitted_run_waits_for_a_worker_that_is_not_there(as_alice, alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice)
    assert "For a worker to begin its prescan" in text(as_alice)
    Worker.objects.filter(queue="default").delete()
    cache.clear()
    assert "No worker is at work: nothing is prescanned, and no mail is sent. It goes on" in text(as_alice)


def test_while_everything_is_stopped_that_is_why(as_alice, alice):
    first = queued(alice, "First")
    EverythingStopped.objects.create(by=alice, by_name="alice", since=timezone.now())
    halt.forget()
    assert "Everything is stopped: nothing starts" in waits(as_alice, first)
    assert "Everything is stopped: nothing starts" in text(as_alice)


def test_what_is_in_its_pause_window_is_not_in_line_and_says_until_when(as_alice, alice):
    paused = queued(alice, "Paused", zone="UTC", pause_from=time(0), pause_until=time(23, 59), pause_days="0123456")
    lifecycle.follow_window(paused.occurrences.get().pk)
    assert re.search(r"Not in line yet Paused 1 .* It is in its pause window until", text(as_alice))


def test_others_take_slots_and_places_without_being_named(as_alice, as_charlie, alice, charlie):
    running(alice, name="Secret project")
    queued(alice, "Secret plan")
    mine = queued(charlie, "Mine")
    page = text(as_charlie)
    assert "Secret" not in page
    assert "1 taken by an analysis not shared with you." in page
    assert "Number 2 Mine" in page
    assert "It is number 2 in line." in waits(as_charlie, mine)


def test_administrators_alone_read_the_names_of_workers(as_alice, admin_client):
    assert "host-of-ours" not in text(as_alice)
    assert "Worker 1 Prescans, verification and mails" in text(as_alice)
    assert "scanner@host-of-ours" in text(admin_client)


def test_many_that_wait_take_as_many_queries_as_few(as_alice, alice, time_machine, django_assert_max_num_queries):
    running(alice)
    for number in range(6):
        queued(alice, f"Waits {number}")
    time_machine.move_to(timezone.now(), tick=False)
    with django_assert_max_num_queries(12):
        answer = as_alice.get("/queue/")
    with django_assert_max_num_queries(3):
        assert as_alice.get(answer.context["poll_url"], headers={"HX-Request": "true"}).status_code == 204
    assert status(Analysis.objects.get(name="Waits 5")) == AnalysisStatus.QUEUED.label
