"""Work that takes longer than a lease: the lease is renewed meanwhile, and given up when it is no longer ours."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from analyses import lifecycle, meanwhile
from analyses.lifecycle import LostClaim
from analyses.meanwhile import while_beating
from analyses.models import ScanOccurrence
from dashboard.shutdown import Suspended, stopping
from tests.scene import running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(meanwhile, "BEAT_SECONDS", 0.01)


@pytest.fixture
def held(alice):
    _, _, (claim,) = running(alice)
    return claim


@pytest.fixture
def beat(held):
    return partial(lifecycle.heartbeat, held)


def test_the_answer_and_the_failure_of_the_work_are_its_own(beat):
    assert while_beating(beat, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        while_beating(beat, lambda: 1 // 0)


def test_the_lease_is_renewed_until_it_is_done(held, beat):
    scan = ScanOccurrence.objects.filter(pk=held.scan_id)
    renewed = threading.Event()
    scan.update(lease_until=timezone.now() + timedelta(seconds=1))

    def beat_and_tell():
        beat()
        renewed.set()

    assert while_beating(beat_and_tell, lambda: renewed.wait(20))
    assert scan.get().lease_until > timezone.now() + timedelta(seconds=30)


def test_a_claim_that_is_lost_meanwhile_is_told(held, beat):
    over = threading.Event()
    ScanOccurrence.objects.filter(pk=held.scan_id).update(lease_until=None)
    with pytest.raises(LostClaim):
        while_beating(beat, lambda: over.wait(20))
    over.set()


def test_a_process_that_is_asked_to_end_does_not_wait(beat):
    over = threading.Event()
    stopping.set()
    try:
        with pytest.raises(Suspended):
            while_beating(beat, lambda: over.wait(20))
    finally:
        stopping.clear()
        over.set()
