"""Login scripts, one-time codes and client certificates: read at once, stored encrypted, sent to nobody else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analyses import frozen, lifecycle
from analyses.forms import uploads
from analyses.models import Activity, Scan
from analyses.targets import AllowedNow
from tests.configure.pages import errors_of, form_of, text_of
from tests.prescan.scripts import side
from tests.targets import certificates

LOGIN = side(("open", "/"), ("type", "id=password", "stored-secret"))
LOGOUT = side(("open", "/logout"))
KEY = "JBSWY3DPEHPK3PXP"


def file(content: str | bytes = LOGIN, name: str = "login.side") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


@pytest.fixture
def scan(shop) -> Scan:
    """One without a sign-in."""
    return shop.scans.get(sign_in_method="none")


@pytest.fixture
def person(tmp_path):
    """Somebody with a certificate."""
    return certificates.authority(tmp_path).person("alice")


def _typed(scan, **values):
    return {f"scan-{scan.pk}-{name}": value for name, value in values.items()}


def _stored(scan) -> Scan:
    scan.refresh_from_db()
    return scan


# --- Scripts ---


def test_a_login_and_a_logout_script_are_stored(fill, shop, scan, alice):
    fill(shop, **_typed(scan, sign_in_method="script", login_script=file(), logout_script=file(LOGOUT, "out.side")))
    stored = _stored(scan)
    assert (stored.login_script, stored.login_script_name) == (LOGIN, "login.side")
    assert (stored.logout_script, stored.logout_script_name) == (LOGOUT, "out.side")
    sign_in = frozen.prescan_target(lifecycle.submit(shop, alice).scans.get(scan=scan), allowed=AllowedNow()).sign_in
    assert (sign_in.login_script, sign_in.logout_script) == (LOGIN, LOGOUT)


def test_a_sign_in_by_script_needs_one(fill, shop, scan):
    page = fill(shop, **_typed(scan, sign_in_method="script"))
    assert errors_of(page)[f"scan-{scan.pk}-login_script"] == "Choose the recording that signs in."


def test_what_is_wrong_with_a_login_script_is_said_at_its_place(fill, shop, scan):
    page = fill(shop, **_typed(scan, sign_in_method="script", login_script=file(side(("executeScript", "x")))))
    assert "step 1 (executeScript" in errors_of(page)[f"scan-{scan.pk}-login_script"]


def test_it_is_kept_and_not_shown(fill, as_alice, shop, scan):
    fill(shop, **_typed(scan, sign_in_method="script", login_script=file()))
    page = as_alice.get(f"/analyses/{shop.pk}/configure/")
    assert "Stored: login.side." in text_of(page)
    assert "stored-secret" not in page.content.decode()
    fill(shop, **_typed(scan, user_agent="Mine/1"))
    assert _stored(scan).login_script == LOGIN


def test_with_another_method_it_goes(fill, shop, scan):
    fill(shop, **_typed(scan, sign_in_method="script", login_script=file(), totp_secret=KEY))
    fill(shop, **_typed(scan, sign_in_method="none"))
    stored = _stored(scan)
    assert (stored.login_script, stored.login_script_name, stored.totp_secret) == ("", "", "")
    assert "login script: removed (login.side)" in Activity.objects.latest("pk").cause


def test_it_is_not_played_before_somebody_else(fill, shop, scan):
    fill(shop, **_typed(scan, sign_in_method="script", login_script=file()))
    page = fill(shop, **_typed(scan, url="https://evil.example.test/"))
    assert "given for another address" in errors_of(page)[f"scan-{scan.pk}-login_script"]


# --- One-time codes ---


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (KEY, KEY),
        ("jbsw y3dp ehpk 3pxp", "jbsw y3dp ehpk 3pxp"),
        (f"otpauth://totp/Shop:alice?secret={KEY}&digits=8", f"otpauth://totp/Shop:alice?secret={KEY}&digits=8"),
    ],
)
def test_a_key_for_codes_is_stored_as_it_was_given(fill, shop, typed, stored):
    scan = shop.scans.get(sign_in_method="form")
    assert fill(shop, **_typed(scan, totp_secret=typed)).status_code == 302
    assert _stored(scan).totp_secret == stored
    assert "key for one-time codes changed" in Activity.objects.get().cause
    assert KEY not in Activity.objects.get().cause


@pytest.mark.parametrize("typed", ["no key!", "01890189", "ABC", "otpauth://hotp/x?secret=" + KEY, "otpauth://totp/x"])
def test_what_is_no_key_is_said(fill, shop, typed):
    scan = shop.scans.get(sign_in_method="form")
    page = fill(shop, **_typed(scan, totp_secret=typed))
    assert errors_of(page)[f"scan-{scan.pk}-totp_secret"]
    assert _stored(scan).totp_secret == ""


def test_it_can_be_removed(fill, shop):
    scan = shop.scans.get(sign_in_method="form")
    fill(shop, **_typed(scan, totp_secret=KEY))
    fill(shop, **_typed(scan, remove_totp_secret="on"))
    assert _stored(scan).totp_secret == ""


# --- Client certificates ---


def test_a_certificate_is_stored_without_its_password(fill, shop, scan, person, alice):
    chosen = {"client_certificate": file(person.pkcs12("pa55"), "alice.p12"), "certificate_password": "pa55"}
    assert fill(shop, **_typed(scan, **chosen)).status_code == 302
    stored = _stored(scan)
    assert "BEGIN PRIVATE KEY" in stored.client_certificate
    assert "alice" in stored.client_certificate_name
    assert "valid until" in stored.client_certificate_name
    assert "PRIVATE KEY" not in Activity.objects.get().cause
    run = lifecycle.submit(shop, alice).scans.get(scan=scan)
    assert frozen.prescan_target(run, allowed=AllowedNow()).client_certificate == stored.client_certificate


def test_a_wrong_password_is_said(fill, shop, scan, person):
    chosen = {"client_certificate": file(person.pkcs12("pa55"), "alice.p12"), "certificate_password": "other"}
    page = fill(shop, **_typed(scan, **chosen))
    assert errors_of(page)[f"scan-{scan.pk}-client_certificate"] == "The password of the file is wrong."


def test_what_is_no_certificate_is_said(fill, shop, scan):
    page = fill(shop, **_typed(scan, client_certificate=file(b"x" * 200_000, "alice.p12")))
    assert "KiB" in errors_of(page)[f"scan-{scan.pk}-client_certificate"]


def test_it_belongs_to_any_sign_in_and_can_be_removed(fill, as_alice, shop, person):
    scan = shop.scans.get(sign_in_method="form")
    chosen = {"client_certificate": file(person.pkcs12("pa55"), "alice.p12"), "certificate_password": "pa55"}
    fill(shop, **_typed(scan, **chosen))
    assert _stored(scan).secret == "stored-secret"
    page = as_alice.get(f"/analyses/{shop.pk}/configure/")
    assert "PRIVATE KEY" not in page.content.decode()
    assert form_of(page)[f"scan-{scan.pk}-certificate_password"] == [""]
    fill(shop, **_typed(scan, remove_client_certificate="on"))
    assert _stored(scan).client_certificate == ""


def test_it_is_not_shown_to_somebody_else(fill, shop, scan, person):
    chosen = {"client_certificate": file(person.pkcs12("pa55"), "alice.p12"), "certificate_password": "pa55"}
    fill(shop, **_typed(scan, **chosen))
    page = fill(shop, **_typed(scan, url="https://evil.example.test/"))
    assert "given for another address" in errors_of(page)[f"scan-{scan.pk}-client_certificate"]


def test_a_certificate_for_an_address_without_https_is_refused(fill, shop, scan, person):
    chosen = {"client_certificate": file(person.pkcs12("pa55"), "alice.p12"), "certificate_password": "pa55"}
    page = fill(shop, **_typed(scan, url="http://shop.example.test/", **chosen))
    assert "over https only" in errors_of(page)[f"scan-{scan.pk}-client_certificate"]
    assert _stored(scan).client_certificate == ""


def test_a_password_without_a_file_is_asked_about(fill, shop, scan):
    page = fill(shop, **_typed(scan, certificate_password="pa55"))
    assert errors_of(page)[f"scan-{scan.pk}-certificate_password"] == "Choose the file too."
    assert fill(shop, **_typed(scan, certificate_password="")).status_code == 302


def test_of_many_certificates_in_one_request_some_are_read(fill, shop, scan, person, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_CERTIFICATES", 1)
    other = shop.scans.exclude(pk=scan.pk).get()
    chosen = {}
    for each in (scan, other):
        chosen |= _typed(each, client_certificate=file(person.pkcs12("p"), "a.p12"), certificate_password="p")
    errors = errors_of(fill(shop, **chosen))
    told = [errors[f"scan-{each.pk}-client_certificate"] for each in (scan, other)]
    assert sum("At most 1 client certificates are read at once" in message for message in told) == 1
