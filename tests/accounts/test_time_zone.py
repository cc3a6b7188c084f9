"""Everybody reads times in the zone they chose, on pages and in files; without a choice, in the browser's."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analyses.models import AnalysisOccurrence
from dashboard.accounts.models import ChosenZone
from tests.scene import published

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/account/time-zone/"
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def signed_in(user, browsers: str = "") -> Client:
    client = Client()
    if browsers:
        client.cookies["timezone"] = browsers
    client.force_login(user)
    return client


@pytest.fixture
def shop(alice):
    analysis = published(alice)
    AnalysisOccurrence.objects.update(ended_at=NOON)
    analysis.__class__.objects.update(ended_at=NOON)
    return analysis


def shown(client) -> str:
    """The hour at which the list says that the analysis ended."""
    page = client.get("/").content.decode()
    return next(hour for hour in ("12:00", "14:00", "21:00", "08:00") if f"1 Jul 2026, {hour}" in page)


def test_without_a_choice_it_is_the_browsers(alice, shop):
    assert shown(signed_in(alice)) == "12:00"
    assert shown(signed_in(alice, "Europe/Berlin")) == "14:00"
    assert shown(signed_in(alice, "Moon/Base")) == "12:00"


def test_what_is_chosen_goes_before_the_browsers_here_at_once_and_elsewhere_after_signing_in(alice, shop):
    here = signed_in(alice, "Europe/Berlin")
    told = here.post(ADDRESS, {"zone": "Asia/Tokyo"}, follow=True).content.decode()
    assert "Times are shown in Asia/Tokyo." in told
    assert '<option value="Asia/Tokyo" selected>' in told
    assert shown(here) == "21:00"
    assert shown(signed_in(alice, "America/New_York")) == "21:00"


def test_the_browsers_can_be_chosen_again(alice, shop):
    here = signed_in(alice, "Europe/Berlin")
    here.post(ADDRESS, {"zone": "Asia/Tokyo"})
    here.post(ADDRESS, {"zone": ""})
    assert shown(here) == "14:00"
    assert not ChosenZone.objects.exists()


def test_it_is_ones_own(alice, lead, shop):
    signed_in(alice).post(ADDRESS, {"zone": "Asia/Tokyo"})
    assert shown(signed_in(lead)) == "12:00"


@pytest.mark.parametrize("zone", ["Moon/Base", "../../etc/passwd", "Europe", "<b>"])
def test_what_is_no_zone_is_refused_and_changes_nothing(alice, zone):
    here = signed_in(alice)
    here.post(ADDRESS, {"zone": "Asia/Tokyo"})
    assert "Not saved. This is no time zone" in here.post(ADDRESS, {"zone": zone}, follow=True).content.decode()
    assert ChosenZone.objects.get(user=alice).zone == "Asia/Tokyo"


def test_a_zone_that_this_machine_knows_no_more_is_the_browsers(alice, shop):
    ChosenZone.objects.create(user=alice, zone="Moon/Base")
    assert shown(signed_in(alice, "Europe/Berlin")) == "14:00"


def test_files_and_reports_are_in_it_too(alice, shop):
    here = signed_in(alice)
    here.post(ADDRESS, {"zone": "Asia/Tokyo"})
    file = json.loads(b"".join(here.get(f"/analyses/{shop.pk}/results/export/json/").streaming_content))
    assert file["run"]["ended_at"] == "2026-07-01T21:00:00+09:00"
    assert file["exported_at"].endswith("+09:00")
    assert "1 Jul 2026, 21:00" in here.get(f"/analyses/{shop.pk}/results/report/").content.decode()


def test_pages_ask_the_database_for_it_no_more_than_before(alice, shop):
    here = signed_in(alice)
    here.get("/")  # what pages remember for a moment
    before = _queries(here)
    here.post(ADDRESS, {"zone": "Asia/Tokyo"})
    assert _queries(here) == before


def _queries(client) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get("/statuses/")
    return len(asked)
