"""Signing in and out: one way for all pages, the same answer to everybody who does not get in, nobody signs up."""

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.accounts.people import PASSWORD, Person
from tests.configure.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example/", "///evil.example",
    "javascript:alert(1)", "https:evil.example", "http:///evil.example", "/\t/evil.example", "https://a@evil.example",
    "//evil.example%2f@127.0.0.1", "data:text/html,x", "\x00//evil.example", " https://evil.example",
]  # fmt: skip


def test_somebody_signs_in_and_is_where_they_wanted_to_go(alice):
    page = Person(alice).sign_in(then="/calendar/")
    assert page.redirect_chain == [("/calendar/", 302)]
    assert page.context["user"] == alice


def test_capitals_of_the_name_do_not_matter(alice, visitor):
    alice.username = "ALICE"
    assert Person(alice).sign_in().context["user"].username == "alice"


def test_the_session_is_another_one_after_signing_in(alice):
    person = Person(alice)
    session = person.browser.session  # somebody else may have put it there
    session["something"] = "kept"
    session.save()
    person.browser.cookies["vedette_session"] = before = session.session_key
    person.sign_in()
    assert person.is_signed_in()
    assert person.browser.cookies["vedette_session"].value != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize("then", ELSEWHERE)
def test_signing_in_leads_nowhere_else(alice, then):
    page = Person(alice).sign_in(then=then, follow=False)
    assert page.status_code in (200, 302)
    assert page.headers.get("Location", "/") == "/"


def seen_of(page) -> str:
    """A page without what is made anew each time: its token, and the name that was typed."""
    text = re.sub(r'(name="csrfmiddlewaretoken" )value="\w+"', r"\1", page.content.decode())
    return text.replace("alice", "NAME").replace("nobody", "NAME").replace("idle1", "NAME")


def test_an_unknown_name_a_wrong_password_and_an_inactive_account_are_answered_alike(alice, computed):
    User.objects.create_user("idle1", "", PASSWORD, is_active=False)
    alice.set_password(PASSWORD)
    alice.save()
    computed()
    answers = []
    for name, password in (("alice", "wrong"), ("nobody", "wrong"), ("idle1", PASSWORD)):
        page = Person(User(username=name)).sign_in(password)
        answers.append(
            (page.status_code, dict(page.headers) | {"Content-Length": "", "Expires": ""}, seen_of(page), computed())
        )
    assert "The username or the password is wrong." in answers[0][2]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][3] == 1


def test_what_is_longer_than_any_password_is_not_computed(alice, computed):
    Person(alice).sign_in("x" * 5000)
    assert computed() == 0


@pytest.mark.parametrize("name", ["", " ", "\x00", "a\nb", "x" * 10_000, "‮alice", "' OR 1=1 --"])
def test_whatever_is_typed_as_a_name_is_answered(visitor, name):
    assert Person(User(username=name)).sign_in().status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/sign-up/", "/signup/", "/account/signup/", "/accounts/signup/", "/account/email/"],
)
def test_nobody_signs_up(visitor, as_alice, path):
    for browser in (visitor, as_alice):
        assert browser.get(path).status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_signing_out_needs_a_form(person):
    assert person.get("/sign-out/").status_code == 405
    assert person.is_signed_in()
    assert person.browser.post("/sign-out/").status_code == 403
    assert person.is_signed_in()
    page = person.post("/sign-out/", form="/account/")
    assert page.redirect_chain == [("/sign-in/", 302)]
    assert not person.is_signed_in()


def test_a_session_that_was_signed_out_is_dead_on_the_server(person):
    stolen = person.browser.cookies["vedette_session"].value
    thief = Client()
    thief.cookies["vedette_session"] = stolen
    assert thief.get("/account/").status_code == 200
    person.post("/sign-out/", form="/account/")
    assert thief.get("/account/").status_code == 302
    assert not Session.objects.filter(session_key=stolen).exists()


class TestAdministration:
    """Django's own pages have no sign-in of their own."""

    def test_it_leads_to_the_one_sign_in_and_back(self, admin_user):
        person = Person(admin_user, "password")
        page = person.get("/admin/auth/user/", follow=True)
        assert page.redirect_chain[-1][0] == "/sign-in/?next=%2Fadmin%2Fauth%2Fuser%2F"
        page = person.sign_in(then="/admin/auth/user/")
        assert page.redirect_chain == [("/admin/auth/user/", 302)]
        assert page.status_code == 200

    def test_a_password_sent_to_its_old_address_is_not_looked_at(self, admin_user, computed):
        sent = {"username": "admin", "password": "password", "next": "/admin/"}
        page = Client().post("/admin/login/", sent)
        assert page.url == "/sign-in/?next=%2Fadmin%2F"
        assert computed() == 0
        assert not Session.objects.exists()

    @pytest.mark.parametrize("then", [*ELSEWHERE, "foo", "admin:index", "a/b", ".."])
    def test_it_leads_nowhere_else(self, client, admin_user, then):
        assert client.get("/admin/login/", {"next": then}).url == "/sign-in/?next=%2Fadmin%2F"
        client.force_login(admin_user)
        assert client.get("/admin/login/", {"next": then}).url == "/admin/"

    def test_people_without_rights_there_are_told_so(self, as_alice):
        assert as_alice.get("/admin/login/").status_code == 403
        assert as_alice.get("/admin/", follow=True).status_code == 403

    def test_its_page_for_passwords_is_the_one_of_the_account(self, client, admin_user):
        client.force_login(admin_user)
        page = client.get("/admin/password_change/")
        assert 'action="/account/password/"' in page.content.decode()


def test_the_pages_say_where_the_account_is(as_alice):
    assert "Your account" in text_of(as_alice.get("/"))
