"""The page that asks before a run is stopped."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses.models import AnalysisOccurrence
from tests.scene import running
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db


def test_it_says_the_status_how_long_it_has_run_and_has_a_way_back(as_alice, alice):
    analysis, _, _ = running(alice)
    AnalysisOccurrence.objects.update(started_at=timezone.now() - timedelta(hours=2, minutes=14))
    page = Page(as_alice.get(f"/analyses/{analysis.pk}/actions/stop-save/"))
    [question], [back] = page.of_class("question"), page.of_class("topline__back")
    assert "In Progress started 2 h 14 min ago" in question.words()
    assert (back.words(), back.attributes["href"]) == ("Shop", f"/analyses/{analysis.pk}/")


def test_whoever_came_from_the_list_goes_back_there(as_alice, alice):
    analysis, _, _ = running(alice)
    page = Page(as_alice.get(f"/analyses/{analysis.pk}/actions/stop-save/", {"list": "owner=alice"}))
    assert page.of_class("topline__back")[0].attributes["href"] == "/?owner=alice"
