"""Where Wapiti goes, and where it does not: its target, and nowhere else."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from analyses.engines.contract import Cookie, Speed, Target
from analyses.engines.wapiti import launcher
from analyses.engines.wapiti.arguments import SIMULTANEOUS_REQUESTS
from analyses.targets import AllowedNow
from tests.engines.following import PATIENCE, all_of, ended, flaws, told_until
from tests.engines.targets import a_target
from tests.targets.certificates import authority
from tests.targets.serving import Answer, Asked, redirect, serve

PAGE = "<html><h1>Shop</h1></html>"
HEADERS_ONLY = ("http_headers",)


def leads_to(other: str):
    """A site that does everything to have its visitors go to another one."""

    def answer(asked: Asked) -> Answer:
        if asked.path == "/moved":
            return redirect(f"{other}moved")
        if asked.path == "/form":
            return redirect(f"{other}form", 307)
        return Answer(
            f"<html><head><meta http-equiv='refresh' content='9; url={other}refresh'>"
            f"<script src='{other}script'></script></head>"
            f"<a href='{other}link'>out</a><a href='/moved'>moved</a><a href='/search?to={other}'>search</a>"
            f"<iframe src='{other}frame'></iframe><form method='post' action='/form'><input name='word'></form>"
            f"<form method='post' action='{other}post'><input name='word'></form>"
            f"<p>{asked.query.get('to', '')}{asked.fields.get('word', '')}</p></html>"
        )

    return answer


@pytest.mark.engine
def test_it_goes_nowhere_but_to_its_target(wapiti, tmp_path):
    """With all the default modules, and a target's address and exclusions that look like options."""
    with serve(lambda _: Answer(PAGE)) as other, serve(leads_to(other.url)) as site:
        target = a_target(
            url=f"{site.url}--help/?a=--version&b='\"; ls",
            scope="domain",
            excluded=("--flush-session", "/x' --scope=punk"),
        )
        with pytest.raises(Exception, match="space"):
            wapiti.start(target, tmp_path, resume=False)
        target = a_target(
            url=f"{site.url}--help/?a=--version&b='%22;%20ls", scope="domain", excluded=("--flush-session",)
        )
        events = all_of(wapiti.start(target, tmp_path, resume=False))
    assert ended(events).complete
    assert {"/--help/", "/", "/moved", "/form", "/search"} <= {asked.path for asked in site.asked}
    assert other.asked == []
    assert "Cross Site Request Forgery" in {flaw.category for flaw in flaws(events)}


WALL = """
import json, runpy, socket, sys
launcher = runpy.run_path(sys.argv[1], run_name="launcher")
port, asked = json.loads(sys.argv[2])
launcher["keep_to"](port)
for name, number in asked:
    try:
        socket.create_connection((name, number), timeout=5).close()
        print("connected")
    except OSError as error:
        print(type(error).__name__)
socket.create_connection(("127.0.0.1", port)).sendmsg([b"went on"])
for attempt in (
    lambda: socket.gethostbyname("localhost"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", 53)),
    lambda: socket.socket(socket.AF_INET6).connect(("::1", port)),
    lambda: socket.socket(socket.AF_UNIX).connect("/tmp/none"),
):
    try:
        attempt()
        print("went past")
    except OSError as error:
        print(type(error).__name__)
"""


