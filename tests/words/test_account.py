"""What no address says when it is only looked at: answers to forms of the account, errors, pages of links in mails."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from dashboard import http
from dashboard.accounts import throttle
from notifications import kinds, unsubscribing
from notifications.models import MailStatus, OutgoingMail, RefusedAddress
from tests.accounts.people import PASSWORD, Person
from tests.words.pseudo import spoken, untranslated
from tests.words.test_pages import NAMES

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
GERMAN = {"accept-language": "de"}


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice", "alice@example.test", PASSWORD)


def assert_says_no_english(pages: dict[str, object]) -> None:
    left = {name: untranslated(page.content.decode(), NAMES) for name, page in pages.items()}
    assert not any(left.values()), "\n".join(f"{name}: {' | '.join(texts)}" for name, texts in left.items() if texts)


def test_signing_in_and_second_factors(alice):
    with spoken():
        person, thief = Person(alice, headers=GERMAN), Person(alice, headers=GERMAN)
        pages = {"wrong password": thief.sign_in("not-the-password")}
        person.sign_in()
        pages["app set up"] = person.set_up_app()
        pages["second factor"] = thief.sign_in()
        pages["wrong code"] = thief.give_code("000000")
        Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Bob"})
        key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).pk
        paths = (
            "", "app/remove/", "recovery-codes/new/", "recovery-codes/", "keys/", f"keys/{key}/remove/",
            f"keys/{key}/rename/", "sessions/",
        )  # fmt: skip
        pages |= {path: person.get(f"/account/{path}") for path in paths}
        pages["new codes"] = person.post("/account/recovery-codes/new/")
        pages["others signed out"] = person.post("/account/sessions/")
        sent = {"oldpassword": "x", "password1": "1234", "password2": "12345"}
        pages["password refused"] = person.post("/account/password/", sent)
    assert {page.status_code for page in pages.values()} == {200}
    assert_says_no_english(pages)


def test_choices(alice):
    with spoken():
        person = Person(alice, headers=GERMAN)
        person.sign_in()
        zone, keys = "/account/time-zone/", "/keyboard/"
        pages = {
            "zone": person.post(zone, {"zone": "Europe/Berlin"}, form="/account/"),
            "browser's zone": person.post(zone, {"zone": ""}, form="/account/"),
            "no zone": person.post(zone, {"zone": "Europe/Atlantis"}, form="/account/"),
            "keys off": person.post(keys, {"single_keys": "off"}),
            "keys on": person.post(keys, {"single_keys": "on"}),
            "steps off": person.post("/account/first-steps/", {"first_steps": "off", "next": "/help/"}, form="/help/"),
            "steps on": person.post("/account/first-steps/", {"first_steps": "on"}, form="/help/"),
        }
    assert {page.status_code for page in pages.values()} == {200}
    assert_says_no_english(pages)


def test_what_became_of_mails(alice):
    now = timezone.now()
    told = {"event": "results_published", "user": alice, "to": alice.email, "subject": "Bob", "next_try_at": now}
    for number, status in enumerate(MailStatus):
        OutgoingMail.objects.create(**told, key=number, status=status, attempts=number % 2)
    RefusedAddress.objects.create(address=alice.email, refusals=3, last_at=now)
    with spoken():
        person = Client(headers=GERMAN)
        person.force_login(alice)
        choices = dict.fromkeys((kind.event for kind in kinds.OPTIONAL), "daily")
        pages = {
            "looked at": person.get("/notifications/"),
            "refused": person.post("/notifications/", {"hour": "x"}),
            "saved": person.post("/notifications/", choices | {"hour": "8"}, follow=True),
        }
    assert [page.status_code for page in pages.values()] == [200, 400, 200]
    assert_says_no_english(pages)


def test_links_in_mails(alice):
    with spoken():
        reader = Client(headers=GERMAN)
        pages = {}
        for event in (kinds.DIGEST, "results_published"):
            path = unsubscribing.path_for(event, "bob@example.test", alice.pk)
            pages |= {
                f"{event}, asked": reader.get(path),
                f"{event}, left": reader.post(path),
                f"{event}, undone": reader.post(path, {"undo": "yes"}),
            }
        pages["no such link"] = reader.get("/unsubscribe/of-no-link/")
    assert {page.status_code for page in pages.values()} == {200, 403}
    assert_says_no_english(pages)


def test_errors(alice):
    alice.set_unusable_password()
    alice.save()
    with spoken():
        strict = Client(enforce_csrf_checks=True, headers=GERMAN)
        strict.force_login(alice)
        pages = {
            "too old": strict.post("/keyboard/"),
            "not allowed": strict.get("/account/password/"),
            "wait": throttle.wait(RequestFactory().get("/")),
            "fault": http.server_error(RequestFactory().get("/")),
        }
        try:
            raise OperationalError
        except OperationalError:
            pages["database away"] = http.server_error(RequestFactory().get("/"))
    assert [page.status_code for page in pages.values()] == [403, 403, 429, 500, 503]
    assert_says_no_english(pages)
