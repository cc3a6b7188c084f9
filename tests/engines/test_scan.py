"""A real scan of the demo shop, signed in, and what it has to be like. One scan serves all of these tests."""

import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from analyses.demo_shop import PASSWORD, USERNAME, serve
from analyses.engines.contract import Cookie, Event, Phase, Severity, Target
from analyses.engines.wapiti import WapitiEngine
from tests.engines.following import ended, flaws, members, names, progress
from tests.engines.targets import a_target

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("wapiti scan")]
HEADER = ("X-Api-Key", "canary-in-a-header")
ENVIRONMENT = {"SECRET_KEY": "canary-secret-key", "DATABASE_URL": "canary-database", "PYTHONPATH": "/canary-path"}


@dataclass
class Scan:
    """A finished scan, and what could be seen of it while it ran."""

    target: Target
    workdir: Path
    events: list[Event]
    times: list[float]
    command_lines: set[str]
    environments: set[str]
    group: int
    cookie_modes: set[int]


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Iterator[Scan]:
    workdir = tmp_path_factory.mktemp("scan") / "private"
    engine = WapitiEngine()
    with serve() as shop, pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        target = a_target(
            url=shop.url,
            excluded=("/logout",),
            headers=(HEADER,),
            cookies=(Cookie("session", _session(shop.url), "127.0.0.1"),),
            modules=("http_headers", "sql", "xss"),
        )
        run = engine.start(target, workdir, resume=False)
        done = Scan(target, workdir, [], [], set(), set(), run.pid, set())
        for event in run.events():
            done.events.append(event)
            done.times.append(time.monotonic())
            _look_at(done)
        yield done


def _session(url: str) -> str:
    with httpx.Client(base_url=url, follow_redirects=True) as visitor:
        token = re.search(r'name="token" value="([^"]+)"', visitor.get("/login").text)[1]
        visitor.post("/login", data={"username": USERNAME, "password": PASSWORD, "token": token})
        return visitor.cookies["session"]


def _look_at(scan: Scan) -> None:
    """What anybody on this machine could see of the engine."""
    for pid in members(scan.group):
        for name, seen in (("cmdline", scan.command_lines), ("environ", scan.environments)):
            try:
                seen.add(Path(f"/proc/{pid}/{name}").read_text())
            except OSError:
                continue
    cookies = scan.workdir / "cookies.json"
    if cookies.exists():
        scan.cookie_modes.add(stat.S_IMODE(cookies.stat().st_mode))


def test_it_finds_the_planted_flaws(scan):
    assert names(flaws(scan.events)) >= {
        ("SQL Injection", "category", "/products"),
        ("SQL Injection", "id", "/product"),
        ("Reflected Cross Site Scripting", "q", "/search"),
        ("Clickjacking Protection", "", "/"),
    }


def test_it_finds_what_only_a_signed_in_person_sees(scan):
    assert ("Reflected Cross Site Scripting", "note", "/account") in names(flaws(scan.events))


def test_it_ends_complete_and_says_so_last(scan):
    assert ended(scan.events).complete
    assert ended(scan.events).cause == ""


def test_each_flaw_is_found_once(scan):
    found = [(flaw.category, flaw.method, flaw.url.split("?")[0], flaw.parameter) for flaw in flaws(scan.events)]
    assert len(found) == len(set(found))


def test_severities_and_references_come_along(scan):
    by_category = {flaw.category: flaw for flaw in flaws(scan.events)}
    assert by_category["SQL Injection"].severity is Severity.CRITICAL
    assert by_category["SQL Injection"].module == "sql"
    assert by_category["SQL Injection"].wstg == ("WSTG-INPV-05",)
    assert by_category["Clickjacking Protection"].severity is Severity.LOW


def test_the_evidence_shows_the_attack_and_its_answer(scan):
    flaw = next(flaw for flaw in flaws(scan.events) if flaw.parameter == "category")
    assert flaw.request.startswith("GET /products?category=")
    assert "sqlite3.OperationalError" in flaw.response
    assert flaw.response.startswith("HTTP/1.1 200 OK\n")
    assert len(flaw.response) < 4_200


def test_progress_is_told_at_least_every_two_seconds(scan):
    pauses = [later - earlier for earlier, later in zip(scan.times, scan.times[1:], strict=False)]
    assert max(pauses) < 2


def test_progress_goes_through_the_phases_and_never_back(scan):
    seen = progress(scan.events)
    order = list(Phase)
    assert [step.phase for step in seen] == sorted((step.phase for step in seen), key=order.index)
    assert {Phase.ATTACKING, Phase.FINISHED} <= {step.phase for step in seen}
    attacking = [step for step in seen if step.phase is Phase.ATTACKING]
    done = [step.checks_done for step in attacking]
    assert done == sorted(done)
    assert all(0 < step.checks_done <= step.checks_total for step in attacking)
    assert {step.current for step in attacking} & {"SQL injection", "Cross-site scripting"}


def test_the_pages_it_saw_are_known_afterwards(scan):
    pages = WapitiEngine().crawled(scan.workdir)
    seen = {(page.method, page.url.removeprefix(scan.target.url), page.status) for page in pages}
    assert {("GET", "", 200), ("GET", "product?id=4", 200), ("GET", "account", 200), ("POST", "reviews", 303)} <= seen
    assert len(seen) == len(pages)
    assert progress(scan.events)[-1].pages == len(pages)


def test_what_is_excluded_is_not_visited(scan):
    assert not any("/logout" in page.url for page in WapitiEngine().crawled(scan.workdir))


def test_no_secret_is_on_a_command_line_or_in_an_environment(scan):
    assert scan.command_lines
    everything = "".join(scan.command_lines | scan.environments)
    session = scan.target.cookies[0].value
    for secret in (HEADER[1], session, scan.target.url, *ENVIRONMENT.values()):
        assert secret not in everything


def test_its_files_are_private(scan):
    assert scan.cookie_modes == {0o600}
    for place in [scan.workdir, *scan.workdir.rglob("*")]:
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0, place


def test_the_cookie_file_goes_with_the_engine(scan):
    assert not (scan.workdir / "cookies.json").exists()
    assert members(scan.group) == []


def test_neither_its_log_nor_its_findings_hold_secrets(scan):
    log = (scan.workdir / "engine.log").read_text()
    assert "Launching module sql" in log
    told = log + repr(scan.events)
    assert scan.target.cookies[0].value not in told
    assert HEADER[1] not in told


def test_everything_stays_in_its_folder(scan):
    assert {place.name for place in scan.workdir.iterdir()} == {
        "session",
        "config",
        "report.json",
        "engine.log",
        "requests",
    }
    assert not os.path.exists(os.path.expanduser("~/.wapiti/scans")) or not list(
        Path("~/.wapiti/scans").expanduser().glob(f"*{scan.target.url.rsplit(':', 1)[1].strip('/')}*")
    )
