"""A secret belongs to its row and column: whoever copies it to another place in the database has copied nothing."""

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from django.db import connection, models

from analyses import lifecycle, prescanner, rotation, runner, sign_in_tests
from analyses.duplicating import duplicate
from analyses.models import AllowedTarget, Scan, ScanOccurrence, SignInTest, Specification
from analyses.models.secrets import SECRETS, Sealed
from dashboard.binding_secrets import bind
from notifications import hook_delivery, hooks
from notifications.models import Hook, HookMessage
from tests.scene import an_analysis, give_secrets, prescanned, scans_of, status

pytestmark = pytest.mark.django_db(transaction=True)
CAUSE = "A stored secret cannot be read: it was encrypted with another key, or for another place."
KINDS = [(model, name) for model, names in rotation.encrypted_columns() for name in names]


@pytest.fixture
def rows(alice) -> dict[type[models.Model], list[models.Model]]:
    """Two of each that hold secrets, all of them in every column."""
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    scans = scans_of(lifecycle.submit(analysis, alice))
    made = {
        Scan: list(analysis.scans.all()),
        ScanOccurrence: scans,
        SignInTest: [SignInTest(user=alice, url=scan.url, configuration=scan.configuration) for scan in scans],
        Specification: [Specification(analysis=analysis, name=name, endpoints=[]) for name in "ab"],
        Hook: [Hook(name=name, events=[]) for name in "ab"],
    }
    for model, names in rotation.encrypted_columns():
        for row in made[model]:
            for name in names:
                setattr(row, name, f"the {name} of {row}")
            row.save()
    return made


