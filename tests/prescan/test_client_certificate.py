"""Client certificates: read from what people upload, presented to the target and to nobody else."""

import os
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, pkcs12

from analyses.prescan import certificates as reader
from analyses.prescan.certificates import MOST_BYTES, CertificateError, read_pkcs12, validity_problem
from analyses.prescan.contract import SignIn, SignInMethod
from analyses.statuses import ScanStatus
from tests.prescan.conftest import assert_failed_at, prescan_of
from tests.targets import certificates, sites
from tests.targets.serving import Answer, redirect, serve

REFUSED = ScanStatus.AUTHENTICATION_ERROR


# --- Reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "swordfish é"])
def test_a_file_is_read_with_its_name(authority, password):
    alice = authority.person("alice.test")
    found = read_pkcs12(alice.pkcs12(password), password)
    assert found.name == f"CN=alice.test, valid until {alice.certificate.not_valid_after_utc:%Y-%m-%d}"
    assert found.pem.startswith(alice.pem)
    assert found.pem.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in repr(found)


def _without_key(authority) -> bytes:
    given = BestAvailableEncryption(b"swordfish")
    return pkcs12.serialize_key_and_certificates(b"x", None, authority.certificate, None, given)


@pytest.mark.parametrize(
    ("made", "password", "why"),
    [
        (
            lambda authority: authority.person("alice.test").pkcs12("swordfish"),
            "wrong",
            "password of the file is wrong",
        ),
        (lambda authority: authority.person("alice.test").pkcs12("swordfish"), "", "password of the file is wrong"),
        (_without_key, "swordfish", "no private key"),
        (lambda authority: authority.person("alice.test", days=-1).pkcs12("x"), "x", "has expired on"),
        (lambda authority: authority.person("alice.test").pem.encode(), "", "not a PKCS#12 file"),
        (lambda authority: authority.person("alice.test").pkcs12("x")[:-40], "x", "not a PKCS#12 file"),
        (lambda _: b"", "", "not a PKCS#12 file"),
        (lambda _: b"x" * (MOST_BYTES + 1), "", "larger than 100 KiB"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(authority, made, password, why):
    with pytest.raises(CertificateError, match=why) as error:
        read_pkcs12(made(authority), password)
    assert str(error.value).endswith(".")


def test_a_file_that_is_endless_work_is_given_up(authority, monkeypatch):
    alice = authority.person("alice.test")
    work = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(4_000_000).build(b"x")
    data = pkcs12.serialize_key_and_certificates(b"x", alice.key, alice.certificate, None, work)
    assert read_pkcs12(alice.pkcs12("x"), "x")
    monkeypatch.setattr(reader, "_SECONDS", 1)
    with pytest.raises(CertificateError, match="within the time"):
        read_pkcs12(data, "x")


def test_few_files_are_read_at_once(authority, monkeypatch):
    monkeypatch.setattr(reader, "_SECONDS", 0.05)
    with reader._free, reader._free, pytest.raises(CertificateError, match="Other certificates are being read"):
        read_pkcs12(authority.person("alice.test").pkcs12("x"), "x")


def test_a_certificate_is_presented_in_its_time_only(authority):
    pem = authority.person("alice.test").pem
    assert validity_problem(pem) == ""
    assert "valid from" in validity_problem(pem, datetime.now(UTC) - timedelta(days=5))
    assert "has expired on" in validity_problem(pem, datetime.now(UTC) + timedelta(days=50))
    assert "cannot be read" in validity_problem("nonsense")


def test_nothing_of_it_is_left_in_a_file(authority, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    before = set(os.listdir("/proc/self/fd"))
    read_pkcs12(authority.person("alice.test").pkcs12("x"), "x")
    assert set(os.listdir("/proc/self/fd")) == before


# --- Presenting -----------------------------------------------------------------------------------------------------


def test_a_site_that_asks_for_one_gets_it(authority):
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        result = prescan_of(site.url, client_certificate=authority.person("alice.test").pem)
    assert result.failure is None, result.cause


def test_signing_in_by_a_form_presents_it_too(authority):
    with serve(sites.FormSite(), tls=authority.context("127.0.0.1", asks=True)) as site:
        sign_in = SignIn(SignInMethod.FORM, f"{site.url}login/", "alice", "correct horse", check_text="Welcome, alice")
        result = prescan_of(site.url, sign_in, client_certificate=authority.person("alice.test").pem)
    assert result.failure is None, result.cause


@pytest.mark.parametrize("newest", [None, "TLSv1_2"])
def test_a_site_that_asks_for_one_in_vain_is_told(authority, newest):
    context = authority.context("127.0.0.1", asks=True)
    if newest:
        context.maximum_version = getattr(ssl.TLSVersion, newest)
    with serve(sites.plain, tls=context) as site:
        result = prescan_of(site.url)
    assert_failed_at(result, "TLS" if newest else "HTTP", REFUSED)
    assert "ask for a client certificate" in result.cause.replace("asks", "ask")
    assert "Upload one" in result.advice


def test_one_of_an_authority_the_site_does_not_know_is_told(authority, tmp_path):
    (tmp_path / "other").mkdir()
    stranger = certificates.authority(tmp_path / "other").person("mallory.test")
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        result = prescan_of(site.url, client_certificate=stranger.pem)
    assert_failed_at(result, "HTTP", REFUSED)
    assert result.cause.startswith("The site refuses the client certificate (")


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("<center>No required SSL certificate was sent</center>", "The site asks for a client certificate"),
        ("<center>The SSL certificate error</center>", "The site refuses the client certificate"),
    ],
)
def test_a_web_server_that_tells_it_in_a_page_is_understood(words, cause):
    with serve(sites.always(Answer(words, 400))) as site:
        result = prescan_of(site.url)
    assert_failed_at(result, "HTTP", REFUSED)
    assert result.cause.startswith(cause)


def test_an_expired_one_is_told_before_the_site_is_asked(authority):
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        result = prescan_of(site.url, client_certificate=authority.person("alice.test", days=-1).pem)
        assert site.asked == []
    assert_failed_at(result, "TLS", REFUSED)
    assert "has expired on" in result.cause


def test_one_whose_key_is_another_is_told(authority):
    alice, bob = authority.person("alice.test"), authority.person("bob.test")
    mixed = alice.pem[: alice.pem.index("-----BEGIN CERT")] + bob.pem[bob.pem.index("-----BEGIN CERT") :]
    with serve(sites.plain, tls=authority.context("127.0.0.1", asks=True)) as site:
        result = prescan_of(site.url, client_certificate=mixed)
    assert_failed_at(result, "TLS", REFUSED)
    assert "cannot be used together" in result.cause


def test_no_other_port_and_no_other_host_gets_it(authority):
    asking = authority.context("127.0.0.1", "127.0.0.2", asks=True)
    asking.verify_mode = ssl.CERT_OPTIONAL
    with serve(sites.plain, tls=asking) as other, serve(sites.plain, tls=asking, host="127.0.0.2") as elsewhere:
        for to in (other, elsewhere):
            with serve(sites.by_path(start=Answer("x"), go=redirect(to.url)), tls=asking) as site:
                sign_in = SignIn(SignInMethod.HEADER, secret="Bearer 12345", check_url=to.url)
                prescan_of(site.url, sign_in, client_certificate=authority.person("alice.test").pem)
            assert to.asked
            assert [asked.certificate for asked in to.asked] == [""] * len(to.asked)
            assert site.asked[0].certificate == "alice.test"
