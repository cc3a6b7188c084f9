"""Scans that go on to other places: those are crawled and attacked too, what is meant for the target stays there."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from analyses.engines.contract import Cookie, FoundFlaw, Place, Retested, Target
from tests.engines.following import all_of, ended, flaws, names
from tests.engines.targets import a_target
from tests.targets.certificates import authority
from tests.targets.serving import Answer, Asked, Site, closed_port, redirect, serve

pytestmark = pytest.mark.engine
MODULES = ("http_headers", "csrf", "xss")
XSS = "Reflected Cross Site Scripting"
SECRETS = (("Authorization", "Bearer a-long-token"), ("X-Shop", "an-extra-header"))
HERE = ("127.0.0.1",)


def shop(*others: str, mended: Callable[[], bool] = lambda: False) -> Callable[[Asked], Answer]:
    """Pages that lead to others in every way, one of them with a flaw."""
    links = "".join(f"<a href='{other}'>there</a><iframe src='{other}frame'></iframe>" for other in others)

    def answer(asked: Asked) -> Answer:
        if asked.path == "/moved":
            return redirect(f"{others[0]}moved")
        if asked.path == "/form":
            return redirect(f"{others[0]}form", 307)
        if asked.path == "/search":
            word = asked.query.get("word", "")
            headers = (("X-Frame-Options", "DENY"),) if mended() else ()
            return Answer(f"<html><p>{html.escape(word) if mended() else word}</p></html>", headers=headers)
        form = "<form method='post' action='/form'><input name='csrf_token' value='abcdef0123456789'></form>"
        own = "<a href='/moved'>moved</a>" + form if others else ""
        return Answer(f"<html><a href='/search?word=a'>search</a><a href='/out'>out</a>{own}{links}</html>")

    return answer


def headers_seen(site: Site) -> list[tuple[str | None, str | None]]:
    """What each request had of the secret headers."""
    return [(asked.headers.get("authorization"), asked.headers.get("x-shop")) for asked in site.asked]


def paths(site: Site) -> set[str]:
    return {asked.path for asked in site.asked}


def at(site: Site, found: list[FoundFlaw]) -> set[tuple[str, str, str]]:
    return names(flaw for flaw in found if flaw.url.startswith(site.url))


def test_an_allowed_host_is_crawled_and_attacked_and_no_other_is(wapiti, tmp_path):
    with serve(shop()) as third, serve(shop(third.url)) as cdn, serve(shop(cdn.url, third.url)) as site:
        target = a_target(
            url=site.url,
            excluded=("/out", f"{cdn.url}out"),
            headers=SECRETS,
            cookies=(Cookie("session", "abc", "127.0.0.1"),),
            modules=MODULES,
            addresses=HERE,
            places=(Place(cdn.url, HERE),),
        )
        events = all_of(wapiti.start(target, tmp_path, resume=False))
    assert ended(events).complete
    found = flaws(events)
    assert {(XSS, "word", "/search")} <= at(site, found) & at(cdn, found)
    assert {"/", "/search", "/moved", "/form"} <= paths(site) & paths(cdn)
    assert "/out" not in paths(site) | paths(cdn)
    assert third.asked == []
    assert set(headers_seen(site)) == {("Bearer a-long-token", "an-extra-header")}
    assert set(headers_seen(cdn)) == {(None, None)}
    assert any(asked.method == "POST" for asked in cdn.asked), "it is posted on to, and even then without them"
    assert {asked.cookies.get("session") for asked in cdn.asked} == {"abc"}, "cookies go by host, as in a browser"


def test_nothing_secret_stays_in_its_folder(wapiti, tmp_path):
    with serve(shop()) as site:
        target = a_target(url=site.url, headers=SECRETS, modules=MODULES, addresses=HERE)
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert set(headers_seen(site)) == {("Bearer a-long-token", "an-extra-header")}
    kept = b"".join(place.read_bytes() for place in tmp_path.rglob("*") if place.is_file())
    assert b"search" in kept
    assert b"a-long-token" not in kept
    assert b"an-extra-header" not in kept


def test_a_sign_in_header_goes_before_an_extra_one_of_its_name(wapiti, tmp_path):
    with serve(shop()) as site:
        target = a_target(
            url=site.url,
            scope="page",
            headers=(("authorization", "Basic extra"), ("Accept-Language", "de"), *SECRETS[:1]),
            modules=("http_headers",),
        )
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert {(asked.headers["authorization"], asked.headers["accept-language"]) for asked in site.asked} == {
        ("Bearer a-long-token", "de")
    }


def folder(asked: Asked) -> Answer:
    """A shop of which only one folder is meant to be scanned."""
    if asked.path == "/shop/search":
        return Answer(f"<html><p>{asked.query.get('word', '')}</p></html>")
    return Answer("<html><a href='/shop/search?word=a'>search</a><a href='/admin/'>admin</a></html>")


@pytest.mark.parametrize("secure_first", [True, False])
def test_a_twin_is_scanned_as_far_as_the_target(wapiti, tmp_path, monkeypatch, secure_first):
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with serve(folder) as plain, serve(folder, tls=made.context("127.0.0.1")) as secure:
        first, second = (secure, plain) if secure_first else (plain, secure)
        target = a_target(
            url=f"{first.url}shop/",
            headers=SECRETS,
            modules=("xss",),
            addresses=HERE,
            places=(Place(f"{second.url}shop/", HERE),),
        )
        events = all_of(wapiti.start(target, tmp_path / "work", resume=False))
    assert ended(events).complete
    assert (XSS, "word", "/shop/search") in at(first, flaws(events)) & at(second, flaws(events))
    assert "/admin/" not in paths(first) | paths(second)
    assert set(headers_seen(first)) == {("Bearer a-long-token", "an-extra-header")}
    assert set(headers_seen(second)) == {(None, None)}


def test_a_place_that_does_not_answer_does_not_end_the_scan(wapiti, tmp_path):
    with serve(shop()) as site:
        gone = Place(f"http://127.0.0.1:{closed_port()}/", HERE)
        target = a_target(url=site.url, modules=("xss",), addresses=HERE, places=(gone,))
        events = all_of(wapiti.start(target, tmp_path, resume=False))
    assert ended(events).complete
    assert (XSS, "word", "/search") in at(site, flaws(events))


def test_names_lead_to_the_addresses_that_were_judged_for_each_place(wapiti, tmp_path):
    with serve(shop()) as site, serve(shop(), host="127.0.0.2") as cdn:
        target = a_target(
            url=f"http://www.shop.test:{site.port}/",
            modules=("xss",),
            addresses=HERE,
            places=(Place(f"http://cdn.shop.test:{cdn.port}/", ("127.0.0.2",)),),
        )
        events = all_of(wapiti.start(target, tmp_path, resume=False))
    assert ended(events).complete
    assert {asked.headers["host"] for asked in site.asked} == {f"www.shop.test:{site.port}"}
    assert {asked.headers["host"] for asked in cdn.asked} == {f"cdn.shop.test:{cdn.port}"}


@contextmanager
def scanned_with_a_place(wapiti, workdir, mended: list[str]) -> Iterator[tuple[Target, Site, Site, list[FoundFlaw]]]:
    """A finished scan of a target and a place, which are mended when they are named."""
    with (
        serve(shop(mended=lambda: "cdn" in mended)) as cdn,
        serve(shop(mended=lambda: "site" in mended)) as site,
    ):
        target = a_target(
            url=site.url, headers=SECRETS, modules=MODULES, addresses=HERE, places=(Place(cdn.url, HERE),)
        )
        events = all_of(wapiti.start(target, workdir, resume=False))
        assert ended(events).complete
        frame = [flaw for flaw in flaws(events) if flaw.module == "http_headers" and "X-Frame" in flaw.info]
        yield target, site, cdn, [flaw for flaw in flaws(events) if flaw.module == "xss"] + frame


def outcomes(wapiti, target: Target, found: list[FoundFlaw], workdir) -> list[bool | None]:
    told = [event for event in wapiti.retest(target, found, workdir, 60) if isinstance(event, Retested)]
    return [event.confirmed for event in sorted(told, key=lambda event: event.position)]


@pytest.mark.parametrize("mended", [[], ["cdn"], ["site"]])
def test_flaws_of_a_place_are_tested_again_there(wapiti, tmp_path, mended):
    later: list[str] = []
    with scanned_with_a_place(wapiti, tmp_path, later) as (target, site, cdn, found):
        assert at(site, found)
        assert {flaw.module for flaw in found if flaw.url.startswith(cdn.url)} >= {"xss"}
        later += mended
        before = len(cdn.asked)
        told = outcomes(wapiti, target, found, tmp_path)
        assert set(headers_seen(cdn)) == {(None, None)}
        assert len(cdn.asked) > before
    for flaw, confirmed in zip(found, told, strict=True):
        where = "cdn" if flaw.url.startswith(cdn.url) else "site"
        if flaw.module == "xss":
            assert confirmed is (where not in mended), (flaw, confirmed)
        else:
            assert confirmed is not None


def test_a_page_of_the_target_is_read_again_alone(wapiti, tmp_path):
    with scanned_with_a_place(wapiti, tmp_path, []) as (target, site, cdn, found):
        headers = [flaw for flaw in found if flaw.module == "http_headers" and flaw.url.startswith(site.url)]
        before = len(cdn.asked)
        assert outcomes(wapiti, target, headers[:1], tmp_path) == [True]
        assert len(cdn.asked) == before


def mutual(made) -> dict:
    return {"tls": made.context("127.0.0.1", asks=True)}


def test_a_client_certificate_opens_the_target(wapiti, tmp_path, monkeypatch):
    """And only the target: another place asks for it in vain."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    person = made.person("alice")
    with serve(shop(), **mutual(made)) as cdn, serve(shop(), **mutual(made)) as site:
        target = a_target(
            url=site.url,
            modules=MODULES,
            client_certificate=person.pem,
            addresses=HERE,
            places=(Place(cdn.url, HERE),),
        )
        work = tmp_path / "work"
        events = all_of(wapiti.start(target, work, resume=False))
        assert ended(events).complete
        found = [flaw for flaw in flaws(events) if flaw.module == "xss"]
        assert names(found) == {(XSS, "word", "/search")}
        assert outcomes(wapiti, target, found, work) == [True] * len(found)
        assert cdn.asked == []
    kept = b"".join(place.read_bytes() for place in work.rglob("*") if place.is_file())
    assert b"PRIVATE KEY" not in kept


def test_a_target_that_asks_for_a_certificate_refuses_a_scan_without(wapiti, tmp_path, monkeypatch):
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with serve(shop(), **mutual(made)) as site:
        events = all_of(wapiti.start(a_target(url=site.url, modules=MODULES), tmp_path / "work", resume=False))
    assert not ended(events).complete
    assert site.asked == []


def test_a_certificate_that_cannot_be_read_is_told(wapiti, tmp_path):
    target = a_target(url="https://127.0.0.1:9/", modules=MODULES, client_certificate="not a certificate")
    end = ended(all_of(wapiti.start(target, tmp_path, resume=False)))
    assert not end.complete
    assert "client certificate" in end.cause
    assert "not a certificate" not in end.cause
