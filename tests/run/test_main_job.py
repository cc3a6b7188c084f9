"""The main job, with nothing made up: one command, the demo shop, a real scan, its results and its mails."""

import email
import os
import re
import signal
import time
from collections.abc import Iterator
from email import policy
from pathlib import Path

import httpx
import pytest

from tests.run.conftest import Watched

pytestmark = [pytest.mark.process, pytest.mark.engine]
PASSWORD = "a-password-for-the-test"
PUBLISHED = "Completed - Results Available"


class Person:
    """Somebody who uses the pages, signed in."""

    def __init__(self, address: str):
        self.browser = httpx.Client(base_url=address, follow_redirects=True, timeout=20)
        self.post("/sign-in/", {"username": "admin", "password": PASSWORD}, form="/sign-in/")

    def post(self, path: str, fields: dict[str, str], form: str) -> httpx.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.browser.get(form).text)
        assert token
        return self.browser.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})

    def reads(self, path: str) -> str:
        return self.browser.get(path).text

    def waits_for(self, words: str, path: str, *, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while words not in (page := self.reads(path)):
            assert time.monotonic() < deadline, f"waited {seconds} s for {words!r}:\n{_log_of(page)}"
            time.sleep(0.5)
        return page


def _log_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[-4000:]


@pytest.fixture(scope="module")
def running(vedette, tmp_path_factory) -> Iterator[tuple[Watched, Person, Path]]:
    """Vedette as `make run` starts it, on a fresh data folder."""
    folder = tmp_path_factory.mktemp("data")
    started = vedette(folder, ADMIN_PASSWORD=PASSWORD, LEASE_SECONDS="15")
    address = started.wait_for_output(r"Vedette is ready: (http://127\.0\.0\.1:\d+)/")[1]
    yield started, Person(address), folder
    started.look()
    assert started.end() == 0
    assert started.left_over() == []


def summary_path(person: Person) -> str:
    found = re.search(r'href="(/analyses/\d+/)"', person.reads("/"))
    assert found
    return found[1]


def mails(folder: Path) -> list[str]:
    kept = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in (folder / "mail").iterdir()]
    return sorted(str(mail["Subject"]) for mail in kept)


def test_the_demo_is_prescanned_scanned_verified_and_published(running):
    """And then again with its worker killed in the middle: the same installation, so that it starts only once."""
    started, person, folder = running
    path = summary_path(person)
    page = person.waits_for(PUBLISHED, path, seconds=300)
    for step in ("Submitted", "Prescanning", "Queued", "In Progress", "Completed - Verifying Results", PUBLISHED):
        assert step in page
    found = person.reads(f"{path}results/")
    assert "SQL Injection" in found
    assert "Cross Site Scripting" in found
    assert "Reproduced" in found
    deadline = time.monotonic() + 60
    while len(mails(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    subjects = mails(folder)
    assert [subject.split(":")[0] for subject in subjects] == ["Prescan succeeded", "Results published"]

    person.post(f"{path}actions/submit/", {}, form="/analyses/new/")
    person.waits_for("Attacking", f"{path}scans/", seconds=120)
    scanner = started.find("-Q scans")
    assert scanner
    os.kill(scanner, signal.SIGKILL)
    page = person.waits_for("Taken over", path, seconds=120)
    person.waits_for(f"{PUBLISHED}", f"{path}results/", seconds=300)
    assert [subject.split(":")[0] for subject in mails(folder)].count("Prescan succeeded") == 2