def test_the_engine_itself_connects_to_the_way_out_and_to_nothing_else():
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        port, another = one.getsockname()[1], other.getsockname()[1]
        asked = [
            ("127.0.0.1", port),
            ("127.0.0.1", another),
            ("127.0.0.2", port),
            ("localhost", port),
            ("a.test", port),
        ]
        told = subprocess.run(
            [sys.executable, "-c", WALL, launcher.__file__, json.dumps([port, asked])],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    assert told.stdout.split() == [
        "connected", "ConnectionRefusedError", "gaierror", "gaierror", "gaierror",
        "gaierror", "ConnectionRefusedError", "ConnectionRefusedError", "ConnectionRefusedError",
        "ConnectionRefusedError",
    ]  # fmt: skip


@pytest.mark.engine
def test_nothing_is_reached_where_nothing_is_allowed(wapiti, tmp_path):
    with serve(lambda _: Answer(PAGE)) as site:
        target = Target(url=site.url, modules=HEADERS_ONLY, addresses=("127.0.0.1",))
        assert not ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert site.asked == []
    assert f"Not let out to: {site.spot} (" in (tmp_path / "engine.log").read_text()


@pytest.mark.engine
def test_its_addresses_are_judged_again_when_it_connects(wapiti, tmp_path):
    """They were found before: what was allowed then may not be any more."""
    with serve(lambda _: Answer(PAGE)) as site:
        url = f"http://www.shop.test:{site.port}/"
        target = Target(url=url, modules=HEADERS_ONLY, addresses=("127.0.0.1",), allowed=("www.shop.test",))
        assert not ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert site.asked == []


@pytest.mark.engine
def test_when_the_way_out_breaks_the_scan_ends_with_an_error_and_nothing_gets_out(wapiti, tmp_path):
    """F25: it must not pass for a scan that found nothing."""

    def endless(asked: Asked) -> Answer:
        return Answer("".join(f"<a href='{asked.path}{number}/?word=a'>x</a>" for number in range(5)))

    with serve(endless) as site:
        run = wapiti.start(a_target(url=site.url), tmp_path, resume=False)
        events, heard = [], None
        for event in run.events():
            events.append(event)
            if heard is None and len(site.asked) > 20:
                run._way_out.close()
                heard = len(site.asked)
        assert heard is not None
        # What was let out before may be heard after it.
        assert len(site.asked) <= heard + SIMULTANEOUS_REQUESTS[Speed.NORMAL]
    assert not ended(events).complete
    assert ended(events).cause.startswith("Nothing of the scan engine got out any more.")


@pytest.mark.engine
def test_an_approval_that_is_withdrawn_is_noticed_by_the_way_out_alone(wapiti, tmp_path):
    """Though nobody ends the engine."""
    allowed = AllowedNow(("127.0.0.0/8",))

    def endless(asked: Asked) -> Answer:
        return Answer("".join(f"<a href='{asked.path}{number}/?word=a'>x</a>" for number in range(5)))

    with serve(endless) as site:
        run = wapiti.start(a_target(url=site.url, allowed=allowed), tmp_path, resume=False)
        proxy, withdrawn, looks = run._way_out, False, 0
        for _event in run.events():
            if not withdrawn and len(site.asked) > 20:
                allowed.renew(())
                withdrawn = True
            elif looks:
                looks += 1
            elif withdrawn and proxy.refused and not any(carried.ip for carried in list(proxy._open.values())):
                heard, looks = len(site.asked), 1
            if looks > 5:
                break
        run.end()
        assert len(site.asked) == heard
    assert f"Not let out to: {site.spot} (" in (tmp_path / "engine.log").read_text()


@pytest.mark.engine
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "www.shop.test"])
def test_its_cookies_headers_and_name_reach_the_target(wapiti, tmp_path, host):
    with serve(lambda _: Answer(PAGE)) as site:
        target = a_target(
            url=f"http://{host}:{site.port}/",
            scope="page",
            user_agent="Shop monitor 1",
            headers=(("Authorization", "Bearer a-long-token"),),
            cookies=(Cookie("session", "abc", host.removeprefix("www.")),),
            modules=HEADERS_ONLY,
            addresses=("127.0.0.1",),
        )
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    for asked in site.asked:
        assert asked.cookies == {"session": "abc"}
        assert asked.headers["authorization"] == "Bearer a-long-token"
        assert asked.headers["user-agent"] == "Shop monitor 1"
        assert asked.headers["host"] == f"{host}:{site.port}"


