"""The HTTP check: what a target may answer, where it may lead, and how long and how large an answer may be."""

import socket
import threading
import time
import tracemalloc

import pytest

from analyses.prescan.contract import SignIn, SignInMethod
from analyses.prescan.visitor import MOST_BYTES
from analyses.statuses import ScanStatus
from tests.prescan.conftest import STEPS, assert_failed_at, outcomes, prescan_of
from tests.targets import sites
from tests.targets.serving import Answer, redirect, serve, talk

FAILED, UNREACHED = ScanStatus.VERIFICATION_FAILED, ScanStatus.CONNECTION_ERROR
SIGN_IN = ScanStatus.AUTHENTICATION_ERROR


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (404, FAILED, "404 Not Found"),
        (405, FAILED, "405 Method Not Allowed"),
        (500, UNREACHED, "500 Internal Server Error"),
        (503, UNREACHED, "503 Service Unavailable"),
        (429, UNREACHED, "429 Too Many Requests"),
        (401, SIGN_IN, "401 Unauthorized"),
        (403, SIGN_IN, "403 Forbidden"),
        (799, UNREACHED, "799"),
    ],
)
def test_an_error_of_the_start_page_fails_with_its_status(code, status, words):
    with serve(sites.always(Answer("Nothing to see", code))) as site:
        result = prescan_of(site.url)
    assert_failed_at(result, "HTTP", status)
    assert words in result.cause


def test_a_sign_in_page_may_be_refused_to_strangers_when_a_sign_in_is_configured():
    with serve(sites.basic("alice", "correct horse")) as site:
        result = prescan_of(site.url, SignIn(SignInMethod.BASIC, username="alice", secret="correct horse"))
    assert outcomes(result)["HTTP"] == "passed"
    assert "as is expected before signing in" in result.steps[STEPS.index("HTTP")].cause


def test_a_redirect_within_the_scope_is_followed():
    with serve(sites.by_path(start=redirect("/shop/"), shop=Answer(sites.PAGE))) as site:
        result = prescan_of(site.url)
    assert result.failure is None
    assert result.steps[STEPS.index("HTTP")].cause == f"{site.url}shop/ answered 200 OK"


@pytest.mark.parametrize(
    ("start", "scope", "to"),
    [
        ("shop/", "folder", "/admin/"),
        ("shop/", "page", "/shop/cart"),
        ("shop/", "directory", "/shop/cart/"),
        ("shop/", "folder", "/shop/../admin/"),
    ],
)
def test_a_redirect_out_of_the_scope_fails_and_is_not_followed(start, scope, to):
    site_with = sites.by_path(shop=redirect(to), admin=Answer("Admin"))
    with serve(site_with) as site:
        result = prescan_of(site.url + start, scope=scope)
        assert [asked.path for asked in site.asked] == ["/shop/"]
    assert_failed_at(result, "HTTP", FAILED)
    assert "outside of its scope" in result.cause
    assert "use it as the address" in result.advice


def test_a_redirect_to_another_host_is_never_connected_to():
    with serve(sites.plain, host="127.0.0.2") as canary:
        with serve(sites.always(redirect(canary.url))) as site:
            result = prescan_of(site.url, scope="domain")
        assert canary.asked == []
    assert_failed_at(result, "HTTP", FAILED)


@pytest.mark.parametrize("to", ["/@127.0.0.2/", "//127.0.0.2/", "http://0x7f000002/", "http://127.0.0.2\\@127.0.0.1/"])
def test_odd_spellings_do_not_lead_a_redirect_elsewhere(to):
    with serve(sites.always(redirect(to))) as site:
        result = prescan_of(site.url, allowed=("127.0.0.1",))
        assert_failed_at(result, "HTTP", result.failure)
        assert all(asked.headers["host"] == site.spot for asked in site.asked)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "http://[::1"])
def test_a_redirect_to_anything_but_a_web_address_fails(to):
    with serve(sites.always(redirect(to))) as site:
        result = prescan_of(site.url, scope="domain")
    assert_failed_at(result, "HTTP", UNREACHED)
    assert "not a web address" in result.cause


def test_redirects_in_a_circle_end_after_ten():
    with serve(sites.by_path(start=redirect("/again/"), again=redirect("/"))) as site:
        result = prescan_of(site.url)
        assert len(site.asked) == 11
    assert_failed_at(result, "HTTP", UNREACHED)
    assert "More than 10 redirects" in result.cause


