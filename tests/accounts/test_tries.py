"""How often passwords may be tried. What counts is how many are computed, not how long it takes."""

import threading

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.accounts.people import OTHER, PASSWORD, Person
from tests.configure.pages import text_of
from tests.scene import let_pass

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MOST_A_MINUTE = 20
QUARTER = 15 * 60


@pytest.fixture
def guess():
    """Try a password for a name, in a fresh browser; returns the answer's status."""

    def guess(name: str, password: str = "wrong", **more) -> int:
        browser = Client(**more)
        return browser.post("/sign-in/", {"username": name, "password": password}).status_code

    return guess


def test_200_guesses_at_one_account_compute_few_passwords(alice, guess, computed):
    answers = [guess("alice") for _ in range(200)]
    assert computed() == 5
    assert answers == [200] * 4 + [429] * 196


def test_200_accounts_tried_from_one_address_compute_few_passwords(db, guess, computed):
    for number in range(100):
        User.objects.create_user(f"person{number}")
    computed()
    answers = [guess(f"person{number}") for number in range(200)]
    assert computed() <= MOST_A_MINUTE
    assert answers[-1] == 429


def test_an_address_is_kept_to_that_minute_by_minute(db, guess, computed, time_machine):
    for _ in range(3):
        for number in range(30):
            guess(f"person{number}")
        assert 0 < computed() <= MOST_A_MINUTE
        let_pass(time_machine, 61)


@pytest.mark.parametrize("name", ["ALICE", " alice ", "aLiCe", "al\N{LATIN SMALL LETTER DOTLESS I}ce"])
def test_writing_the_name_otherwise_gives_no_more_tries(alice, guess, name):
    for _ in range(5):
        guess("alice")
    assert guess(name) == 429


def test_neither_do_other_browsers_and_headers(alice, guess, computed):
    for number in range(20):
        guess("alice", headers={"User-Agent": f"Browser {number}", "X-Forwarded-For": f"10.0.0.{number}"})
    assert computed() == 5


def test_the_right_password_is_not_looked_at_meanwhile_and_signs_in_afterwards(alice, guess, time_machine):
    for _ in range(5):
        guess("alice")
    person = Person(alice)
    page = person.sign_in()
    assert page.status_code == 429
    assert page["Retry-After"] == "900"
    assert "Too many tries" in text_of(page)
    assert not person.is_signed_in()
    let_pass(time_machine, QUARTER + 1)
    person.sign_in()
    assert person.is_signed_in()


def test_trying_on_does_not_make_it_longer(alice, guess, time_machine):
    for _ in range(5):
        guess("alice")
    for _ in range(3):
        let_pass(time_machine, QUARTER // 3 + 1)
        guess("alice")
    person = Person(alice)
    person.sign_in()
    assert person.is_signed_in()


def test_known_and_unknown_names_are_told_alike_to_wait(alice, guess):
    pages = []
    for name in ("alice", "nobody"):
        for _ in range(6):
            page = Client().post("/sign-in/", {"username": name, "password": "wrong"})
        pages.append((page.status_code, page.content))
    assert pages[0] == pages[1]


def test_others_sign_in_meanwhile(alice, bob, guess):
    for _ in range(10):
        guess("alice")
    person = Person(bob)
    person.sign_in()
    assert person.is_signed_in()


def test_somebody_elsewhere_cannot_keep_alice_from_signing_in(alice, guess):
    for _ in range(20):
        guess("alice", REMOTE_ADDR="203.0.113.9")
    person = Person(alice)
    person.sign_in()
    assert person.is_signed_in()


def test_signing_in_to_ones_own_account_between_guesses_gives_no_more_of_them(alice, bob, guess, computed):
    for number in range(40):
        guess("alice")
        if number % 4 == 0:
            guess("bob", PASSWORD)
    assert AccessAttempt.objects.get().failures_since_start == 5


def test_signing_in_forgives_earlier_mistakes(alice, guess):
    for _ in range(3):
        for _ in range(4):
            guess("alice")
        assert guess("alice", PASSWORD) == 302


class TestBehindAWebServer:
    @pytest.fixture(autouse=True)
    def behind(self, settings):
        settings.BEHIND_PROXY = True

    def test_people_have_the_addresses_that_it_saw(self, alice, guess):
        for _ in range(10):
            guess("alice", headers={"X-Forwarded-For": "198.51.100.7"})
        person = Person(alice, headers={"X-Forwarded-For": "198.51.100.8"})
        person.sign_in()
        assert person.is_signed_in()

    def test_what_a_browser_says_of_itself_is_not_believed(self, alice, guess, computed):
        for number in range(20):
            guess("alice", headers={"X-Forwarded-For": f"10.0.0.{number}, 198.51.100.7"})
        assert computed() == 5

    def test_a_network_of_ipv6_is_one_address(self, alice, guess, computed):
        for number in range(20):
            guess("alice", headers={"X-Forwarded-For": f"2001:db8:1:2::{number:x}"})
        assert computed() == 5

    def test_nonsense_is_an_address_too(self, alice, guess, computed):
        for number in range(20):
            guess("alice", headers={"X-Forwarded-For": f"<script>{number}"})
        assert computed() == 5


def test_confirming_and_changing_the_password_count_with_signing_in(person, computed):
    for _ in range(3):
        person.post("/account/confirm/", {"password": "wrong"})
    for _ in range(50):
        page = person.browser.get("/account/password/")
        sent = {"oldpassword": "wrong", "password1": OTHER, "password2": OTHER}
        sent["csrfmiddlewaretoken"] = str(page.context["csrf_token"])
        page = person.browser.post("/account/password/", sent)
    assert page.status_code == 429
    assert computed() <= MOST_A_MINUTE
    person.user.refresh_from_db()
    assert person.user.check_password(PASSWORD)


def test_what_was_typed_is_not_kept(alice, guess):
    guess("alice", "my-secret-typo")
    guess("my-password-as-name", "x")
    kept = str(list(AccessAttempt.objects.values()))
    assert AccessAttempt.objects.count() == 2
    for typed in ("my-secret-typo", "my-password-as-name", "alice"):
        assert typed not in kept


def test_the_log_names_the_address_and_not_what_was_typed(alice, guess, caplog):
    guess("my-password\nas-name", "my-secret-typo")
    assert "127.0.0.1" in caplog.text
    assert "my-password" not in caplog.text
    assert "my-secret-typo" not in caplog.text


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_compute_no_more_than_is_under_way(alice, guess, computed):
    """Eight at a time, as many as two processes of four threads answer."""
    barrier = threading.Barrier(8)

    def many() -> None:
        for number in range(10):
            barrier.wait()
            guess(f"person{threading.get_ident()}-{number}")
        connection.close()

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed() <= MOST_A_MINUTE
