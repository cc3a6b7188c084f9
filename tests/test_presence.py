"""Whether anybody is at work: told within a minute, taken back as soon as somebody is there."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from analyses import presence
from analyses.models import Attendance, Worker
from tests.scene import an_analysis, let_pass, running

pytestmark = pytest.mark.django_db
WORKER, SCANNER = "No worker is at work", "No scanner is at work"


@pytest.fixture
def at_work(db) -> None:
    presence.say_present("worker@here", "default")
    presence.say_present("scanner@here", "scans")


def text(client, address: str) -> str:
    cache.clear()  # what a page remembers for some seconds
    return client.get(address).content.decode()


def test_pages_say_who_is_not_at_work(as_alice, alice):
    analysis = an_analysis(alice)
    for address in ("/", f"/analyses/{analysis.pk}/"):
        page = text(as_alice, address)
        assert WORKER in page
        assert SCANNER in page


def test_nothing_is_said_while_all_are_at_work(as_alice, alice, at_work):
    an_analysis(alice)
    page = text(as_alice, "/")
    assert WORKER not in page
    assert SCANNER not in page


def test_a_worker_that_falls_silent_is_missing_within_a_minute(as_alice, alice, at_work, time_machine):
    analysis = an_analysis(alice)
    let_pass(time_machine, 60 - presence.REMEMBERED_SECONDS)
    presence.say_present("worker@here", "default")
    page = text(as_alice, f"/analyses/{analysis.pk}/")
    assert WORKER not in page
    assert SCANNER in page


def test_a_poll_hears_that_somebody_went_missing(as_alice, alice, at_work):
    analysis, _, _ = running(alice)
    address = as_alice.get(f"/analyses/{analysis.pk}/").context["poll_url"]
    assert as_alice.get(address, headers={"HX-Request": "true"}).status_code == 204
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    cache.clear()
    assert WORKER in as_alice.get(address, headers={"HX-Request": "true"}).content.decode()


def test_workers_that_died_and_never_came_back_are_forgotten(at_work, time_machine):
    let_pass(time_machine, 8 * 24 * 3600)
    presence.say_present("worker@another", "default")
    assert [worker.name for worker in Worker.objects.all()] == ["worker@another default"]


@pytest.mark.django_db(transaction=True)
def test_signs_are_given_until_the_worker_ends():
    signs = presence.Signs("worker@here", ["default", "scans"])
    signs.start()
    for _ in range(200):
        if Worker.objects.count() == 2:
            break
        signs.join(0.02)
    assert presence.look() == []
    Attendance.objects.update(seen_at=timezone.now() - timedelta(seconds=8))
    before = timezone.now()
    signs.end()
    assert not Worker.objects.exists()
    assert all(kind.seen_at >= before for kind in Attendance.objects.all())  # logs tell from when on it was away
