"""Who needs a second factor sets one up before anything else."""

import subprocess
import sys

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.accounts.people import PASSWORD, Person
from tests.configure.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
OPEN = {"/account/", "/account/app/add/", "/account/keys/add/", "/account/confirm/", "/sign-in/", "/healthz", "/readyz"}
SAID = "You need a second factor here."


def addresses() -> list[str]:
    """Every address of ours that takes no argument, and some of the administration."""
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    ours = {f"analyses:{name}" for name in get_resolver("analyses.urls").reverse_dict if isinstance(name, str)} | names
    found = []
    for name in ours:
        try:
            found.append(reverse(name))
        except NoReverseMatch:  # it takes arguments
            continue
    return sorted({*found, "/admin/", "/admin/auth/user/", "/admin/jsi18n/"})


@pytest.fixture
def everyone(settings):
    settings.REQUIRE_SECOND_FACTOR = "everyone"


def test_they_are_led_there(everyone, person):
    page = person.get("/calendar/", follow=True)
    assert page.redirect_chain == [("/account/", 302)]
    assert SAID in text_of(page)


def test_they_can_do_nothing_else(everyone, person):
    tried = addresses()
    assert len(tried) > 15
    for path in sorted(set(tried) - OPEN):
        answer = person.get(path)
        assert (answer.status_code, answer.headers.get("Location")) in ((302, "/account/"), (405, None)), path
        answer = person.browser.get(path, headers={"HX-Request": "true"})
        assert answer.status_code in (403, 405), path


def test_once_it_is_set_up_they_can(everyone, person):
    page = person.set_up_app()
    assert page.redirect_chain[-1][0] == "/account/recovery-codes/"
    assert person.get("/calendar/").status_code == 200
    assert SAID not in text_of(person.get("/account/"))


def test_when_it_is_taken_away_they_are_back_there(everyone, person):
    person.set_up_app()
    person.post("/account/app/remove/")
    assert person.get("/calendar/").url == "/account/"


def test_they_can_sign_out(everyone, person):
    person.post("/sign-out/", form="/account/")
    assert not person.is_signed_in()


def test_administrators_only(settings, person, admin_user):
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    assert person.get("/calendar/").status_code == 200
    admin = Person(admin_user, "password")
    admin.sign_in()
    assert admin.get("/calendar/").url == "/account/"
    assert admin.get("/admin/").url == "/account/"


def test_people_who_may_use_the_administration_are_administrators(settings, person):
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    person.user.is_staff = True
    person.user.save()
    assert person.get("/calendar/").url == "/account/"


def test_nobody_where_it_is_off(person):
    assert person.get("/calendar/").status_code == 200
    assert SAID not in text_of(person.get("/account/"))


def test_signing_in_with_it_leads_where_one_wanted_to_go(everyone, person, time_machine):
    person.set_up_app()
    person.post("/sign-out/", form="/account/")
    person.sign_in(PASSWORD, then="/calendar/")
    page = person.give_code(person.code(1))
    assert page.redirect_chain == [("/calendar/", 302)]


def test_another_word_for_it_is_refused_at_the_start(tmp_path):
    environment = {"DATA_DIR": str(tmp_path), "REQUIRE_SECOND_FACTOR": "always", "PATH": ""}
    asked = [sys.executable, "-c", "import dashboard.settings"]
    told = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    assert "REQUIRE_SECOND_FACTOR must be off, administrators or everyone." in told.stderr
