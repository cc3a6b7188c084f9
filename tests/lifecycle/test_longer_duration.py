"""A longer duration that is saved while a run is under way is that run's, at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Activity, Analysis
from tests.scene import running

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def lengthened(analysis: Analysis, to: timedelta, by) -> Analysis:
    Analysis.objects.filter(pk=analysis.pk).update(duration=to)
    analysis.refresh_from_db()
    lifecycle.edited(analysis, by, "Longest duration: 1 hour → 3 hours")
    return analysis


def test_its_worker_hears_of_it_with_the_next_sign_of_life(alice):
    analysis, occurrence, [held] = running(alice, duration=HOUR)
    occurrence.refresh_from_db()
    before = lifecycle.heartbeat(held).deadline
    assert before == occurrence.started_at + HOUR
    lengthened(analysis, 3 * HOUR, alice)
    assert lifecycle.heartbeat(held).deadline == before + 2 * HOUR
    told = Activity.objects.get(analysis=analysis, action="Duration of the run extended")
    assert (told.cause, told.actor) == ("It may take 3 hours now.", alice)


def test_it_does_not_go_beyond_the_end_that_was_chosen(alice):
    end = timezone.now() + 2 * HOUR
    analysis, _, [held] = running(alice, duration=HOUR, end_by=end)
    lengthened(analysis, 3 * HOUR, alice)
    assert lifecycle.heartbeat(held).deadline == end


def test_a_shorter_one_waits_for_the_next_run(alice):
    analysis, _, [held] = running(alice, duration=2 * HOUR)
    before = lifecycle.heartbeat(held).deadline
    lengthened(analysis, HOUR, alice)
    assert lifecycle.heartbeat(held).deadline == before
