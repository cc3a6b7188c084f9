"""The page of the switch that stops everything, and what every other page says while it is on."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from analyses import lifecycle
from analyses.models import AllowedTarget, EverythingStopped
from tests.scene import an_analysis, running, status

pytestmark = pytest.mark.django_db
PAGE = "/stop-everything/"


@pytest.fixture
def as_root(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.test", "a-long-password-1"))
    return client


def test_it_says_how_many_scans_would_end_and_ends_them(as_root, alice):
    AllowedTarget.objects.create(pattern="*.test")
    analysis, _, _ = running(alice, "http://a.test/", "http://b.test/")
    assert "2 scans running" in as_root.get(PAGE).content.decode()
    assert status(analysis) == "In Progress"
    page = as_root.post(PAGE, {"switch": "on"}, follow=True).content.decode()
    assert "Everything is stopped: 1 run ended" in page
    assert status(analysis) == "Stopped - Saving Results"


def test_opening_it_changes_nothing(as_root):
    as_root.get(PAGE)
    as_root.post(PAGE, {})
    assert not EverythingStopped.objects.exists()


@pytest.mark.parametrize("person", ["alice", "lead"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_but_an_administrator_finds_it(request, person, method):
    client = Client()
    client.force_login(request.getfixturevalue(person))
    assert getattr(client, method)(PAGE, {"switch": "on"}).status_code == 404
    assert not EverythingStopped.objects.exists()


def test_it_needs_a_token_of_a_page_of_ours(as_root):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = as_root.cookies
    assert strict.post(PAGE, {"switch": "on"}).status_code == 403
    assert not EverythingStopped.objects.exists()


def test_every_page_says_who_stopped_it_until_it_is_switched_off(as_root, as_alice, alice):
    analysis = an_analysis(alice)
    as_root.post(PAGE, {"switch": "on"})
    pages = ["/", "/calendar/", "/statuses/", "/templates/", "/analyses/new/", f"/analyses/{analysis.pk}/"]
    pages += [f"/analyses/{analysis.pk}/{tab}/" for tab in ("configure", "results", "history", "configuration")]
    for path in pages:
        page = as_alice.get(path).content.decode()
        assert "Everything was stopped by root" in page, path
        assert "<time" in page.partition("Everything was stopped by root")[2][:200]
        assert PAGE not in page
    for path in ("/admin/", "/admin/analyses/allowedtarget/", PAGE):
        assert "Everything was stopped by root" in as_root.get(path).content.decode(), path
    as_root.post(PAGE, {"switch": "off"})
    for path in pages:
        assert "Everything was stopped by root" not in as_alice.get(path).content.decode(), path


def test_submitting_is_refused_with_the_reason(as_root, as_alice, alice):
    analysis = an_analysis(alice)
    AllowedTarget.objects.create(pattern="shop.test")
    as_root.post(PAGE, {"switch": "on"})
    page = as_alice.post(f"/analyses/{analysis.pk}/actions/submit/", follow=True).content.decode()
    assert "Nothing can be submitted: everything was stopped by root." in page
    assert status(analysis) == "Saved for Later"
    assert lifecycle.due().prescans == []
