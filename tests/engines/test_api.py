"""An API is attacked by the requests of its specification, through Wapiti, and nothing of it is crawled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analyses import specifications
from analyses.engines.contract import Event, Phase, Retested, Target
from analyses.engines.wapiti import WapitiEngine
from analyses.specifications.requests import requests_at
from tests.engines.following import all_of, ended, flaws, kill, progress
from tests.engines.targets import a_target
from tests.targets.pet_api import BASE, JSON, PetApi, specification
from tests.targets.serving import Answer, Asked, Site, serve

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("wapiti api")]
TOKEN = "canary-of-the-bearer"
SIGNED_IN = ("Authorization", f"Bearer {TOKEN}")
PLANTED = {("sql", "GET", "species"), ("sql", "POST", "owner.email"), ("sql", "PUT", "name"), ("xss", "GET", "q")}
ENDPOINTS = {
    ("GET", "/pets"), ("POST", "/pets"), ("GET", "/pets/1"), ("PUT", "/pets/1"), ("DELETE", "/pets/1"),
    ("GET", "/search"),
}  # fmt: skip


def target_of(site: Site, *excluded: str, **others) -> Target:
    """The API at a site, by its specification as somebody uploads it."""
    read = specifications.read(json.dumps(specification(site.url)).encode(), "pets.json")
    return a_target(read.base_url, requests=requests_at(read.base_url, read.requests, excluded), **others)


@dataclass
class Scan:
    api: PetApi
    site: Site
    target: Target
    workdir: Path
    events: list[Event]
    asked: list[Asked] = field(default_factory=list)


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Iterator[Scan]:
    """One scan of the whole API, signed in, for all of these tests."""
    api, workdir = PetApi(TOKEN), tmp_path_factory.mktemp("api") / "private"
    with serve(api) as site:
        target = target_of(site, headers=(SIGNED_IN,), modules=("http_headers", "sql", "xss"))
        events = all_of(WapitiEngine().start(target, workdir, resume=False))
        yield Scan(api, site, target, workdir, events, list(site.asked))


def found(events: list[Event]) -> set[tuple[str, str, str]]:
    return {(flaw.module, flaw.method, flaw.parameter) for flaw in flaws(events) if flaw.parameter}


def test_it_finds_the_planted_flaws_also_in_json_bodies_and_in_a_put(scan):
    assert ended(scan.events).complete
    assert found(scan.events) == PLANTED


def test_nothing_is_asked_for_that_the_specification_does_not_tell_of(scan):
    assert {(asked.method, asked.path.removeprefix(BASE)) for asked in scan.asked} == ENDPOINTS


def test_every_request_carries_the_session_and_the_headers_of_the_specification(scan):
    assert len(scan.asked) > 50
    assert {asked.headers["authorization"] for asked in scan.asked} == {SIGNED_IN[1]}
    assert {asked.headers["x-api-version"] for asked in scan.asked} == {"2"}
    assert {asked.headers["content-type"] for asked in scan.asked if asked.body} == {"application/json"}


def test_what_was_asked_for_is_known_afterwards(scan):
    pages = WapitiEngine().crawled(scan.workdir)
    assert {(page.method, page.url.split("?")[0].removeprefix(scan.target.url)) for page in pages} == ENDPOINTS
    assert {page.status for page in pages} == {200, 201}


def test_progress_counts_the_endpoints(scan):
    attacking = [step for step in progress(scan.events) if step.phase is Phase.ATTACKING]
    assert attacking
    assert {step.pages for step in attacking} == {len(ENDPOINTS)}


def test_the_evidence_shows_the_attacked_body(scan):
    flaw = next(flaw for flaw in flaws(scan.events) if flaw.parameter == "owner.email")
    assert flaw.request.startswith(f"POST {BASE}/pets HTTP/1.1\n")
    assert '"owner": {"email": "' in flaw.request
    assert "sqlite3.OperationalError" in flaw.response


@pytest.mark.parametrize("mended", [False, True])
def test_its_flaws_are_tested_again(scan, mended):
    scan.api.mended = mended
    scan.site.asked.clear()
    told = list(flaws(scan.events))
    outcomes = WapitiEngine().retest(scan.target, told, scan.workdir, 60)
    confirmed = {
        (told[event.position].module, told[event.position].method, told[event.position].parameter): event.confirmed
        for event in outcomes
        if isinstance(event, Retested)
    }
    scan.api.mended = False
    attacked = {key: outcome for key, outcome in confirmed.items() if key[2]}
    assert attacked == dict.fromkeys(PLANTED, not mended)
    assert {outcome for key, outcome in confirmed.items() if key[0] == "http_headers"} == {True}
    assert {(asked.method, asked.path.removeprefix(BASE)) for asked in scan.site.asked} <= ENDPOINTS


def test_what_is_left_out_is_not_asked_for(wapiti, tmp_path):
    with serve(PetApi()) as site:
        target = target_of(site, "DELETE /pets/{petId}", "GET /search", modules=("sql",))
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
        asked = {(asked.method, asked.path.removeprefix(BASE)) for asked in site.asked}
    assert asked == ENDPOINTS - {("DELETE", "/pets/1"), ("GET", "/search")}


def test_a_killed_scan_goes_on_where_it_was(wapiti, tmp_path):
    with serve(PetApi()) as site:
        target = target_of(site, modules=("sql", "xss"))
        run = wapiti.start(target, tmp_path, resume=False)
        for event in run.events():
            if getattr(event, "phase", None) is Phase.ATTACKING:
                kill(run.pid)
        site.asked.clear()
        events = all_of(wapiti.start(target, tmp_path, resume=True))
        assert not any(asked.method == "DELETE" for asked in site.asked)  # it is asked for once, and has been
    assert ended(events).complete
    assert found(events) == PLANTED


def test_forms_and_files_are_sent_as_such(wapiti, tmp_path):
    """Bodies that are not JSON, and types of JSON that Wapiti does not know as such."""
    content = {
        "/form": {"application/x-www-form-urlencoded": {"schema": {"properties": {"a": {"example": "x y"}}}}},
        "/file": {"multipart/form-data": {"schema": {"properties": {"b": {}, "c": {"format": "binary"}}}}},
        "/more": {"application/vnd.pets+json": {"schema": {"properties": {"word": {"type": "string"}}}}},
    }
    paths = {path: {"post": {"requestBody": {"content": kinds}}} for path, kinds in content.items()}

    def answer(asked: Asked) -> Answer:
        leaks = asked.path == "/more" and b"'" in asked.body
        return Answer("sqlite3.OperationalError: near" if leaks else "{}", headers=JSON)

    with serve(answer) as site:
        file = json.dumps({"openapi": "3.1.0", "servers": [{"url": site.url}], "paths": paths}).encode()
        read = specifications.read(file, "api.json")
        target = a_target(read.base_url, requests=requests_at(read.base_url, read.requests), modules=("sql",))
        events = all_of(wapiti.start(target, tmp_path, resume=False))
        first = {asked.path: asked for asked in reversed(site.asked)}
    assert first["/form"].fields == {"a": "x y"}
    assert first["/file"].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="example.txt"' in first["/file"].body
    assert {asked.headers["content-type"] for asked in site.asked if asked.path == "/more"} == {
        "application/vnd.pets+json"
    }
    assert ("sql", "POST", "word") in found(events)


def test_a_large_api_is_asked_for_whole(wapiti, tmp_path):
    """More endpoints in one folder than a crawl would read."""
    paths = {f"/things/{number}": {"get": {}} for number in range(700)}
    with serve(lambda _: Answer("{}", headers=JSON)) as site:
        file = json.dumps({"openapi": "3.1.0", "servers": [{"url": site.url}], "paths": paths}).encode()
        read = specifications.read(file, "api.json")
        target = a_target(read.base_url, requests=requests_at(read.base_url, read.requests), modules=("sql",))
        assert ended(all_of(wapiti.start(target, tmp_path, resume=False))).complete
    assert len(wapiti.crawled(tmp_path)) == 700
