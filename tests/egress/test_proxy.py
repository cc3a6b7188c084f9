"""The egress proxy: whom it serves, where it leads, and when it ends what it carries."""

import socket
import threading

import pytest

from analyses.egress import proxy as module
from analyses.egress.bounds import Bounds
from analyses.egress.guard import NotFound
from analyses.targets import AllowedNow, parse_target
from tests.prescan.conftest import canary, names
from tests.targets import sites
from tests.targets.serving import Answer, closed_port, serve
from tests.targets.serving import talk as listening

__all__ = ["canary", "names"]  # fixtures
LOOPBACK = ("127.0.0.0/8",)
GET = b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"


def test_a_tunnel_leads_to_a_spot_of_the_scan_and_carries_bytes_as_they_are(opened, talk):
    with serve(sites.plain) as site:
        line = talk(opened(site.url))
        assert line.tunnel(site.spot) == 200
        line.send(GET)
        assert line.rest().startswith(b"HTTP/1.1 200")
    assert site.asked[0].headers == {"host": "shop", "connection": "close"}


def test_a_plain_request_is_sent_on_without_what_is_for_the_proxy(opened, talk):
    with serve(lambda asked: Answer(asked.body or "nothing")) as site:
        line = talk(opened(site.url))
        said = line.ask(
            f"POST {site.url}a/../b%2f?x=%41 HTTP/1.1", "Proxy-Connection: keep-alive", "Connection: X-Hop", "X-Hop: 1",
            "Cookie: a=b", "Content-Length: 5", body=b"hello",
        )  # fmt: skip
        assert said == "HTTP/1.1 200 OK"
    [asked] = site.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("POST", "/a/../b%2f", {"x": "A"}, b"hello")
    assert asked.headers == {"host": site.spot, "cookie": "a=b", "content-length": "5", "connection": "close"}


def test_of_a_request_in_parts_only_the_parts_are_sent_on(opened, talk):
    body = b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\nHost: evil.test\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        spot = f"127.0.0.1:{listening.getsockname()[1]}"
        line = talk(opened(f"http://{spot}/"))
        head = f"POST http://{spot}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{line.credentials}\r\n"
        line.send(head.encode() + body)
        target, _ = listening.accept()
        with target:
            heard = b""
            while not heard.endswith(b"0\r\n\r\n") and (more := target.recv(65_536)):
                heard += more
                if b"evil.test" in heard:
                    break
    assert heard.partition(b"\r\n\r\n")[2] == b"3\r\nabc\r\n0\r\n\r\n"


def test_an_answer_without_a_length_comes_whole(opened, talk):
    with serve(sites.always(Answer([b"one ", b"two ", b"three"]))) as site:
        line = talk(opened(site.url))
        line.send(f"GET {site.url} HTTP/1.1\r\nHost: x\r\n{line.credentials}\r\n".encode())
        said = line.rest()
    assert all(word in said for word in (b"200", b"one ", b"two ", b"three"))
    assert said.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("password", ["", "guessed"])
def test_nobody_gets_through_without_its_password(opened, talk, password):
    with serve(sites.plain) as site:
        proxy = opened(site.url)
        assert talk(proxy, password).tunnel(site.spot) == 407
        assert talk(proxy, password).ask(f"GET {site.url} HTTP/1.1").startswith("HTTP/1.1 407")
        line = talk(proxy)
        line.credentials = ""
        assert line.tunnel(site.spot) == 407
    assert site.asked == []


def test_every_proxy_has_a_password_and_a_port_of_its_own(opened):
    one, other = opened(), opened()
    assert one.password != other.password
    assert one.port != other.port
    assert len(one.password) >= 32


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT http://{spot}/ HTTP/1.1",
        "CONNECT {spot}/ HTTP/1.1",
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT x@{spot} HTTP/1.1",
        "GET / HTTP/1.1",
        "GET {spot} HTTP/1.1",
        "GET https://{spot}/ HTTP/1.1",
        "GET ftp://{spot}/ HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "GET http://x@{spot}/ HTTP/1.1",
        "GET http:/{spot}/ HTTP/1.1",
        "GET http://{spot}\\@other/ HTTP/1.1",
        "connect {spot} HTTP/1.1",
        "nonsense",
    ],
)
def test_what_is_no_request_to_a_proxy_leads_nowhere(opened, talk, line):
    with serve(sites.plain) as site:
        said = talk(opened(site.url)).ask(line.format(spot=site.spot))
        assert said in ("", "HTTP/1.1 400 No")
        assert site.asked == []


