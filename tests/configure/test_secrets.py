"""Passwords and header values go in, and never come out again."""

import pytest
from django.urls import reverse

from analyses.models import Activity, Scan
from tests.configure.pages import errors_of, form_of, text_of

STORED, TYPED = "stored-secret", "n3w-pa55word"


@pytest.fixture
def scan(shop) -> Scan:
    """The one that signs in."""
    return shop.scans.get(sign_in_method="form")


def _typed(scan, **values):
    return {f"scan-{scan.pk}-{name}": value for name, value in values.items()}


def test_a_stored_secret_is_never_sent_to_the_page(as_alice, shop, scan):
    page = as_alice.get(reverse("analyses:configure", args=[shop.pk]))
    assert STORED not in page.content.decode()
    assert form_of(page)[f"scan-{scan.pk}-secret"] == [""]
    assert "One is stored. Leave empty to keep it." in text_of(page)


def test_left_empty_it_is_kept(fill, shop, scan):
    fill(shop, **_typed(scan, username="dave"))
    scan.refresh_from_db()
    assert (scan.username, scan.secret) == ("dave", STORED)


def test_typed_it_is_replaced_and_the_log_says_only_that(fill, shop, scan):
    fill(shop, **_typed(scan, secret=TYPED))
    scan.refresh_from_db()
    assert scan.secret == TYPED
    entry = Activity.objects.get()
    assert entry.cause == "https://admin.example.test/: password changed"


def test_a_page_with_an_error_asks_for_it_again_instead_of_showing_it(fill, shop, scan):
    page = fill(shop, name="", **_typed(scan, secret=TYPED, username="dave"))
    assert TYPED not in page.content.decode()
    assert "type it again" in errors_of(page)[f"scan-{scan.pk}-secret"]
    assert form_of(page)[f"scan-{scan.pk}-username"] == ["dave"]


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://evil.example.test/"},
        {"url": "http://admin.example.test/"},
        {"url": "https://admin.example.test:8443/"},
        {"login_url": "https://evil.example.test/login"},
        {"login_url": "http://admin.example.test/login"},
        {"check_url": "https://evil.example.test/account"},
        {"sign_in_method": "basic"},
        {"sign_in_method": "header", "header": "X-Key"},
    ],
)
def test_a_kept_secret_is_not_sent_to_somebody_else(fill, shop, scan, changed):
    page = fill(shop, **_typed(scan, **changed))
    assert "given for another address or method" in errors_of(page)[f"scan-{scan.pk}-secret"]
    scan.refresh_from_db()
    assert (scan.url, scan.sign_in_method) == ("https://admin.example.test/", "form")
    assert fill(shop, **_typed(scan, secret=TYPED, **changed)).status_code == 302


def test_another_page_of_the_same_host_keeps_it(fill, shop, scan):
    assert fill(shop, **_typed(scan, url="https://admin.example.test/deep/")).status_code == 302
    scan.refresh_from_db()
    assert scan.secret == STORED


def test_without_a_sign_in_nothing_of_it_is_kept(fill, shop, scan):
    fill(shop, **_typed(scan, sign_in_method="none"))
    scan.refresh_from_db()
    assert (scan.secret, scan.username, scan.login_url, scan.check_text) == ("", "", "", "")


MISSING = [
    ("form", "login_url", "Give the address of the page"),
    ("form", "username", "Give the user name"),
    ("form", "secret", "Give the password."),
    ("basic", "username", "Give the user name"),
    ("basic", "secret", "Give the password."),
    ("header", "header", "Give the name of the header"),
    ("header", "secret", "Give the value of the header."),
]


@pytest.mark.parametrize(("method", "missing", "message"), MISSING)
def test_what_a_sign_in_needs_is_asked_for_at_its_place(fill, shop, method, missing, message):
    scan = shop.scans.get(sign_in_method="none")
    complete = {"login_url": scan.url, "username": "carol", "secret": TYPED, "header": "Authorization"}
    page = fill(shop, **_typed(scan, **complete | {"sign_in_method": method, missing: ""}))
    assert message in errors_of(page)[f"scan-{scan.pk}-{missing}"]
    assert fill(shop, **_typed(scan, sign_in_method=method, **complete)).status_code == 302


WRONG = [
    ("header", {"header": "X Key"}, "letters, digits and hyphens"),
    ("header", {"header": "Host"}, "set by the engine itself"),
    ("header", {"header": "X-Key\r\nHost"}, "letters, digits and hyphens"),
    ("secret", {"secret": "a\r\nX-Evil: 1"}, "line break"),
    ("secret", {"secret": "schlüssel"}, "printable ASCII"),
    ("secret", {"secret": "x" * 4001}, "at most 4000 characters"),
]


@pytest.mark.parametrize(("field", "typed", "message"), WRONG)
def test_what_cannot_stand_in_a_header_is_refused(fill, shop, field, typed, message):
    scan = shop.scans.get(sign_in_method="none")
    complete = {"sign_in_method": "header", "header": "X-Key", "secret": TYPED}
    page = fill(shop, **_typed(scan, **complete | typed))
    assert message in errors_of(page)[f"scan-{scan.pk}-{field}"]


def test_the_settings_of_one_scan_come_without_its_secret(as_alice, shop, scan):
    address = reverse("analyses:configure", args=[shop.pk])
    part = as_alice.get(address, {"scan": scan.pk}, headers={"HX-Request": "true"})
    assert "carol" in part.content.decode()
    assert STORED not in part.content.decode()


def test_settings_of_a_scan_of_another_analysis_are_404(as_alice, shop, charlie):
    from analyses.models import Analysis

    other = Analysis.objects.create(name="Other", owner=charlie).scans.create(url="https://x.example.test/")
    address = reverse("analyses:configure", args=[shop.pk])
    assert as_alice.get(address, {"scan": other.pk}, headers={"HX-Request": "true"}).status_code == 404


@pytest.mark.parametrize("method", ["basic", "header"])
def test_a_stored_header_is_not_sent_to_a_check_page_elsewhere(fill, shop, method):
    scan = shop.scans.get(sign_in_method="none")
    complete = {"sign_in_method": method, "username": "carol", "header": "Authorization", "secret": TYPED}
    fill(shop, **_typed(scan, **complete))
    page = fill(shop, **_typed(scan, check_url="https://evil.example.test/"))
    assert "given for another address" in errors_of(page)[f"scan-{scan.pk}-secret"]
