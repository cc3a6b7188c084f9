"""Testing flaws again: those still there are confirmed, those mended are not, and what is unknown stays so."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from analyses.engines.contract import FoundFlaw, Progress, Retested, Target
from analyses.engines.wapiti import WapitiEngine
from analyses.engines.wapiti.output import HIDDEN
from tests.engines.following import all_of, ended, flaws
from tests.engines.targets import a_target
from tests.targets.serving import Answer, Asked, Site, redirect, serve

pytestmark = pytest.mark.engine
OTHERS = 15
MODULES = ("http_headers", "cookieflags", "csrf", "sql", "xss", "permanentxss")


@dataclass
class Leaky:
    """A site with one flaw of each kind, until it is mended."""

    mended: bool = False
    gone: bool = False
    refusing: bool = False
    said: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        if self.gone:
            raise ConnectionResetError
        if self.refusing:
            return Answer("Come back later", 503)
        headers = (("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff")) if self.mended else ()
        body = self._body(asked)
        if body is None:
            return redirect("/book")
        return Answer(f"<html>{body}</html>", headers=(*headers, ("Set-Cookie", "seen=1; Path=/")))

    def _body(self, asked: Asked) -> str | None:
        word = asked.query.get("word", "") or asked.fields.get("word", "")
        shown = word.replace("<", "&lt;").replace('"', "&quot;") if self.mended else word
        if asked.path == "/":
            others = "".join(f"<a href='/other-{number}?x=1'>{number}</a>" for number in range(OTHERS))
            return f"<a href='/list?word=a'>list</a><a href='/form'>form</a><a href='/book'>book</a>{others}"
        if asked.path == "/list":
            return "sqlite3.OperationalError: near" if "'" in word and not self.mended else "<p>Nothing.</p>"
        if asked.path == "/form":
            return "<form method='post' action='/answer'><input name='word'><button>Go</button></form>"
        if asked.path == "/answer":
            return f"<p>{shown}</p>"
        if asked.path == "/book" and asked.method == "POST":
            self.said.append(word)
            return None
        if asked.path == "/book":
            told = "".join(self.said[-40:]) if not self.mended else ""
            return f"<form method='post'><input name='word'><button>Say</button></form>{told}"
        return "<p>Another page.</p>"


@dataclass
class Scanned:
    behaviour: Leaky
    site: Site
    target: Target
    flaws: list[FoundFlaw]
    workdir: Path

    def again(self, seconds: float = 60, only: tuple[str, ...] = MODULES, **changes) -> dict[str, bool | None]:
        """What testing the flaws of these modules again gives, by module."""
        return {module: event.confirmed for module, event in self.told(seconds, only, **changes).items()}

    def told(
        self, seconds: float = 60, only: tuple[str, ...] = MODULES, workdir: Path | None = None, **changes
    ) -> dict[str, Retested]:
        """The same with what is said of it; of another folder than the scan's, where one is given."""
        target, folder = replace(self.target, **changes), workdir or self.workdir
        found = [flaw for flaw in self.flaws if flaw.module in only]
        told = list(WapitiEngine().retest(target, found, folder, seconds))
        assert all(isinstance(event, Retested | Progress) for event in told)
        outcomes = [event for event in told if isinstance(event, Retested)]
        assert sorted(event.position for event in outcomes) == list(range(len(found)))
        assert not (folder / "retest").exists()
        return {found[event.position].module: event for event in outcomes}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> Iterator[Scanned]:
    """One scan for all of these tests: each puts the site into the state it needs."""
    behaviour, workdir = Leaky(), tmp_path_factory.mktemp("scan")
    with serve(behaviour) as site:
        target = a_target(url=site.url, modules=MODULES)
        events = all_of(WapitiEngine().start(target, workdir, resume=False))
        assert ended(events).complete
        found = {flaw.module: flaw for flaw in flaws(events)}
        assert set(found) == set(MODULES)
        yield Scanned(behaviour, site, target, list(found.values()), workdir)


