"""How long somebody stays signed in, where they are, and how that ends."""

import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.conf import settings as installed
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.people import OTHER, PASSWORD, Person
from tests.configure.pages import text_of
from tests.scene import an_analysis, let_pass

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MINUTE = 60


def poll(person, path: str) -> int:
    return person.browser.get(path, {"v": "an older one"}, headers={"HX-Request": "true"}).status_code


def test_who_does_nothing_for_half_an_hour_is_signed_out(person, time_machine):
    let_pass(time_machine, 29 * MINUTE)
    assert person.is_signed_in()
    let_pass(time_machine, 29 * MINUTE)
    assert person.is_signed_in()
    let_pass(time_machine, 30 * MINUTE)
    assert not person.is_signed_in()


@pytest.mark.parametrize("which", ["list", "summary"])
def test_a_page_that_refreshes_itself_for_31_minutes_does_not_keep_anybody_signed_in(person, time_machine, which):
    analysis = an_analysis(person.user)
    path = {"list": "/", "summary": f"/analyses/{analysis.pk}/"}[which]
    answers = []
    for _ in range(31):
        let_pass(time_machine, MINUTE)
        answers.append(poll(person, path))
    assert answers == [200] * 29 + [401] * 2


def test_opening_parts_of_a_page_is_doing_something(person, time_machine):
    for _ in range(4):
        let_pass(time_machine, 20 * MINUTE)
        assert person.browser.get("/?name=x", headers={"HX-Request": "true"}).status_code == 200
    assert person.is_signed_in()


def test_what_a_browser_fetches_beforehand_is_not(person, time_machine):
    for _ in range(4):
        let_pass(time_machine, 10 * MINUTE)
        person.browser.get("/", headers={"Sec-Purpose": "prefetch"})
    assert not person.is_signed_in()


def test_every_poll_of_the_pages_says_that_it_is_one():
    templates = [path.read_text() for path in Path(installed.BASE_DIR, "templates").rglob("*.html")]
    polls = [tag for text in templates for tag in re.findall(r"[^\n]*hx-trigger=\"(?:every|load)[^\n]*", text)]
    assert len(polls) >= 2
    assert [tag for tag in polls if "poll_url" not in tag and "?v=" not in tag] == []


def test_nobody_is_signed_in_for_longer_than_twelve_hours(person, time_machine):
    for _ in range(12 * 3 - 1):
        let_pass(time_machine, 20 * MINUTE)
        assert person.is_signed_in()
    let_pass(time_machine, 20 * MINUTE)
    assert not person.is_signed_in()


def test_confirming_who_one_is_does_not_begin_the_twelve_hours_anew(person, time_machine):
    for _ in range(12 * 3 - 1):
        let_pass(time_machine, 20 * MINUTE)
        person.confirm()
    let_pass(time_machine, 20 * MINUTE)
    assert not person.is_signed_in()


def test_an_ended_session_is_dead_on_the_server(person, time_machine):
    key = person.browser.cookies["vedette_session"].value
    let_pass(time_machine, 31 * MINUTE)
    person.get("/")
    assert not Session.objects.filter(session_key=key).exists()


def test_a_session_of_which_nobody_knows_when_it_began_is_over(person):
    session = person.browser.session
    del session["began_at"]
    session.save()
    assert not person.is_signed_in()


def test_what_was_typed_while_the_session_ended_is_kept(person, time_machine):
    page = person.get("/analyses/new/").content.decode()
    [typed_by] = re.findall(r'name="typed_by" value="([^"]+)"', page)
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    let_pass(time_machine, 31 * MINUTE)
    sent = {"name": "Typed", "typed_by": typed_by, "csrfmiddlewaretoken": token, "then": "save"}
    page = person.browser.post("/analyses/new/", sent, follow=True)
    assert "what you had typed is shown again" in text_of(page)
    assert 'value="Typed"' in person.sign_in(then="/analyses/new/").content.decode()


def test_changing_the_password_ends_the_other_sessions(person):
    other = Person(person.user)
    other.sign_in()
    before = person.browser.cookies["vedette_session"].value
    sent = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    page = person.post("/account/password/", sent)
    assert page.redirect_chain == [("/account/", 302)]
    assert "Password successfully changed." in text_of(page)
    assert person.is_signed_in()
    assert not other.is_signed_in()
    assert person.browser.cookies["vedette_session"].value != before
    assert other.sign_in().status_code == 200
    other.sign_in(OTHER)
    assert other.is_signed_in()


