"""Where hooks may be, and how much of whatever is there is listened to."""

import time

import pytest

from notifications import hook_addresses, hook_connection
from notifications.hook_connection import NotHeard, Refused
from tests.notifications.receiver import Receiver, plain
from tests.targets import certificates


@pytest.fixture
def leads_to(monkeypatch):
    """What names lead to, as a name server of the test's would say; numbers are themselves."""

    def says(*ips: str) -> None:
        def getaddrinfo(host, port, *_args, **_more):
            return [(2, 1, 6, "", (ip, port)) for ip in ips]

        monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)

    return says


def post(address: str):
    return hook_connection.post(address, b"{}", "", "key")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://chat.example.test/x", "Only https"),
        ("ftp://chat.example.test/x", "must begin with https://"),
        ("file:///etc/passwd", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://user:pass@chat.example.test/", "must not contain a user"),
        ("https://chat.example.test/#x", "must not contain a user"),
        ("https://chat.example.test/ x", "spaces"),
        ("https://chat.example.test/\r\nX: y", "spaces"),
        ("https://chat.example.test:99999/", "not an address"),
        ("https://[::1/", "not an address"),
        ("chat.example.test", "must begin with https://"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address, why):
    with pytest.raises(Refused, match=why):
        hook_addresses.parsed(address)


@pytest.mark.parametrize(
    "ip",
    [
        "169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
        "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:169.254.169.254",
        "::ffff:100.100.100.200", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "127.0.0.1", "127.9.9.9", "::1",
        "::ffff:127.0.0.1",
    ],
)  # fmt: skip
def test_what_hands_out_credentials_and_this_machine_are_never_told(leads_to, ip):
    leads_to("10.1.2.3", ip)
    with pytest.raises(Refused):
        post("https://chat.example.test/x")


@pytest.mark.parametrize("ip", ["169.254.169.254", "0.0.0.0"])
def test_not_even_where_the_host_is_permitted(leads_to, settings, ip):
    settings.HOOK_HOSTS = ["chat.example.test", ip]
    leads_to(ip)
    for host in ("chat.example.test", ip):
        with pytest.raises(Refused):
            post(f"http://{host}/x")


@pytest.mark.parametrize("ip", ["10.1.2.3", "192.168.1.1", "93.184.216.34", "fd12::1"])
def test_chat_servers_inside_are_not_refused(ip):
    hook_addresses.judge(hook_addresses.parsed("https://chat.example.test/x"), ip)


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        ("https://vedette.example.test/x", "10.0.0.5"),
        ("https://other-name.example.test/x", "10.0.0.5"),
        ("https://other-name.example.test:8000/x", "127.0.0.1"),
    ],
)
def test_the_product_itself_is_never_told(leads_to, settings, address, ip):
    settings.SITE_URL = "https://vedette.example.test"
    settings.HOOK_HOSTS = ["vedette.example.test", "other-name.example.test"]
    leads_to(ip)
    with pytest.raises(Refused, match="Vedette itself"):
        post(address)


def test_nor_by_its_name_where_that_cannot_be_looked_up_here(settings):
    settings.SITE_URL = "https://vedette.example.test"
    with pytest.raises(Refused, match="Vedette itself"):
        hook_addresses.judge(hook_addresses.parsed("https://vedette.example.test/x"), "10.0.0.5")


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_judged(receiver, settings, monkeypatch):
    """A name server that says something else the second time gains nothing."""
    asked = []

    def getaddrinfo(host, port, *_args, **_more):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if asked.count(host) == 1 else "169.254.169.254", port))]

    settings.HOOK_HOSTS = ["chat.example.test"]
    settings.SITE_URL = "https://vedette.example.test"
    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    assert post(f"http://chat.example.test:{receiver.port}/x").status == 200
    assert asked.count("chat.example.test") == 1
    assert receiver.heard[0].headers["Host"] == f"chat.example.test:{receiver.port}"


def test_of_an_endless_answer_only_the_beginning_is_read(receiver):
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while len(sent) < 10_000:
                handler.wfile.write(b"x" * 65536)
                sent.append(1)
        except OSError:
            pass

    receiver.answers = [endless]
    assert len(post(receiver.address).words) == hook_connection.ANSWER_BYTES
    assert len(sent) < 1000


def test_an_answer_that_drips_is_not_waited_for(receiver, monkeypatch):
    monkeypatch.setattr(hook_connection, "WHOLE_SECONDS", 1.0)

    def dripping(handler):
        try:
            for _drop in range(300):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    receiver.answers = [dripping]
    with pytest.raises(NotHeard, match="No answer within 1 s"):
        post(receiver.address)


@pytest.mark.parametrize("answer", [b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 9999 x\r\n\r\n", b""])
def test_an_answer_that_is_none_is_not_heard(receiver, answer):
    receiver.answers = [lambda handler: handler.wfile.write(answer)]
    with pytest.raises(NotHeard):
        post(receiver.address)


def test_an_error_does_not_say_the_address(receiver, settings):
    settings.HOOK_HOSTS = ["127.0.0.1:9", receiver.host]
    with pytest.raises(NotHeard) as refused:
        post("http://127.0.0.1:9/services/token-that-is-secret")
    assert str(refused.value) == "The connection was refused"
    with pytest.raises(NotHeard) as not_tls:
        post(receiver.address.replace("http:", "https:"))
    assert str(not_tls.value) == "No TLS connection could be made"


@pytest.fixture
def secure(tmp_path, monkeypatch, settings, leads_to):
    """A chat server with a certificate of an authority that this machine trusts."""
    authority = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    receiver = Receiver(authority.context("chat.example.test"))
    settings.HOOK_HOSTS = ["chat.example.test", "other.example.test"]
    settings.SITE_URL = "https://vedette.example.test"
    leads_to("127.0.0.1")
    yield receiver
    receiver.close()


def test_over_https_the_certificate_is_that_of_the_name(secure):
    assert post(f"https://chat.example.test:{secure.port}/x").status == 200
    with pytest.raises(NotHeard, match="certificate is not trusted"):
        post(f"https://other.example.test:{secure.port}/x")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secure, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotHeard, match="certificate is not trusted"):
        post(f"https://chat.example.test:{secure.port}/x")
    assert secure.heard == []


def test_an_answer_is_heard_as_it_is(receiver):
    receiver.answers = [plain(418, b"no")]
    assert (post(receiver.address).status, post(receiver.address).words) == (418, "heard")
