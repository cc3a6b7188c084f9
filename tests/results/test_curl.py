"""A request as a command: what a shell makes of it is what was sent, whatever a site had written into it."""

import subprocess

import pytest

from analyses.curl import curl
from analyses.lifecycle.results import KEPT_EVIDENCE

POST = (
    "POST /comments?next=/ HTTP/1.1\nhost: shop.test\nCookie: session=•••\nContent-Length: 12\n"
    "Content-Type: application/x-www-form-urlencoded\n\ntext=it's&x=1"
)
HOSTILE = '\'; touch /tmp/owned; $(id) `id` "!!" \\ @/etc/passwd'


def words_of(command: str) -> list[str]:
    """What a real shell hands to curl; nothing else may run."""
    told = """curl() { printf '%s\\0' "$@"; }\n"""
    done = subprocess.run(["sh", "-c", told + command], capture_output=True, check=True, timeout=10)
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


def test_it_makes_the_request_as_it_was():
    assert words_of(curl("https://shop.test/comments", POST)) == [
        "--include", "--globoff", "--path-as-is", "--request", "POST", "https://shop.test/comments?next=/",
        "--header", "Cookie: session=•••", "--header", "Content-Type: application/x-www-form-urlencoded",
        "--data-raw", "text=it's&x=1",
    ]  # fmt: skip


def test_what_a_shell_would_run_is_text():
    request = (
        f"GET /?q={HOSTILE.replace(' ', '%20')} HTTP/1.1\nX-Told: {HOSTILE}\n{HOSTILE}: 1\n\n{HOSTILE}\nsecond line"
    )
    words = words_of(curl("http://shop.test/", request))
    assert words[5:] == [
        f"http://shop.test/?q={HOSTILE.replace(' ', '%20')}",
        "--header", f"X-Told: {HOSTILE}",
        "--data-raw", f"{HOSTILE}\nsecond line",
    ]  # fmt: skip


def test_another_host_than_the_address_has_is_sent():
    assert "--header 'Host: evil.test'" in curl("http://shop.test/", "GET / HTTP/1.1\nHost: evil.test")


@pytest.mark.parametrize(
    ("url", "request_"),
    [
        ("http://shop.test/", ""),
        ("http://shop.test/", "not a request"),
        ("http://shop.test/", "GET elsewhere HTTP/1.1"),
        ("file:///etc/passwd", "GET / HTTP/1.1"),
        ("http://shop.test/", "GET / HTTP/1.1\nX: \x1b[2J"),
        ("http://shop.test/", "GET /\u202e HTTP/1.1"),
        ("http://shop.test/", "POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=x\n\nx"),
        ("http://shop.test/", f"POST / HTTP/1.1\n\n{'a' * KEPT_EVIDENCE}"),
    ],
)
def test_what_is_not_known_in_full_or_would_mislead_is_no_command(url, request_):
    assert curl(url, request_) == ""