def test_a_first_second_factor_ends_the_other_sessions(person, django_capture_on_commit_callbacks):
    other = Person(person.user)
    other.sign_in()
    with django_capture_on_commit_callbacks(execute=True):
        person.set_up_app()
    assert person.is_signed_in()
    assert not other.is_signed_in()


def test_a_further_one_ends_none(person, rf):
    """They began with the first one."""
    Authenticator.objects.create(user=person.user, type="totp", data={})
    key = Authenticator.objects.create(user=person.user, type="webauthn", data={"name": "Key"})
    authenticator_added.send(Authenticator, request=rf.get("/"), user=person.user, authenticator=key)
    assert person.is_signed_in()


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("short", "too short"),
        ("alice@example.test", "too similar to the email address"),
        ("password1234", "too common"),
        ("12345678901234", "entirely numeric"),
    ],
)
def test_a_weak_password_is_refused(person, new, why):
    page = person.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert why in text_of(page)
    person.user.refresh_from_db()
    assert person.user.check_password(PASSWORD)


def test_a_password_set_by_an_administrator_ends_all_sessions(person, client, admin_user):
    client.force_login(admin_user)
    address = f"/admin/auth/user/{person.user.pk}/password/"
    client.post(address, {"password1": OTHER, "password2": OTHER, "usable_password": "true"})
    assert not person.is_signed_in()


def test_somebody_who_becomes_inactive_is_signed_out(person):
    person.user.is_active = False
    person.user.save()
    assert not person.is_signed_in()


class TestList:
    @pytest.fixture
    def phone(self, person) -> Person:
        phone = Person(person.user, headers={"User-Agent": "A phone <b>"}, REMOTE_ADDR="198.51.100.7")
        phone.sign_in()
        return phone

    def test_it_shows_where_one_is_signed_in(self, person, phone):
        page = person.get("/account/sessions/")
        assert "A phone <b>" in text_of(page)
        assert "198.51.100.7" in text_of(page)
        assert text_of(page).count("This one") == 1
        assert page.content.decode().count("End<span") == 1

    def test_browsers_have_their_names_and_what_they_say_as_title(self, person):
        said = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
        Person(person.user, headers={"User-Agent": said}).sign_in()
        page = person.get("/account/sessions/")
        assert "Firefox on Linux" in text_of(page)
        assert said not in text_of(page)
        assert f'title="{said}"' in page.content.decode()

    def test_ending_one_ends_it_on_the_server(self, person, phone):
        other = UserSession.objects.get(ip="198.51.100.7")
        page = person.post("/account/sessions/", {"session": other.pk})
        assert "Signed out there." in text_of(page)
        assert not phone.is_signed_in()
        assert person.is_signed_in()
        assert not Session.objects.filter(session_key=other.session_key).exists()

    def test_all_others_can_be_ended_at_once(self, person, phone):
        person.post("/account/sessions/")
        assert not phone.is_signed_in()
        assert person.is_signed_in()

    def test_nobody_ends_the_session_of_somebody_else(self, person, bob):
        stranger = Person(bob)
        stranger.sign_in()
        mine = UserSession.objects.get(user=person.user)
        assert stranger.post("/account/sessions/", {"session": mine.pk}).status_code == 404
        assert person.is_signed_in()

    @pytest.mark.parametrize("session", ["", "x", "1 2", "99999999999999999999"])
    def test_nonsense_is_no_session(self, person, session):
        assert person.post("/account/sessions/", {"session": session}).status_code == 404

    def test_sessions_that_are_over_are_not_shown(self, person, phone, time_machine):
        let_pass(time_machine, 20 * MINUTE)
        person.get("/")
        let_pass(time_machine, 20 * MINUTE)
        assert "198.51.100.7" not in text_of(person.get("/account/sessions/"))

    def test_it_takes_a_form(self, person, phone):
        assert Client().get("/account/sessions/").status_code == 302
        person.get("/account/sessions/?session=1")
        assert phone.is_signed_in()
