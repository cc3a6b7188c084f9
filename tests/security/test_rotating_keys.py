"""The keys of stored secrets are changed while everything goes on: `manage.py rotate_keys`."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, models

from analyses import rotation
from analyses.models import Scan, ScanOccurrence, SignInTest, Specification
from analyses.models.secrets import SECRETS, Sealed
from notifications.models import Hook
from tests.scene import an_analysis, give_secrets

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings):
    """The keys of the installation, the first one encrypts."""

    def use(*keys: str) -> None:
        settings.CREDENTIAL_KEYS = list(keys)

    use("old")
    return use


def rotated() -> tuple[str, int]:
    said = StringIO()
    try:
        call_command("rotate_keys", stdout=said)
    except SystemExit as ended:
        return said.getvalue(), ended.code
    return said.getvalue(), 0


def stored(model: type[models.Model], column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def a_scan(alice, name: str = "Shop", **secrets: str) -> Scan:
    scan = an_analysis(alice, name=name).scans.get()
    for column, secret in (secrets or {"secret": "correct horse"}).items():
        setattr(scan, column, secret)
    scan.save()
    return scan


def test_every_encrypted_column_of_every_model_is_found():
    found = {model: set(names) for model, names in rotation.encrypted_columns()}
    assert found == {
        Scan: set(SECRETS),
        ScanOccurrence: set(SECRETS),
        SignInTest: set(SECRETS),
        Specification: {"requests"},
        Hook: {"address", "secret"},
    }


def test_after_it_the_old_key_is_not_needed_any_more(alice, keys):
    scan = a_scan(alice, **dict.fromkeys(SECRETS, "correct horse"))
    file = Specification.objects.create(analysis=scan.analysis, name="a.json", endpoints=[], requests="[1]")
    keys("new", "old")
    said, code = rotated()
    assert code == 0
    assert f"Scans: {len(SECRETS)} encrypted anew, 0 were already." in said
    keys("new")
    scan.refresh_from_db()
    file.refresh_from_db()
    assert {getattr(scan, name) for name in SECRETS} == {"correct horse"}
    assert file.requests == "[1]"


def test_it_can_be_repeated_and_changes_nothing_then(alice, keys):
    a_scan(alice)
    keys("new", "old")
    rotated()
    before = stored(Scan, "secret")
    said, code = rotated()
    assert (stored(Scan, "secret"), code) == (before, 0)
    assert "Scans: 0 encrypted anew, 1 were already." in said


def test_what_is_empty_stays_empty(alice, keys):
    a_scan(alice)
    keys("new", "old")
    rotated()
    assert stored(Scan, "totp_secret") == [""]


def test_what_cannot_be_read_is_named_and_kept_as_it_is(alice, keys):
    keys("lost")
    lost = a_scan(alice)
    keys("old")
    kept = a_scan(alice, name="Other", secret="another one")
    before = stored(Scan, "secret")[0]
    keys("new", "old")
    said, code = rotated()
    assert code == 1
    assert f"Not readable with any key: {lost.pk} (secret)." in said
    assert "another one" not in said
    assert stored(Scan, "secret")[0] == before
    keys("new", "lost")
    kept.refresh_from_db()
    lost.refresh_from_db()
    assert (kept.secret, lost.secret) == ("another one", "correct horse")


def test_a_secret_that_is_changed_meanwhile_keeps_the_change(alice, keys, monkeypatch):
    scan = a_scan(alice)
    keys("new", "old")
    renewed = Sealed.renewed

    def while_somebody_saves(secret: Sealed, place: str) -> Sealed:
        give_secrets(scan.analysis, secret="changed meanwhile")
        return renewed(secret, place)

    monkeypatch.setattr(Sealed, "renewed", while_somebody_saves)
    rotation.rotate(Scan, ["secret"])
    scan.refresh_from_db()
    assert scan.secret == "changed meanwhile"


def test_many_rows_are_done_bit_by_bit(alice, keys, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 3)
    analysis = an_analysis(alice, *[f"http://shop.test/{number}/" for number in range(10)])
    for scan in analysis.scans.all():
        scan.secret = scan.url
        scan.save()
    keys("new", "old")
    assert rotation.rotate(Scan, ["secret"]).renewed == 10
    keys("new")
    assert [scan.secret for scan in analysis.scans.all()] == [scan.url for scan in analysis.scans.all()]
    assert not any(isinstance(scan.secret, Sealed) for scan in Scan.objects.all())
