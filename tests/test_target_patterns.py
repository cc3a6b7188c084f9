"""What administrators can allow: how patterns are read, and which addresses they let through."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.targets import InvalidTarget, refusal, validate_pattern
from tests.test_targets import HOST, read_by


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Shop.Example.com ", "shop.example.com"),
        ("shop.example.com:8080", "shop.example.com:8080"),
        ("*.Example.com.", "*.example.com"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("10.1.2.3:8080", "10.1.2.3:8080"),
        ("10.1.0.0/16", "10.1.0.0/16"),
        ("10.1.2.3/32", "10.1.2.3"),
        ("FD00::/8", "fd00::/8"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("localhost:8001", "localhost:8001"),
        ("Shop.example.com:8000-8100", "shop.example.com:8000-8100"),
        ("*.example.com:08000-08000", "*.example.com:8000"),
        ("10.1.2.3:1-65535", "10.1.2.3:1-65535"),
        ("10.1.0.0/16:8080", "10.1.0.0/16:8080"),
        ("10.1.0.0/16:8000-8100", "10.1.0.0/16:8000-8100"),
        ("[FD00::/8]", "fd00::/8"),
        ("[FD00::/8]:8000-8100", "[fd00::/8]:8000-8100"),
        ("[2001:DB8::1]:8000-8100", "[2001:db8::1]:8000-8100"),
        ("10.1.2.3/32:80", "10.1.2.3:80"),
        ("[fd00::1/128]:80", "[fd00::1]:80"),
    ],
)
def test_a_pattern_has_one_normal_form(written, normal):
    assert validate_pattern(written) == normal
    assert validate_pattern(normal) == normal


NETWORK = st.builds(
    lambda ip, bits: ipaddress.ip_network((ip, bits % (ip.max_prefixlen - 1) + 1), strict=False),
    st.ip_addresses(),
    st.integers(0),
)
PORT = st.integers(1, 65535)


@given(st.one_of(HOST, HOST.map("*.{}".format), NETWORK.map(str)), PORT, PORT, PORT)
@settings(max_examples=300, deadline=None)
def test_a_pattern_with_ports_is_the_one_without_them_at_these_ports(spot, one, other, asked):
    """Whatever is allowed with ports is allowed without them, and nothing is but at these."""
    first, last = sorted((one, other))
    pattern = validate_pattern(f"[{spot}]:{first}-{last}" if ":" in spot else f"{spot}:{first}-{last}")
    assert validate_pattern(pattern) == pattern
    if "/" in spot:
        host = ipaddress.ip_network(spot)[-1]
        url = f"http://[{host}]:{asked}/" if host.version == 6 else f"http://{host}:{asked}/"
    else:
        url = f"http://{spot.replace('*', 'a')}:{asked}/"
    with_ports, without = refusal(url, (pattern,)), refusal(url, (spot,))
    assert with_ports == without if first <= asked <= last else with_ports


@given(st.from_regex(r"[\[\]a-f0-9.:/*-]{1,30}", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_what_looks_like_a_pattern_is_one_in_its_normal_form_or_refused_in_words(text):
    pattern, message = read_by(validate_pattern, text)
    assert message.endswith((".", "?")) if pattern is None else validate_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "names no host"),
        ("*", "not the name of a host"),
        ("*.", "names no host"),
        ("shop.*.com", "not the name of a host"),
        ("*.10.1.0.0", "below an IP address"),
        ("http://shop.example.com/", "host only"),
        ("shop.example.com/path", "host only"),
        ("alice@shop.example.com", "host only"),
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("10.1.2.3/16", "Did you mean 10.1.0.0/16"),
        ("10.1.0.0/33", "not a network"),
        ("10.1.0.0/255", "not a network"),
        ("0x7f.1", "four numbers"),
        ("shop.example.com:99999", "port"),
        ("shop.example.com:8100-8000", "port"),
        ("shop.example.com:0-80", "port"),
        ("shop.example.com:80-65536", "port"),
        ("shop.example.com:80-", "port"),
        ("shop.example.com:-80", "port"),
        ("shop.example.com:80-90-99", "port"),
        ("shop.example.com:80,90", "port"),
        ("shop.example.com:٣-٤", "port"),
        ("10.1.0.0/16:", "port"),
        ("10.1.2.3/16:80", "Did you mean 10.1.0.0/16"),
        ("0.0.0.0/0:80", "every address"),
        ("[::/0]:80", "every address"),
        ("::1:8000-8100", "not an IPv6 address"),
        ("fd00::/8:8000", "host only"),
        ("[fd00::/8", "host only"),
        ("[10.1.0.0/16]:80", "host only"),
        ("*.10.1.0.0/16:80", "host only"),
        ("shop example", "space"),
        ("shop\n", None),
    ],
)
def test_what_is_no_pattern_says_why(written, message):
    if message is None:
        assert validate_pattern(written) == "shop"
        return
    with pytest.raises(InvalidTarget, match=message):
        validate_pattern(written)


@pytest.mark.parametrize(
    ("url", "patterns", "allowed"),
    [
        ("http://shop.example.com/a?b", ("shop.example.com",), True),
        ("https://shop.example.com:8443/", ("shop.example.com",), True),
        ("https://shop.example.com:8443/", ("shop.example.com:8443",), True),
        ("https://shop.example.com/", ("shop.example.com:8443",), False),
        ("https://shop.example.com/", ("shop.example.com:443",), True),
        ("http://SHOP.example.com./", ("shop.EXAMPLE.com",), True),
        ("http://ashop.example.com/", ("shop.example.com",), False),
        ("http://shop.example.com.evil.example/", ("shop.example.com", "*.example.com"), False),
        ("http://shop.example.com/", ("*.example.com",), True),
        ("http://a.b.example.com/", ("*.example.com",), True),
        ("http://example.com/", ("*.example.com",), False),
        ("http://badexample.com/", ("*.example.com",), False),
        ("http://10.1.2.3/", ("10.1.0.0/16",), True),
        ("http://10.2.2.3/", ("10.1.0.0/16",), False),
        ("http://10.1.2.3:8080/", ("10.1.2.3:8080",), True),
        ("http://10.1.2.3/", ("10.1.2.3:8080",), False),
        ("http://[::ffff:10.1.2.3]/", ("10.1.2.3",), True),
        ("http://[fd00::1]/", ("fd00::/8",), True),
        ("http://[2001:4860::1]:81/", ("[2001:4860::1]:81",), True),
        ("http://intranet/", ("10.0.0.0/8",), False),
        ("http://127.0.0.1:8001/", ("127.0.0.1:8001",), True),
        ("http://127.0.0.1:6379/", ("127.0.0.1:8001",), False),
        ("http://127.9.9.9/", ("127.0.0.0/8",), True),
        ("http://127.0.0.1/", ("64.0.0.0/2",), False),
        ("http://[::1]/", ("::1",), True),
        ("http://[::1]/", ("::/8",), False),
        ("http://169.254.169.254/", ("169.254.169.254", "169.254.0.0/16"), False),
        ("http://100.100.100.200/", ("100.100.100.200",), False),
        ("http://[fd00:ec2::254]/", ("fd00::/8", "fd00:ec2::254"), False),
        ("http://0.0.0.0/", ("0.0.0.0", "0.0.0.0/8"), False),
        ("http://224.0.0.1/", ("224.0.0.1",), False),
        ("http://255.255.255.255/", ("255.255.255.255",), False),
        ("http://[fe80::1]/", ("fe80::/10",), False),
        ("http://[::]/", ("::",), False),
        ("http://shop.example.com:8000/", ("shop.example.com:8000-8100",), True),
        ("http://shop.example.com:8100/", ("shop.example.com:8000-8100",), True),
        ("http://shop.example.com:7999/", ("shop.example.com:8000-8100",), False),
        ("http://shop.example.com:8101/", ("shop.example.com:8000-8100",), False),
        ("http://shop.example.com/", ("shop.example.com:8000-8100",), False),
        ("https://a.example.com/", ("*.example.com:443-444",), True),
        ("http://a.example.com/", ("*.example.com:443-444",), False),
        ("http://10.1.2.3:8050/", ("10.1.0.0/16:8000-8100",), True),
        ("http://10.1.2.3/", ("10.1.0.0/16:8000-8100",), False),
        ("http://10.2.2.3:8050/", ("10.1.0.0/16:8000-8100",), False),
        ("http://[fd00::1]:8443/", ("[fd00::/8]:8443",), True),
        ("http://[fd00::1]:8444/", ("[fd00::/8]:8443",), False),
        ("http://127.0.0.1:6379/", ("127.0.0.0/8:8000-8100",), False),
        ("http://169.254.169.254/", ("169.254.0.0/16:80-81",), False),
        ("http://shop.example.com/", (), False),
        ("http://shop.example.com/", ("not a pattern", "http://shop.example.com", "*"), False),
    ],
)
def test_patterns_allow_what_they_name_and_nothing_else(url, patterns, allowed):
    assert (refusal(url, patterns) == "") is allowed


def test_a_refusal_names_the_host_and_who_can_help():
    assert refusal("https://Shop.example.com/a?token=1", ("other.example.com",)) == (
        "shop.example.com is not among the allowed targets. An administrator can add it."
    )