@pytest.mark.engine
@pytest.mark.parametrize("trusted", [True, False])
def test_it_believes_the_authorities_of_this_machine_and_no_others(wapiti, tmp_path, monkeypatch, trusted):
    made = authority(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with serve(lambda _: Answer(PAGE), tls=made.context("127.0.0.1")) as site:
        target = a_target(
            url=site.url, scope="page", modules=HEADERS_ONLY, cookies=(Cookie("session", "abc", "127.0.0.1"),)
        )
        assert ended(all_of(wapiti.start(target, tmp_path / "work", resume=False))).complete is trusted
    assert bool(site.asked) is trusted


@pytest.mark.engine
def test_it_judges_certificates_as_strictly_as_vedette_and_no_more(wapiti, tmp_path, monkeypatch):
    """An authority of the old kind: Python from 3.13 on refuses it, and the engine may have another Python."""
    made = authority(tmp_path, old_fashioned=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    strict = ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT
    with serve(lambda _: Answer(PAGE), tls=made.context("127.0.0.1")) as site:
        target = a_target(url=site.url, scope="page", modules=HEADERS_ONLY)
        assert ended(all_of(wapiti.start(target, tmp_path / "work", resume=False))).complete is not bool(strict)


@pytest.fixture
def stalled() -> Iterator[threading.Event]:
    over = threading.Event()
    yield over
    over.set()


@pytest.mark.engine
def test_a_page_that_never_answers_does_not_hold_it_up(wapiti, tmp_path, stalled):
    def stalls(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer("<html><a href='/stalls'>x</a><a href='/works'>y</a></html>")
        if asked.path == "/stalls":
            return Answer(_never(stalled))
        return Answer(PAGE) if asked.path == "/works" else Answer("Nothing", 404)

    with serve(stalls) as site:
        target = a_target(url=site.url, modules=HEADERS_ONLY, request_seconds=0.3)
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert any(page.url.endswith("/works") for page in wapiti.crawled(tmp_path))


def _never(over: threading.Event) -> Iterator[bytes]:
    yield b"<html>"
    over.wait(PATIENCE)


@pytest.mark.engine
def test_a_crawl_that_misses_many_pages_is_not_complete(wapiti, tmp_path, stalled):
    def stalls(asked: Asked) -> Answer:
        if asked.path == "/":
            return Answer("<html>" + "".join(f"<a href='/page-{number}'>x</a>" for number in range(9)) + "</html>")
        if not asked.path.startswith("/page-"):
            return Answer("Nothing", 404)
        return Answer(_never(stalled)) if asked.path[-1] in "123" else Answer(f"<html>{asked.path}</html>")

    with serve(stalls) as site:
        target = a_target(url=site.url, modules=("http_headers", "sql"), request_seconds=0.3)
        end = ended(all_of(wapiti.start(target, tmp_path, resume=False)))
        assert not end.complete
        assert "3 of 10 pages gave no answer" in end.cause
        stalled.set()
        again = all_of(wapiti.start(target, tmp_path, resume=True))
    assert ended(again).complete, "going on with such a crawl reads it again"
    assert len(wapiti.crawled(tmp_path)) == 10


@pytest.mark.engine
def test_pages_of_one_design_are_all_read(wapiti, tmp_path):
    """On a site that answers any address with that design."""
    design = "<p>A long footer that every page of this shop has, and its many words.</p>" * 20

    def looks_alike(asked: Asked) -> Answer:
        links = "".join(f"<a href='/item-{number}'>x</a><a href='/show?id={number}'>x</a>" for number in range(5))
        title = "One of our items" if asked.path.startswith("/item") else "Our shop"
        return Answer(f"<html>{links}{design}<h1>{title} {asked.query}</h1></html>")

    with serve(looks_alike) as site:
        assert ended(
            all_of(wapiti.start(a_target(url=site.url, modules=HEADERS_ONLY), tmp_path, resume=False))
        ).complete
    seen = {page.url.removeprefix(site.url) for page in wapiti.crawled(tmp_path)}
    assert {f"show?id={number}" for number in range(5)} | {f"item-{number}" for number in range(5)} <= seen


@pytest.mark.engine
def test_a_site_that_shows_one_page_at_any_address_has_an_end(wapiti, wapiti_version, tmp_path):
    """Its links lead ever deeper. Wapiti before 3.3 knows no such sites: there, only the duration ends them."""
    if wapiti_version < (3, 3):
        pytest.skip("needs Wapiti 3.3")
    endless = "<html><a href='about/'>x</a><a href='contact/'>y</a><h1>Our shop</h1></html>"
    with serve(lambda _: Answer(endless)) as site:
        run = wapiti.start(a_target(url=site.url, modules=HEADERS_ONLY), tmp_path, resume=False)
        assert ended(told_until(run, lambda: len(site.asked) > 50)).complete
