"""The list of keys, and who does without those of one letter. tests/browser presses them."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import SingleKeysOff

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ADDRESS = "/keyboard/"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def are_off(client) -> bool:
    return 'data-keys="off"' in client.get("/").content.decode()


def test_it_lists_every_key_that_the_script_knows(alice):
    script = (settings.BASE_DIR / "static/js/keys.js").read_text()
    known = re.findall(r'^    "?([a-z/?])"?(?:: |,)', script[script.index("const KEYS") :], re.MULTILINE)
    assert len(known) == 9
    text = signed_in(alice).get(ADDRESS).content.decode()
    assert [key for key in known if f"<kbd>{key}</kbd>" not in text] == []


def test_the_documentation_lists_the_same_keys():
    listed = (settings.BASE_DIR / "templates/includes/keys_list.html").read_text()
    documented = (settings.BASE_DIR / "docs/using-the-list.md").read_text()
    assert [key for key in re.findall(r"<kbd>(.+?)</kbd>", listed) if f"`{key}`" not in documented] == []


def test_off_is_off_in_every_session_that_begins_afterwards(alice, bob):
    here = signed_in(alice)
    assert not are_off(here)
    here.post(ADDRESS, {"single_keys": "off"})
    assert are_off(here)
    assert are_off(signed_in(alice))
    assert not are_off(signed_in(bob))
    here.post(ADDRESS, {"single_keys": "on"})
    assert not are_off(here)
    assert not are_off(signed_in(alice))


def test_off_twice_is_off_once(alice):
    here = signed_in(alice)
    for _ in range(2):
        here.post(ADDRESS, {"single_keys": "off"})
    assert SingleKeysOff.objects.count() == 1


def test_it_leads_back_to_where_it_was_switched(alice):
    here = signed_in(alice)
    assert here.post(ADDRESS, {"single_keys": "off", "next": "/?sort=name"}).url == "/?sort=name"
    assert here.post(ADDRESS, {"single_keys": "on"}).url == reverse("keyboard")


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"])
def test_it_leads_nowhere_else(alice, elsewhere):
    assert signed_in(alice).post(ADDRESS, {"single_keys": "off", "next": elsewhere}).url == reverse("keyboard")


def test_the_menu_of_ones_name_leads_to_it_without_scripts(alice):
    assert f'href="{ADDRESS}"' in signed_in(alice).get("/").content.decode()


def test_pages_ask_the_database_for_nothing_more(alice, django_assert_max_num_queries):
    here = signed_in(alice)
    with django_assert_max_num_queries(3) as asked:
        here.get("/statuses/")
    assert not any("singlekeysoff" in query["sql"] for query in asked)
