"""Whose tries are counted together: where a request comes from, as a web server in front of Vedette writes it."""

import pytest

from dashboard.accounts.addresses import address_of, network_of

HERE = "198.51.100.1"


@pytest.fixture
def seen(settings, rf):
    """What is read from a header X-Forwarded-For, with `read`, behind a web server at HERE."""
    settings.BEHIND_PROXY = True

    def seen(written: str, read=address_of) -> str:
        return read(rf.get("/", REMOTE_ADDR=HERE, headers={"X-Forwarded-For": written}))

    return seen


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:555", "203.0.113.9"),
        ("[2001:db8::1]:55", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8::1%eth0", "2001:db8::1"),
        ("10.0.0.1, 203.0.113.9:555", "203.0.113.9"),
        ("10.0.0.1:1,203.0.113.9 ", "203.0.113.9"),
    ],
)
def test_the_last_address_counts_with_or_without_a_port(seen, written, address):
    assert seen(written) == address


@pytest.mark.parametrize(
    "written",
    [
        *("", "unknown", "203.0.113.9,", "203.0.113.9:", "203.0.113.9:x", "[203.0.113.9", "[]:5", "[%]", "_hidden"),
        *("1:2:3", "203.0.113.9:123456", "203.0.113.999:5", "\N{FULLWIDTH DIGIT ONE}.2.3.4:5", "<script>"),
    ],
)
def test_what_cannot_be_read_counts_as_the_web_server(seen, written):
    assert seen(written) == HERE


def test_of_ipv6_the_network_is_counted_also_with_a_port(seen):
    assert seen("[2001:db8:1:2::7]:55", network_of) == "2001:db8:1:2::"


def test_without_a_web_server_in_front_the_header_says_nothing(settings, rf):
    settings.BEHIND_PROXY = False
    assert address_of(rf.get("/", REMOTE_ADDR=HERE, headers={"X-Forwarded-For": "203.0.113.9"})) == HERE


def test_a_request_without_an_address_is_from_this_machine(rf):
    assert address_of(rf.get("/", REMOTE_ADDR="")) == "127.0.0.1"