def copied(model: type[models.Model], to: tuple[str, int], from_: tuple[str, int]) -> None:
    """What somebody with access to the database does, past Vedette."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {from_[0]} FROM {table} WHERE id = %s", [from_[1]])
        cursor.execute(f"UPDATE {table} SET {to[0]} = %s WHERE id = %s", [cursor.fetchone()[0], to[1]])


@pytest.mark.parametrize(("model", "name"), KINDS)
def test_copied_to_another_row_it_cannot_be_read(rows, model, name):
    one, other = rows[model]
    copied(model, (name, other.pk), (name, one.pk))
    one.refresh_from_db()
    other.refresh_from_db()
    assert getattr(one, name) == f"the {name} of {one}"
    assert isinstance(getattr(other, name), Sealed)


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, name in KINDS if model is not Specification])
def test_copied_to_another_column_it_cannot_be_read(rows, model, name):
    one, _ = rows[model]
    others = [other for kind, other in KINDS if kind is model and other != name]
    for other in others:
        copied(model, (other, one.pk), (name, one.pk))
    one.refresh_from_db()
    assert all(isinstance(getattr(one, other), Sealed) for other in others)


def test_copied_to_another_table_it_cannot_be_read(rows):
    """Not even by somebody who copies what it is bound to as well."""
    scan, run = rows[Scan][0], rows[ScanOccurrence][0]
    stored = Scan.objects.values_list("seal", "secret").get(pk=scan.pk)
    ScanOccurrence.objects.filter(pk=run.pk).update(seal=stored[0], secret=stored[1])
    run.refresh_from_db()
    assert isinstance(run.secret, Sealed)


@pytest.mark.parametrize("model", [model for model, _ in rotation.encrypted_columns()])
def test_no_two_rows_have_the_same_seal(rows, model):
    one, other = rows[model]
    with pytest.raises(Exception, match=r"(?i)unique"):
        model.objects.filter(pk=other.pk).update(seal=one.seal)


@pytest.mark.parametrize("name", SECRETS)
def test_a_scan_that_holds_another_ones_ends_and_says_why(alice, settings, name):
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="*.test")
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    give_secrets(analysis, **{name: "X: 1"})
    occurrence = lifecycle.submit(analysis, alice)
    one, other = scans_of(occurrence)
    copied(ScanOccurrence, (name, other.pk), (name, one.pk))
    prescanner.drive(occurrence.pk)
    other.refresh_from_db()
    assert (status(other), other.cause) == ("Verification Failed", CAUSE)
    assert "again" in other.advice


def test_an_engine_that_was_to_start_with_another_ones_does_not(alice, settings):
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="*.test")
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    give_secrets(analysis, headers="X-Key: 1")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    one, other = scans_of(occurrence)
    copied(ScanOccurrence, ("headers", other.pk), ("headers", one.pk))
    runner.drive(other.pk)
    other.refresh_from_db()
    assert (status(other), other.cause) == ("Submit Failed", CAUSE)


def test_a_sign_in_that_is_tried_out_with_another_ones_says_why(rows):
    one, other = rows[SignInTest]
    copied(SignInTest, ("secret", other.pk), ("secret", one.pk))
    sign_in_tests.drive(other.pk)
    other.refresh_from_db()
    assert (other.succeeded, other.cause) == (False, CAUSE)


def test_pages_of_what_holds_another_ones_are_shown(rows, client, alice, root):
    scans = rows[Scan]
    for name in SECRETS:
        copied(Scan, (name, scans[1].pk), (name, scans[0].pk))
    copied(Hook, ("address", rows[Hook][1].pk), ("address", rows[Hook][0].pk))
    client.force_login(alice)
    for page in ("", "configure/", "configuration/"):
        assert client.get(f"/analyses/{scans[0].analysis_id}/{page}").status_code == 200
    client.force_login(root)
    page = client.get(f"/admin/notifications/hook/{rows[Hook][1].pk}/change/")
    assert "cannot be read: it was encrypted with another key, or for another place" in page.content.decode()


def test_a_hook_with_another_ones_address_is_not_told(rows):
    one, other = rows[Hook]
    copied(Hook, ("address", other.pk), ("address", one.pk))
    other.refresh_from_db()
    hooks.send_test(other)
    message = HookMessage.objects.get()
    assert hook_delivery.deliver(message.pk) is False
    message.refresh_from_db()
    assert message.last_error == CAUSE


def test_changed_keys_keep_it_bound(rows, settings):
    settings.CREDENTIAL_KEYS = ["new", *settings.CREDENTIAL_KEYS]
    one, other = rows[Scan]
    copied(Scan, ("secret", other.pk), ("secret", one.pk))
    done = rotation.rotate(Scan, ["secret", "headers"])
    assert done.unreadable == [f"{other.pk} (secret)"]
    copied(Scan, ("headers", other.pk), ("headers", one.pk))
    settings.CREDENTIAL_KEYS = ["new"]
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.secret, one.headers) == (f"the secret of {one}", f"the headers of {one}")
    assert isinstance(other.headers, Sealed)


def test_what_is_copied_by_vedette_is_bound_to_the_copy(alice):
    analysis = an_analysis(alice)
    give_secrets(analysis, secret="correct horse")
    scan, copy = analysis.scans.get(), duplicate(analysis, alice).scans.get()
    run = scans_of(lifecycle.submit(analysis, alice))[0]
    assert scan.secret == copy.secret == run.secret == "correct horse"
    assert len({scan.seal, copy.seal, run.seal}) == 3


def test_no_secret_can_be_stored_without_its_row(alice):
    analysis = an_analysis(alice)
    with pytest.raises(TypeError):
        analysis.scans.update(secret="correct horse")


def test_secrets_from_before_are_bound_by_the_migration(alice, settings):
    scan = an_analysis(alice).scans.get()
    cipher = Fernet(base64.urlsafe_b64encode(hashlib.sha256(settings.CREDENTIAL_KEYS[0].encode()).digest()))
    before = Sealed(cipher.encrypt(b"correct horse").decode())
    Scan.objects.filter(pk=scan.pk).update(secret=before, headers=Sealed("of a lost key"))
    scan.refresh_from_db()
    assert scan.secret == before
    bind(Scan, *SECRETS)
    scan.refresh_from_db()
    assert scan.secret == "correct horse"
    assert scan.headers == Sealed("of a lost key")