def test_a_verb_named_connect_with_an_address_is_no_tunnel(opened, talk):
    """As a scanner sends it that tries every verb."""
    with serve(sites.plain) as site:
        assert talk(opened(site.url)).ask(f"CONNECT {site.url} HTTP/1.1") == "HTTP/1.1 400 No"
    assert site.asked == []


def test_what_is_no_spot_of_the_scan_is_refused_though_it_is_allowed_and_told(opened, talk, canary):
    with serve(sites.plain) as site:
        proxy = opened(site.url)
        assert talk(proxy).tunnel(f"127.0.0.1:{canary.port}") == 403
        assert talk(proxy).ask(f"GET {canary.url} HTTP/1.1") == "", "nothing is answered in a site's place"
        assert talk(proxy).tunnel("sho\\p.test:80") == 400
    assert proxy.told() == f"127.0.0.1:{canary.port} (2), sho\\\\p.test:80 (1)"


def test_of_what_is_refused_few_hosts_are_kept_and_nothing_long(opened, talk, monkeypatch):
    monkeypatch.setattr(module, "MOST_NAMED", 2)
    proxy = opened()
    for number in range(3):
        talk(proxy).tunnel(f"{number}{'x' * 300}:80")
    assert len(proxy.refused) == 2
    assert max(map(len, proxy.refused)) <= 100


def test_a_spot_that_nobody_allows_is_refused(opened, talk):
    with serve(sites.plain) as site:
        assert talk(opened(site.url, allowed=("shop.test",))).tunnel(site.spot) == 403
        assert talk(opened(site.url, own=site.url)).tunnel(site.spot) == 403
    assert site.asked == []


def test_a_name_is_looked_up_once_and_led_to_the_address_that_was_judged(opened, talk, names):
    with serve(sites.plain) as site, serve(sites.plain, host="127.0.0.2") as other:
        names["shop.test"] = [["127.0.0.1"], ["127.0.0.2"]]
        url = f"http://shop.test:{site.port}/"
        proxy = opened(url, allowed=("shop.test", "127.0.0.1"))
        for _ in range(3):
            assert talk(proxy).ask(f"GET {url} HTTP/1.1") == "HTTP/1.1 200 OK"
        assert (len(site.asked), other.asked, names["asked"]) == (3, [], ["shop.test"])


def test_an_address_that_is_known_is_not_looked_up_but_judged(opened, talk, names):
    with serve(sites.plain) as site:
        address = parse_target(f"http://shop.test:{site.port}/")
        known = [(address, ("127.0.0.1",))]
        assert talk(opened(address.url, allowed=("shop.test", "127.0.0.1"), known=known)).tunnel(address.spot) == 200
        assert talk(opened(address.url, allowed=("shop.test",), known=known)).tunnel(address.spot) == 403
    assert names["asked"] == []


def test_one_bad_address_among_good_ones_is_enough(opened, talk, names, canary):
    names["shop.test"] = ["127.0.0.1", "169.254.169.254"]
    url = f"http://shop.test:{canary.port}/"
    assert talk(opened(url, allowed=("shop.test", "127.0.0.1"))).tunnel(f"shop.test:{canary.port}") == 403


def test_what_does_not_answer_is_told_to_who_asks_for_a_tunnel(opened, talk, names):
    port = closed_port()
    proxy = opened(f"http://127.0.0.1:{port}/", "http://nosuch.test/", allowed=(*LOOPBACK, "nosuch.test"))
    assert talk(proxy).tunnel(f"127.0.0.1:{port}") == 502
    assert talk(proxy).tunnel("nosuch.test:80") == 502
    assert talk(proxy).ask(f"GET http://127.0.0.1:{port}/ HTTP/1.1") == ""
    assert proxy.told() == ""


# --- What it ends -----------------------------------------------------------------------------------------------------


def _hangs(over: threading.Event):
    return listening(lambda peer: (peer.recv(1000), over.wait(20)))


@pytest.fixture
def over():
    event = threading.Event()
    yield event
    event.set()


