"""Everybody reads the language they chose, on pages and at once; without a choice, what their browser asks for."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.accounts.models import ChosenLanguage
from tests.scene import an_analysis

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/account/language/"
GERMAN_OF_DJANGO = re.compile("Abmelden|Zum Hauptinhalt|Hinzufügen|Für später")


def signed_in(user, asks_for: str = "") -> Client:
    client = Client(headers={"Accept-Language": asks_for} if asks_for else {})
    client.force_login(user)
    return client


def spoken(client) -> str:
    answer = client.get("/")
    language = answer["Content-Language"]
    assert f'<html lang="{language}">' in answer.content.decode()
    return language


def test_without_a_choice_it_is_the_browsers(alice):
    assert spoken(signed_in(alice)) == "en"
    assert spoken(signed_in(alice, "de-CH,en;q=0.5")) == "de"
    assert spoken(signed_in(alice, "tlh, fr;q=0.9")) == "en"


def test_who_has_not_signed_in_is_spoken_to_as_their_browser_asks():
    assert '<html lang="de">' in Client(headers={"Accept-Language": "de"}).get("/sign-in/").content.decode()


def test_what_is_chosen_goes_before_the_browsers_here_at_once_and_elsewhere_after_signing_in(alice):
    here = signed_in(alice)
    here.post(ADDRESS, {"language": "de"})
    assert spoken(here) == "de"
    assert spoken(signed_in(alice, "en")) == "de"
    here.post(ADDRESS, {"language": ""})
    assert spoken(here) == "en"
    assert not ChosenLanguage.objects.exists()


@pytest.mark.parametrize("page", ["index", "analyses_analysis_changelist", "auth_user_add", "notifications_hook_add"])
def test_the_administration_is_in_english_as_a_whole(admin_user, alice, page):
    """Django would translate its part of each page and leave ours: a screen reader could pronounce neither."""
    an_analysis(alice, name="Shop")
    answer = signed_in(admin_user, "de").get(reverse(f"admin:{page}"))
    assert answer["Content-Language"] == "en"
    assert '<html lang="en' in answer.content.decode()
    assert not GERMAN_OF_DJANGO.search(answer.content.decode())


def test_a_language_that_is_not_spoken_is_refused_in_words(alice):
    told = signed_in(alice).post(ADDRESS, {"language": "tlh"}, follow=True).content.decode()
    assert "Vedette does not speak this language." in told


def test_a_page_asks_the_database_no_more_for_it(alice):
    client = signed_in(alice)
    client.get("/")
    with CaptureQueriesContext(connection) as before:
        client.get("/")
    client.post(ADDRESS, {"language": "de"})
    client.get("/")
    with CaptureQueriesContext(connection) as after:
        client.get("/")
    assert len(after) == len(before)
