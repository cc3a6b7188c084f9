"""Answers of security keys that no key gave. tests/browser/test_security_keys.py has real ones."""

import json

import pytest
from allauth.mfa.models import Authenticator

from tests.accounts.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NOT_ANSWERS = [
    "", "x", "null", "1", '"text"', "[]", "{}", '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    '{"id": 1, "rawId": null, "type": [], "response": "x", "clientExtensionResults": 3}',
    json.dumps({
        "id": "AAAA", "rawId": "AAAA", "type": "public-key", "clientExtensionResults": {},
        "response": {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "AA", "signature": "AA"},
    }),
    "[" * 10_000, '{"a":' * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("answer", NOT_ANSWERS)
def test_none_of_them_adds_a_key(person, answer):
    person.confirm()
    page = person.post("/account/keys/add/", {"name": "Key", "credential": answer})
    assert page.status_code == 200
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("answer", NOT_ANSWERS)
def test_none_of_them_signs_in(person, answer):
    person.set_up_app()
    thief = Person(person.user)
    thief.sign_in()
    page = thief.post("/sign-in/second-factor/", {"credential": answer})
    assert page.status_code == 200
    assert not thief.is_signed_in()


@pytest.mark.parametrize(("what", "sent"), [("remove", {}), ("rename", {"name": "Mine now"})])
def test_nobody_touches_the_key_of_another(person, bob, what, sent):
    """Though they know its number, have a key of their own and have just confirmed who they are."""
    person.confirm()
    Authenticator.objects.create(user=person.user, type="webauthn", data={"name": "Own"})
    key = Authenticator.objects.create(user=bob, type="webauthn", data={"name": "Bob's"})
    address = f"/account/keys/{key.pk}/{what}/"
    assert person.get(address).status_code == 404
    assert person.post(address, sent).status_code == 404
    key.refresh_from_db()
    assert key.data == {"name": "Bob's"}


@pytest.mark.parametrize("address", ["/account/app/remove/", "/account/recovery-codes/new/"])
def test_second_factors_are_ones_own(person, bob, address):
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=bob, type=kind, data={"of": "bob"})
    person.set_up_app()
    person.confirm()
    person.post(address, {})
    assert list(Authenticator.objects.filter(user=bob).values_list("data", flat=True)) == [{"of": "bob"}] * 2