def test_an_approval_that_is_withdrawn_ends_open_tunnels_and_refuses_new_ones(opened, talk, over):
    allowed = AllowedNow(LOOPBACK)
    with _hangs(over) as site, serve(sites.plain) as other:
        proxy = opened(site.url, other.url, allowed=allowed)
        line, kept = talk(proxy), talk(proxy)
        assert (line.tunnel(site.spot), kept.tunnel(other.spot)) == (200, 200)
        allowed.renew((other.spot,))
        assert line.rest() == b""
        assert talk(proxy).tunnel(site.spot) == 403
        kept.send(GET)
        assert kept.rest().startswith(b"HTTP/1.1 200"), "the others go on"
        allowed.renew(())
        assert talk(proxy).tunnel(other.spot) == 403


def test_what_is_silent_for_too_long_is_ended(opened, talk, over):
    with _hangs(over) as site:
        proxy = opened(site.url, bounds=Bounds(idle_seconds=0.1))
        line = talk(proxy)
        assert line.tunnel(site.spot) == 200
        assert line.rest() == b""


def test_who_asks_for_nothing_is_not_waited_for(opened, talk):
    assert talk(opened(bounds=Bounds(head_seconds=0.1))).rest() == b""


def test_a_request_without_end_is_given_up(opened, talk):
    line = talk(opened(bounds=Bounds(head_bytes=1000)))
    line.send(b"GET http://127.0.0.1/" + b"x" * 5000)
    assert line.rest() == b""


@pytest.mark.parametrize("tunnelled", [True, False])
def test_an_answer_without_end_is_cut(opened, talk, tunnelled):
    def endless():
        while True:
            yield b"x" * 10_000

    with serve(sites.always(Answer(endless()))) as site:
        line = talk(opened(site.url, bounds=Bounds(bytes_each=100_000)))
        if tunnelled:
            assert line.tunnel(site.spot) == 200
            line.send(GET)
        else:
            line.send(f"GET {site.url} HTTP/1.1\r\nHost: x\r\n{line.credentials}\r\n".encode())
        assert 10_000 < len(line.rest()) < 150_000


def test_after_all_that_may_go_through_nothing_does_and_it_says_why(opened, talk):
    with serve(sites.always(Answer("x" * 60_000))) as site:
        proxy = opened(site.url, bounds=Bounds(bytes_in_all=100_000))
        assert proxy.problem == ""
        for _ in range(3):
            talk(proxy).ask(f"GET {site.url} HTTP/1.1")
        assert "had gone through" in proxy.problem
        before = len(site.asked)
        assert talk(proxy).tunnel(site.spot) == 0
        assert len(site.asked) == before


def test_more_connections_than_allowed_are_turned_away(opened, talk, over):
    with _hangs(over) as site:
        proxy = opened(site.url, bounds=Bounds(at_once=2))
        lines = [talk(proxy) for _ in range(2)]
        assert [line.tunnel(site.spot) for line in lines] == [200, 200]
        assert talk(proxy).tunnel(site.spot) == 0
        lines[0].connection.close()
        while (status := talk(proxy).tunnel(site.spot)) != 200:
            assert status == 0


def test_whoever_does_not_show_the_password_takes_no_place_from_those_who_do(opened, talk, over):
    with _hangs(over) as site:
        proxy = opened(site.url, bounds=Bounds(at_once=2, asking_at_once=3, head_seconds=1000))
        idle = [talk(proxy) for _ in range(10)]
        assert [talk(proxy).tunnel(site.spot) for _ in range(2)] == [200, 200]
        assert [line.rest() for line in idle[:8]] == [b""] * 8
        assert idle[9].tunnel(site.spot) == 0


def test_with_its_end_everything_ends_and_nothing_listens(opened, talk, over):
    with _hangs(over) as site:
        proxy = opened(site.url)
        line = talk(proxy)
        assert line.tunnel(site.spot) == 200
        proxy.close()
        assert line.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            talk(proxy)
        assert proxy.problem == "The egress proxy has ended"
        assert not [thread for thread in threading.enumerate() if thread.name == "egress"]


def test_where_nobody_can_watch_any_more_everything_ends(opened, talk, over, monkeypatch):
    with _hangs(over) as site:
        proxy = opened(site.url)
        monkeypatch.setattr(proxy._guard, "still_allows", lambda *_: 1 / 0)
        line = talk(proxy)
        assert line.tunnel(site.spot) == 200
        assert line.rest() == b""
        proxy._thread.join(10)
        assert proxy.problem == "The egress proxy has ended"


def test_a_name_without_addresses_is_not_found(monkeypatch, opened, talk):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    guard = opened("http://shop.test/", allowed=("shop.test",))._guard
    with pytest.raises(NotFound):
        guard.connect(parse_target("http://shop.test/"), 1, 1)
