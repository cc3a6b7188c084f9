"""How addresses are read, what nobody can allow, and what belongs to a scan. Patterns: test_target_patterns.py."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.targets import (
    InvalidTarget,
    address_refusal,
    in_scope,
    join,
    parse_target,
    refusal,
    validate_pattern,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("http://shop.example.com", "http://shop.example.com/"),
        ("HTTPS://Shop.Example.COM:443/A", "https://shop.example.com/A"),
        ("http://shop.example.com.:8080/", "http://shop.example.com:8080/"),
        ("http://shop.example.com:080/", "http://shop.example.com/"),
        ("http://shop.example.com?q=1#top", "http://shop.example.com/?q=1"),
        ("http://h/a/./b/../c/%2e%2E/d", "http://h/a/d"),
        ("http://h/../..", "http://h/"),
        ("http://h/%7euser/%e4?ü=%", "http://h/~user/%E4?%C3%BC=%25"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://１２７.０.０.１/", "http://127.0.0.1/"),
        ("http://a。b/", "http://a.b/"),
        ("http://my_host/", "http://my_host/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://[0:0::0:1]/", "http://[::1]/"),
        ("http://[::ffff:127.0.0.1]:81/", "http://127.0.0.1:81/"),
        ("http://[::ffff:7f00:1]/", "http://127.0.0.1/"),
    ],
)
def test_every_spelling_has_one_normal_form(written, normal):
    assert parse_target(written).url == normal


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "must begin with http"),
        ("shop.example.com", "must begin with http"),
        ("//shop.example.com", "must begin with http"),
        ("ftp://shop.example.com/", "must begin with http"),
        ("javascript:alert(1)", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("http:/shop.example.com", "must begin with http"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://?q", "names no host"),
        ("http://:80/", "names no host"),
        ("http://./", "names no host"),
        ("http://alice:secret@shop.example.com/", "user name and password"),
        ("http://shop.example.com@evil.example/", "user name and password"),
        ("http://shop.example.com\\@evil.example/", "backslash"),
        ("http:\\\\shop.example.com", "backslash"),
        ("http://shop.example.com/a b", "space or an invisible"),
        (" http://shop.example.com/", "space or an invisible"),
        ("http://shop.example.com/\n", "space or an invisible"),
        ("http://shop.example.com/\r\nHost: x", "space or an invisible"),
        ("http://shop\t.example.com/", "space or an invisible"),
        ("http://shop.example.com/\0", "space or an invisible"),
        ("http://shop.example.com/\u202e", "space or an invisible"),
        ("http://shop.example.com:0/", "port"),
        ("http://shop.example.com:65536/", "port"),
        ("http://shop.example.com:8o/", "port"),
        ("http://shop.example.com:٣/", "port"),
        ("http://shop.example.com:/", "port"),
        ("http://shop.example.com:80:80/", "cannot be read"),
        ("http://[shop.example.com]/", "not an IPv6 address"),
        ("http://[127.0.0.1]/", "not an IPv6 address"),
        ("http://[fe80::1%25eth0]/", "not an IPv6 address"),
        ("http://[::1/", "cannot be read"),
        ("http://::1/", "cannot be read"),
        ("http://2130706433/", "four numbers"),
        ("http://0x7f000001/", "four numbers"),
        ("http://0x7f.1/", "four numbers"),
        ("http://0177.0.0.1/", "four numbers"),
        ("http://017700000001/", "four numbers"),
        ("http://127.1/", "four numbers"),
        ("http://127.0.0.1.1/", "four numbers"),
        ("http://127.0.0.256/", "four numbers"),
        ("http://shop..example.com/", "not the name of a host"),
        ("http://-shop.example.com/", "not the name of a host"),
        ("http://shop%2eexample.com/", "not the name of a host"),
        ("http://*.example.com/", "not the name of a host"),
        ("http://" + "a" * 64 + ".example/", "not the name of a host"),
        ("http://" + "a." * 127 + "example/", "not the name of a host"),
        ("http://shop.example.com/" + "a" * 2000, "2,000 characters"),
        ("http://shop.example.com/" + "ü" * 1000, "2,000 characters"),
    ],
)
def test_what_is_no_address_says_why(written, message):
    with pytest.raises(InvalidTarget, match=message):
        parse_target(written)
    assert refusal(written, ("shop.example.com", "*.example.com", "127.0.0.0/8"))


LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


@given(HOST, st.integers(1, 65535), st.text(max_size=40), st.sampled_from(["http", "https"]))
@settings(max_examples=150, deadline=None)
def test_reading_the_normal_form_changes_nothing(host, port, path, scheme):
    try:
        address = parse_target(f"{scheme}://{host}:{port}/{path}")
    except InvalidTarget:
        return
    assert parse_target(address.url) == address
    assert (address.host, address.port) == (host, port)
    assert address.url.isascii()


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_address_or_refused_in_words(text):
    for candidate in (text, f"http://{text}", f"http://{text}/"):
        address, message = read_by(parse_target, candidate)
        assert message.endswith(".") if address is None else parse_target(address.url) == address
    pattern, message = read_by(validate_pattern, text)
    assert message.endswith((".", "?")) if pattern is None else validate_pattern(pattern) == pattern


def read_by(reader, text):
    """What the reader makes of a text, or its message."""
    try:
        return reader(text), ""
    except InvalidTarget as error:
        return None, str(error)


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def _spellings(ip: ipaddress.IPv4Address) -> list[str]:
    a, b, c, d = ip.packed
    number = int(ip)
    return [
        str(ip), f"{ip}.", str(number), hex(number), f"0{number:o}", f"{a}.{b}.{c * 256 + d}",
        f"{a}.{(b << 16) + (c << 8) + d}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"[::ffff:{ip}]", f"[::ffff:{a * 256 + b:x}:{c * 256 + d:x}]", f"[64:ff9b::{ip}]",
        f"[2002:{a * 256 + b:x}:{c * 256 + d:x}::1]", f"[::{ip}]", str(ip).translate(FULL_WIDTH),
        str(ip).replace(".", "。"), str(ip).replace(".", "%2e"),
    ]  # fmt: skip


@given(st.sampled_from(["127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"]), st.data())
@settings(max_examples=150, deadline=None)
def test_no_spelling_gets_round_what_is_never_scanned(network, data):
    ip = data.draw(st.ip_addresses(network=network))
    for spelling in _spellings(ip):
        assert refusal(
            f"http://{spelling}/", ("10.0.0.0/8", "*.example.com", "::/1", "8000::/1", "128.0.0.0/1", "0.0.0.0/1")
        )


OWN = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "own", "is_own"),
    [
        ("http://127.0.0.1:8000/", OWN, True),
        ("https://127.0.0.1:8000/", OWN, True),
        ("http://localhost:8000/", OWN, True),
        ("http://127.8.9.1:8000/", OWN, True),
        ("http://[::1]:8000/", OWN, True),
        ("http://[::ffff:127.0.0.1]:8000/", OWN, True),
        ("http://127.0.0.1:8001/", OWN, False),
        ("https://vedette.example.com/", "https://Vedette.example.com", True),
        ("http://vedette.example.com:443/", "https://vedette.example.com", True),
        ("https://vedette.example.com:8443/", "https://vedette.example.com", False),
        ("https://other.example.com/", "https://vedette.example.com", False),
    ],
)
def test_the_products_own_address_is_always_refused(url, own, is_own):
    patterns = ("127.0.0.0/8", "::1", "localhost", "*.example.com")
    assert ("Vedette itself" in refusal(url, patterns, own)) is is_own


def test_a_name_that_leads_to_the_product_is_refused_by_its_address():
    shop = parse_target("http://shop.example.com:8000/")
    patterns = ("shop.example.com", "127.0.0.1")
    assert "Vedette itself" in address_refusal("127.0.0.1", shop, patterns, OWN)
    assert address_refusal("127.0.0.1", parse_target("http://shop.example.com:8001/"), patterns, OWN) == ""


@pytest.mark.parametrize(
    ("ip", "url", "patterns", "allowed"),
    [
        # Public addresses follow the name.
        ("93.184.216.34", "http://shop.example.com/", ("shop.example.com",), True),
        ("93.184.216.34", "http://shop.example.com/", ("*.example.com",), True),
        ("2606:2800::1", "http://shop.example.com/", ("*.example.com",), True),
        # Private networks need the exact host, or a network around the address.
        ("10.1.2.3", "http://shop.example.com/", ("shop.example.com",), True),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com",), False),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com", "10.1.0.0/16"), True),
        ("10.2.2.3", "http://shop.example.com/", ("*.example.com", "10.1.0.0/16"), False),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com", "other.example.com"), False),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com", "shop.example.com:8080"), False),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com", "10.1.2.3:8080"), False),
        ("fd12::1", "http://shop.example.com/", ("*.example.com",), False),
        ("100.64.0.1", "http://shop.example.com/", ("*.example.com",), False),
        ("192.0.2.1", "http://shop.example.com/", ("*.example.com",), False),
        # An IPv4 address in another coat is judged as what it leads to.
        ("::ffff:10.1.2.3", "http://shop.example.com/", ("*.example.com",), False),
        ("64:ff9b::a01:203", "http://shop.example.com/", ("*.example.com",), False),
        ("2002:a01:203::1", "http://shop.example.com/", ("*.example.com",), False),
        ("64:ff9b::5db8:d822", "http://shop.example.com/", ("*.example.com",), True),
        ("::ffff:127.0.0.1", "http://shop.example.com/", ("shop.example.com",), False),
        ("::127.0.0.1", "http://shop.example.com/", ("shop.example.com", "127.0.0.0/8"), False),
        # Of a network, its ports only.
        ("10.1.2.3", "http://shop.example.com:8050/", ("*.example.com", "10.1.0.0/16:8000-8100"), True),
        ("10.1.2.3", "http://shop.example.com/", ("*.example.com", "10.1.0.0/16:8000-8100"), False),
        ("fd12::1", "http://shop.example.com:8443/", ("*.example.com", "[fd00::/8]:8443"), True),
        ("fd12::1", "http://shop.example.com/", ("*.example.com", "[fd00::/8]:8443"), False),
        # Loopback only where a pattern names it.
        ("127.0.0.1", "http://shop.example.com/", ("shop.example.com",), False),
        ("127.0.0.1", "http://shop.example.com/", ("*.example.com", "0.0.0.0/1"), False),
        ("127.0.0.1", "http://shop.example.com/", ("shop.example.com", "127.0.0.1"), True),
        ("127.0.0.1", "http://shop.example.com:6379/", ("shop.example.com", "127.0.0.1:8001"), False),
        ("127.0.0.1", "http://shop.example.com/", ("shop.example.com", "localhost"), False),
        ("127.0.0.1", "http://localhost/", ("localhost",), True),
        ("::1", "http://localhost/", ("localhost",), True),
        ("127.0.0.1", "http://shop.localhost/", ("*.localhost",), True),
        ("::1", "http://shop.example.com/", ("shop.example.com",), False),
        # Never.
        ("169.254.169.254", "http://shop.example.com/", ("shop.example.com", "169.254.0.0/16"), False),
        ("::ffff:169.254.169.254", "http://shop.example.com/", ("shop.example.com",), False),
        ("64:ff9b::a9fe:a9fe", "http://shop.example.com/", ("shop.example.com",), False),
        ("168.63.129.16", "http://shop.example.com/", ("shop.example.com",), False),
        ("fe80::1%eth0", "http://shop.example.com/", ("shop.example.com",), False),
        ("0.0.0.0", "http://shop.example.com/", ("shop.example.com", "0.0.0.0/8"), False),
        ("0.1.2.3", "http://shop.example.com/", ("shop.example.com", "0.0.0.0/8"), False),
        ("::", "http://shop.example.com/", ("shop.example.com",), False),
        ("ff02::1", "http://shop.example.com/", ("shop.example.com",), False),
        ("fec0::1", "http://shop.example.com/", ("shop.example.com", "fec0::/10"), False),
        ("fd00:ec2::254", "http://shop.example.com/", ("shop.example.com", "fd00::/8"), False),
        ("255.255.255.255", "http://shop.example.com/", ("shop.example.com",), False),
    ],
)  # fmt: skip
def test_what_a_name_leads_to_is_judged_on_its_own(ip, url, patterns, allowed):
    assert (address_refusal(ip, parse_target(url), patterns) == "") is allowed


# --- Scope and references -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "url", "inside"),
    [
        ("folder", "http://h/shop/", True),
        ("folder", "http://h/shop/a/b?c", True),
        ("folder", "http://h/shop", False),
        ("folder", "http://h/shopping/", False),
        ("folder", "http://h/shop/../admin", False),
        ("folder", "http://h/shop/%2e%2e/admin", False),
        ("folder", "https://h/shop/", False),
        ("folder", "http://h:81/shop/", False),
        ("directory", "http://h/shop/", True),
        ("directory", "http://h/shop/list?back=/admin/", True),
        ("directory", "http://h/shop/cart/", False),
        ("directory", "http://h/shop/cart/list", False),
        ("directory", "http://h/shop", False),
        ("directory", "http://h/shopping/", False),
        ("directory", "https://h/shop/list", False),
        ("page", "http://h/shop/index.php?a=1", True),
        ("page", "http://h/shop/", False),
        ("domain", "https://h:8443/admin", True),
        ("domain", "http://sub.h/shop/", False),
    ],
)
def test_the_scope_decides_what_belongs_to_a_scan(scope, url, inside):
    assert in_scope(parse_target(url), parse_target("http://h/shop/index.php"), scope) is inside


def test_references_are_read_from_their_page():
    page = parse_target("http://h/shop/login?next=/")
    assert join(page, "check").url == "http://h/shop/check"
    assert join(page, "//other/x y").url == "http://other/x%20y"
    for reference in ("mailto:a@b", "http://[::1", "ht\ttp://h\\x/", "data:text/html,x"):
        with pytest.raises(InvalidTarget):
            join(page, reference)