def test_a_start_page_that_leads_to_the_configured_sign_in_passes():
    with serve(sites.FormSite()) as site:
        sign_in = SignIn(SignInMethod.FORM, f"{site.url}login/", "alice", "correct horse", check_text="Welcome, alice")
        result = prescan_of(f"{site.url}shop/", sign_in)
    assert outcomes(result)["HTTP"] == "passed"


def test_an_endless_page_is_cut_and_no_problem():
    with serve(sites.endless) as site:
        result = prescan_of(site.url)
    assert result.failure is None
    assert f"only its first {MOST_BYTES:,} bytes were read" in result.steps[STEPS.index("HTTP")].cause


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit():
    with serve(sites.gzip_bomb) as site:
        tracemalloc.start()
        result = prescan_of(site.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert result.failure is None
    assert peak < 10 * MOST_BYTES


def test_a_body_that_is_not_what_its_header_says_is_no_problem():
    with serve(sites.always(Answer(b"plain", headers=(("Content-Encoding", "gzip"),)))) as site:
        assert prescan_of(site.url).failure is None


@pytest.mark.parametrize("charset", ["punycode", "zlib", "rot13", "no-such", "utf-7", "unicode_escape"])
def test_an_odd_charset_is_no_problem(charset):
    odd = Answer("x" * 200_000, headers=(("Content-Type", f"text/html; charset={charset}"),))
    with serve(sites.always(odd)) as site:
        assert prescan_of(site.url, seconds=5).failure is None


def test_a_page_that_drips_does_not_hold_up_the_prescan():
    with serve(sites.drip) as site:
        started = time.monotonic()
        result = prescan_of(site.url, seconds=1)
        assert time.monotonic() - started < 2
    assert_failed_at(result, "HTTP", UNREACHED)
    assert result.cause == f"No complete answer from http://{site.spot} within 1 s"


def test_headers_that_drip_do_not_hold_up_the_prescan():
    def speak(peer: socket.socket) -> None:
        peer.recv(10_000)
        peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            peer.sendall(b"a")
            time.sleep(0.05)

    with talk(speak) as site:
        started = time.monotonic()
        result = prescan_of(site.url, seconds=1)
        assert time.monotonic() - started < 2
    assert_failed_at(result, "HTTP", UNREACHED)


def test_no_time_left_is_said_and_not_overrun():
    def speak(peer: socket.socket) -> None:
        peer.recv(10_000)
        peer.recv(10_000)

    with talk(speak) as site:
        result = prescan_of(site.url, SignIn(SignInMethod.HEADER, secret="Bearer token-1"), seconds=0.5)
    assert_failed_at(result, "HTTP", UNREACHED)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "does not speak HTTP"),
        (b"", "closed the connection before its answer was complete"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
            "closed the connection before its answer was complete",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, "does not speak HTTP"),
    ],
)
def test_what_is_not_an_http_answer_is_told(said, cause):
    def speak(peer: socket.socket) -> None:
        peer.recv(10_000)
        peer.sendall(said)

    with talk(speak) as site:
        result = prescan_of(site.url)
    assert_failed_at(result, "HTTP", UNREACHED)
    assert cause in result.cause


def test_the_user_agent_is_sent_in_one_line():
    with serve(sites.plain) as site:
        prescan_of(site.url, user_agent="Our scanner\r\nX-Injected: yes")
        assert site.asked[0].headers["user-agent"] == "Our scannerX-Injected: yes"
        assert "x-injected" not in site.asked[0].headers


def test_an_ipv6_target_is_reached():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:

        def answer() -> None:
            for _ in range(2):
                peer, _address = listener.accept()
                with peer:
                    if heard := peer.recv(10_000):
                        seen.append(heard)
                        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        seen: list[bytes] = []
        threading.Thread(target=answer, daemon=True).start()
        port = listener.getsockname()[1]
        result = prescan_of(f"http://[::1]:{port}/", allowed=("::1",))
    assert result.failure is None, result.cause
    assert f"Host: [::1]:{port}".encode() in seen[0]


def test_hostile_pages_are_harmless():
    hostile = "<title></title><script>alert(1)</script><![<!--<form><input type=password name=a <a " * 100
    with serve(sites.always(Answer(hostile))) as site:
        result = prescan_of(f"{site.url}?<script>alert(1)</script>")
    assert result.failure is None
    assert not any("<" in step.cause + step.advice for step in result.steps)
