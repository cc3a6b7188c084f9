"""Allowed target, name, connection, TLS: what each finds wrong, and what it says about it."""

import contextlib
import socket
import threading

import pytest

from analyses.prescan import connection
from analyses.prescan.contract import PrescanTarget
from analyses.statuses import ScanStatus
from analyses.targets import parse_target
from tests.prescan.conftest import STEPS, assert_failed_at, outcomes, prescan_of
from tests.targets import certificates, sites
from tests.targets.serving import closed_port, serve, talk

FAILED, UNREACHED = ScanStatus.VERIFICATION_FAILED, ScanStatus.CONNECTION_ERROR


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return certificates.authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority, monkeypatch):
    """The machine trusts the test authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


def test_a_plain_site_passes_and_every_step_is_kept_in_order():
    with serve(sites.plain) as site:
        result = prescan_of(site.url)
    assert result.failure is None
    assert outcomes(result) == {
        "Allowed target": "passed", "Name": "skipped", "Connection": "passed", "TLS": "skipped",
        "Further hosts": "skipped", "HTTP": "passed", "Sign-in": "skipped", "Specification": "skipped",
        "Crawl script": "skipped",
    }  # fmt: skip
    assert all(step.cause for step in result.steps)
    assert all(step.milliseconds >= 0 for step in result.steps)


def test_a_target_that_nobody_allowed_is_never_connected_to():
    with serve(sites.plain) as site:
        result = prescan_of(site.url, allowed=("shop.example.com",))
        assert site.asked == []
    assert_failed_at(result, "Allowed target", FAILED)
    assert result.cause == f"{site.spot} is not among the allowed targets. An administrator can add it."


def test_an_address_that_cannot_be_read_says_why():
    assert_failed_at(prescan_of("ftp://127.0.0.1/"), "Allowed target", FAILED)


def test_the_products_own_address_is_never_scanned():
    with serve(sites.plain) as site:
        result = prescan_of(f"http://localhost:{site.port}/", own=site.url)
        assert site.asked == []
    assert_failed_at(result, "Allowed target", FAILED)
    assert "Vedette itself" in result.cause


def test_a_name_that_does_not_exist_is_named(names):
    result = prescan_of("http://nosuch.example/", allowed=("nosuch.example",))
    assert_failed_at(result, "Name", UNREACHED)
    assert result.cause == "The name nosuch.example does not exist"


def test_a_name_server_that_gives_no_answer_is_no_misspelling(names):
    names["shop.example"] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    result = prescan_of("http://shop.example/", allowed=("shop.example",))
    assert_failed_at(result, "Name", UNREACHED)
    assert result.cause == "The name server gave no answer for shop.example"


def test_a_name_server_that_hangs_is_not_waited_for(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    monkeypatch.setattr(connection, "NAME_SECONDS", 0.2)
    result = prescan_of("http://shop.example/", allowed=("shop.example",))
    over.set()
    assert_failed_at(result, "Name", UNREACHED)
    assert "could not be looked up within" in result.cause


def test_a_name_below_an_allowed_domain_must_not_lead_inside(names):
    names["inside.example.com"] = ["10.1.2.3"]
    result = prescan_of("http://inside.example.com/", allowed=("*.example.com",))
    assert_failed_at(result, "Name", FAILED)
    assert "10.1.2.3, a private address" in result.cause


def test_one_bad_address_among_good_ones_is_enough(names):
    names["shop.example.com"] = ["93.184.216.34", "169.254.169.254"]
    result = prescan_of("http://shop.example.com/", allowed=("shop.example.com",))
    assert_failed_at(result, "Name", FAILED)
    assert "169.254.169.254" in result.cause


def test_a_name_that_changes_its_mind_is_asked_once_and_held_to_its_answer(names):
    with serve(sites.plain) as site, serve(sites.plain, host="127.0.0.2") as canary:
        names["shop.test"] = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]]
        result = prescan_of(f"http://shop.test:{site.port}/", allowed=("shop.test", "127.0.0.1"))
        assert result.failure is None
        assert names["asked"] == ["shop.test"]
        assert canary.asked == []
        assert site.asked[0].headers["host"] == f"shop.test:{site.port}"


def test_of_several_addresses_the_one_that_answers_is_used_and_kept_to(names):
    names["shop.test"] = ["127.0.0.3", "127.0.0.1"]
    with serve(sites.plain) as site:
        url = f"http://shop.test:{site.port}/"
        target = PrescanTarget(url, allowed=("shop.test", "127.0.0.0/8"))
        network = connection.Network(target, connection.Deadline(5))
        network.connect(parse_target(url)).close()
        assert network.addresses(parse_target(url)) == ("127.0.0.1",)
        assert prescan_of(url, allowed=target.allowed).failure is None


def test_a_closed_port_is_a_connection_refused():
    port = closed_port()
    result = prescan_of(f"http://127.0.0.1:{port}/")
    assert_failed_at(result, "Connection", UNREACHED)
    assert result.cause == f"Connection refused at 127.0.0.1:{port}"


def test_a_port_that_drops_everything_is_no_answer(monkeypatch):
    monkeypatch.setattr(connection, "TCP_SECONDS", 0.3)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # nobody accepts: once its queue is full, it answers nothing
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        result = prescan_of(f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert_failed_at(result, "Connection", UNREACHED)
    assert "No answer from 127.0.0.1" in result.cause


def test_a_valid_certificate_passes(trusted):
    with serve(sites.plain, tls=trusted.context("127.0.0.1")) as site:
        result = prescan_of(site.url)
    assert result.failure is None
    assert outcomes(result)["TLS"] == "passed"
    assert "certificate valid until" in result.steps[STEPS.index("TLS")].cause


def test_the_name_and_not_the_address_is_what_a_certificate_is_checked_for(trusted, names):
    names["shop.test"] = ["127.0.0.1"]
    with serve(sites.plain, tls=trusted.context("shop.test")) as site:
        result = prescan_of(f"https://shop.test:{site.port}/", allowed=("shop.test", "127.0.0.1"))
    assert result.failure is None


@pytest.mark.parametrize(
    ("hosts", "days", "cause"),
    [
        (("127.0.0.1",), -1, "The certificate has expired"),
        (("other.test",), 10, "The certificate is for another host than 127.0.0.1"),
    ],
)
def test_a_bad_certificate_says_what_is_wrong_with_it(trusted, hosts, days, cause):
    with serve(sites.plain, tls=trusted.context(*hosts, days=days)) as site:
        result = prescan_of(site.url)
        assert site.asked == []
    assert_failed_at(result, "TLS", UNREACHED)
    assert result.cause == cause


def test_a_certificate_of_an_unknown_authority_is_refused(authority):
    with serve(sites.plain, tls=authority.context("127.0.0.1")) as site:
        result = prescan_of(site.url)
    assert_failed_at(result, "TLS", UNREACHED)
    assert result.cause == "The certificate comes from an authority that is not known"


def test_a_self_signed_certificate_is_refused(tmp_path):
    with serve(sites.plain, tls=certificates.self_signed(tmp_path, "127.0.0.1")) as site:
        result = prescan_of(site.url)
        assert site.asked == []
    assert_failed_at(result, "TLS", UNREACHED)
    assert result.cause == "The certificate is self-signed"


def test_a_site_without_tls_is_told_from_one_with_a_bad_certificate():
    with serve(sites.plain) as site:
        result = prescan_of(site.url.replace("http:", "https:"))
    assert_failed_at(result, "TLS", UNREACHED)
    assert result.cause == "What answers there does not speak TLS"
    assert "http://" in result.advice


def test_a_port_that_hangs_up_during_the_handshake_says_so():
    with talk(lambda peer: None) as site:
        result = prescan_of(f"https://{site.spot}/")
    assert_failed_at(result, "TLS", UNREACHED)
    assert result.cause == "The connection was closed during the TLS handshake"


def test_a_handshake_that_never_ends_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("analyses.prescan.checks.TLS_SECONDS", 0.3)
    with talk(lambda peer: peer.recv(10_000) and peer.recv(10_000)) as site:
        result = prescan_of(f"https://{site.spot}/")
    assert_failed_at(result, "TLS", UNREACHED)
    assert "TLS handshake did not end" in result.cause
