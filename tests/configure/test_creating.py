"""A new analysis, from an empty page to a run."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from analyses.models import Activity, Analysis, AnalysisOccurrence
from analyses.statuses import AnalysisStatus
from tests.configure.pages import errors_of, form_of, text_of

NEW = "/analyses/new/"
URLS = "https://shop.example.test/\nhttps://admin.example.test:8443/start?x=1"


def test_a_new_analysis_is_saved_for_later_with_all_its_urls(fill, alice, allowed):
    response = fill(name="Shop", urls=URLS, description="The shop")
    analysis = Analysis.objects.get()
    assert response.url == reverse("analyses:summary", args=[analysis.pk])
    assert (analysis.name, analysis.owner, analysis.status) == ("Shop", alice, AnalysisStatus.SAVED)
    assert [scan.url for scan in analysis.scans.all()] == URLS.split("\n")
    assert analysis.scan_count == 2
    assert analysis.duration == timedelta(hours=24)
    assert Activity.objects.get().action == "Created"
    assert not AnalysisOccurrence.objects.exists()


def test_addresses_are_kept_in_their_normal_form(fill, allowed):
    fill(name="Shop", urls="HTTPS://Shop.Example.Test:443/a/../b#top")
    assert Analysis.objects.get().scans.get().url == "https://shop.example.test/b"


def test_urls_given_twice_are_merged_and_that_is_said(fill, as_alice, allowed):
    fill(name="Shop", urls="https://a.example.test/\nhttps://A.example.test\n\nhttps://b.example.test/")
    assert Analysis.objects.get().scans.count() == 2
    page = as_alice.get(reverse("analyses:configure", args=[Analysis.objects.get().pk]))
    assert "1 repeated URLs were merged" in text_of(page)


def test_save_and_submit_starts_it_now(fill, allowed):
    fill(name="Shop", urls=URLS, then="submit")
    occurrence = AnalysisOccurrence.objects.get()
    assert occurrence.start_at is None
    assert occurrence.scans.count() == 2
    assert Analysis.objects.get().status == AnalysisStatus.SUBMITTED


def test_save_and_submit_with_a_start_time_schedules_it(fill, as_alice, allowed):
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    starts = (timezone.now() + timedelta(days=2)).replace(hour=3, minute=30, second=0, microsecond=0)
    local = (starts + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")  # Tokyo is nine hours ahead, all year
    fill(name="Shop", urls=URLS, start="at", start_at=local, then="submit")
    assert Analysis.objects.get().status == AnalysisStatus.SCHEDULED
    assert AnalysisOccurrence.objects.get().start_at == starts


def test_times_are_read_in_the_zone_the_page_was_shown_in(as_alice, allowed):
    """The script may set the zone's cookie between showing a page and sending it."""
    sent = form_of(as_alice.get(NEW))
    as_alice.cookies["timezone"] = "Asia/Tokyo"
    starts = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    sent |= {"name": "Shop", "start": "at", "start_at": starts.strftime("%Y-%m-%dT%H:%M"), "then": "save"}
    as_alice.post(NEW, sent)
    assert Analysis.objects.get().start_at == starts


def test_saving_keeps_the_chosen_start_for_a_later_submit(fill, as_alice, allowed):
    local = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    fill(name="Shop", urls=URLS, start="at", start_at=local)
    as_alice.post(reverse("analyses:action", args=[Analysis.objects.get().pk, "submit"]))
    assert Analysis.objects.get().status == AnalysisStatus.SCHEDULED


def test_urls_become_rows_with_settings_before_anything_is_saved(as_alice, allowed):
    sent = form_of(as_alice.get(NEW)) | {"name": "Shop", "urls": URLS, "then": "add"}
    page = as_alice.post(NEW, sent)
    assert not Analysis.objects.exists()
    assert errors_of(page) == {}
    sent = form_of(page)
    assert sent["scan"] == ["new-1", "new-2"]
    assert (sent["name"], sent["urls"]) == (["Shop"], [""])
    sent |= {
        "scan-new-2-sign_in_method": "basic",
        "scan-new-2-username": "carol",
        "scan-new-2-secret": "pa55 w0rd",
        "scan-new-2-scope": "domain",
        "then": "save",
    }
    as_alice.post(NEW, sent)
    first, second = Analysis.objects.get().scans.all()
    assert (first.sign_in_method, first.secret) == ("none", "")
    assert (second.sign_in_method, second.username, second.secret, second.scope) == (
        "basic",
        "carol",
        "pa55 w0rd",
        "domain",
    )


def test_adding_to_the_list_checks_the_urls_only(as_alice):
    sent = form_of(as_alice.get(NEW)) | {"urls": "ftp://x.example.test/", "then": "add"}
    page = as_alice.post(NEW, sent)
    assert list(errors_of(page)) == ["urls"]
    assert form_of(page)["urls"] == ["ftp://x.example.test/"]


def test_a_team_of_mine_may_be_given_sight_of_it(fill, team, bob, client):
    fill(name="Shop", teams=[str(team.pk)])
    client.force_login(bob)
    assert client.get(reverse("analyses:configure", args=[Analysis.objects.get().pk])).status_code == 200


@pytest.mark.parametrize("name", ["status", "owner", "owner_id", "version", "engine", "scan_count", "created_at"])
def test_what_is_not_on_the_page_cannot_be_set(fill, alice, bob, name):
    before = {field.name: field.get_default() for field in Analysis._meta.fields if field.has_default()}
    fill(name="Shop", **{name: str(bob.pk)})
    analysis = Analysis.objects.get()
    assert analysis.owner == alice
    assert (analysis.status, analysis.version, analysis.scan_count) == (before["status"], before["version"], 0)
