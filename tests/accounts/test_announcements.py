"""What pages announce to somebody's screen reader is their own choice. tests/browser hears it."""

import pytest
from django.test import Client

from dashboard.accounts.models import ChosenAnnouncements

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/account/announcements/"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(client) -> str:
    return client.get("/").content.decode()


def test_it_holds_here_at_once_elsewhere_after_signing_in_and_for_nobody_else(alice, bob):
    here = signed_in(alice)
    assert "data-announced" not in told(here)
    here.post(ADDRESS, {"announced": "failures"})
    for client in (here, signed_in(alice)):
        assert 'data-announced="failures"' in told(client)
    assert "data-announced" not in told(signed_in(bob))
    here.post(ADDRESS, {"announced": ""})
    assert "data-announced" not in told(here)
    assert not ChosenAnnouncements.objects.exists()


def test_the_account_shows_what_is_chosen(alice):
    here = signed_in(alice)
    here.post(ADDRESS, {"announced": "off"})
    assert '<option value="off" selected>Nothing</option>' in here.get("/account/").content.decode()


def test_what_is_none_of_the_choices_is_refused_in_words(alice):
    told = signed_in(alice).post(ADDRESS, {"announced": "banana"}, follow=True).content.decode()
    assert "Not saved. This is none of the choices." in told