def test_flaws_that_are_still_there_are_confirmed(scanned):
    scanned.behaviour.mended = False
    scanned.site.asked.clear()
    assert scanned.again() == dict.fromkeys(MODULES, True)
    visited = {asked.path for asked in scanned.site.asked}
    assert not any(path.startswith("/other-") for path in visited), "only what had a flaw is tested again"


def test_flaws_that_were_mended_are_not_reproduced(scanned):
    """A cookie may come from any page, and a form's answer alone does not say where its page was mended."""
    scanned.behaviour.mended = True
    assert scanned.again() == {
        "http_headers": False,
        "cookieflags": True,
        "csrf": True,
        "sql": False,
        "xss": False,
        "permanentxss": False,
    }


@pytest.fixture
def gone(scanned) -> Iterator[None]:
    scanned.behaviour.gone = True
    yield
    scanned.behaviour.gone = False


def test_nothing_is_said_of_a_target_that_is_gone(scanned, gone):
    begun = time.monotonic()
    assert scanned.again(only=("sql", "http_headers")) == {"sql": None, "http_headers": None}
    assert time.monotonic() - begun < 60, "it is not the time that was over"


def test_nothing_is_sent_to_another_place_than_the_target(scanned):
    """Whatever address a finding has: it comes from a database that the target filled."""
    scanned.behaviour.mended = False
    with serve(lambda _: Answer("x")) as target:
        scanned.site.asked.clear()
        assert set(scanned.again(url=target.url).values()) == {None}
    assert scanned.site.asked == []


def test_nothing_is_said_when_there_is_no_time(scanned):
    assert set(scanned.again(seconds=0).values()) == {None}


def test_nothing_is_said_of_unknown_modules_or_pages(scanned, wapiti):
    unknown = [
        replace(scanned.flaws[0], module="nessie"),
        replace(
            next(flaw for flaw in scanned.flaws if flaw.module == "sql"), url=f"{scanned.site.url}elsewhere?word=a"
        ),
    ]
    told = list(wapiti.retest(scanned.target, unknown, scanned.workdir, 30))
    assert [(event.position, event.confirmed) for event in told] == [(0, None), (1, None)]


def test_of_a_scan_that_is_not_kept_the_requests_are_made_again(scanned, tmp_path):
    """A form without a token shows on its page only, which nothing stored of the finding tells."""
    scanned.behaviour.mended = False
    scanned.site.asked.clear()
    told = scanned.told(workdir=tmp_path)
    assert {module: event.confirmed for module, event in told.items()} == dict.fromkeys(MODULES, True) | {"csrf": None}
    assert "not known well enough" in told["csrf"].cause
    visited = {asked.path for asked in scanned.site.asked}
    assert {"/list", "/answer", "/book"} <= visited
    assert not any(path.startswith(("/other-", "/form")) for path in visited), "only what had a flaw is tested again"

    scanned.behaviour.mended = True
    mended = {"http_headers": False, "cookieflags": True, "csrf": None, "sql": False, "xss": False}
    told = scanned.told(workdir=tmp_path)
    assert {module: event.confirmed for module, event in told.items()} == mended | {"permanentxss": False}, told


def test_nothing_is_said_of_a_page_that_refuses(scanned, tmp_path):
    scanned.behaviour.refusing = True
    told = scanned.told(workdir=tmp_path, only=("sql",))["sql"]
    scanned.behaviour.refusing = False
    assert told.confirmed is None
    assert told.cause.endswith("/list answers 503 Service Unavailable now.")


def test_a_request_that_is_not_known_in_full_is_not_made(scanned, wapiti, tmp_path):
    sql = next(flaw for flaw in scanned.flaws if flaw.module == "sql")
    flaws = [replace(sql, url=f"{sql.url}&key={HIDDEN}"), replace(sql, request=sql.request + "x" * 8_000)]
    scanned.site.asked.clear()
    told = list(wapiti.retest(scanned.target, flaws, tmp_path, 30))
    assert [event.confirmed for event in told] == [None, None]
    assert scanned.site.asked == []
