"""The people and targets of the prescan's tests. Nothing here needs a database or a network beyond loopback."""

import ipaddress
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest

from analyses import prescan
from analyses.prescan import browser, playing
from analyses.prescan.contract import PrescanResult, PrescanTarget, SignIn, SignInMethod
from tests.targets import certificates

LOOPBACK = ("127.0.0.0/8", "localhost")
STEPS = [
    "Allowed target", "Name", "Connection", "TLS", "Further hosts", "HTTP", "Sign-in", "Specification", "Crawl script",
]  # fmt: skip


def prescan_of(
    url: str, sign_in: SignIn | None = None, *, seconds: float = 20, allowed: tuple[str, ...] = LOOPBACK, **others
) -> PrescanResult:
    target = PrescanTarget(url, sign_in=sign_in or SignIn(), allowed=allowed, **others)
    return prescan.run(target, seconds=seconds)


def by_form(site, **others) -> SignIn:
    settings = {"login_url": f"{site.url}login/", "username": "alice", "secret": "correct horse", **others}
    return SignIn(method=SignInMethod.FORM, **settings)


def outcomes(result: PrescanResult) -> dict[str, str]:
    """The outcome of every step by its name, in their order."""
    return {step.name: str(step.outcome) for step in result.steps}


def assert_failed_at(result: PrescanResult, name: str, status) -> None:
    """The step of this name failed with this status; those before it did not, those after it were skipped."""
    assert list(outcomes(result)) == STEPS
    place = STEPS.index(name)
    assert outcomes(result)[name] == "failed", result.steps
    assert "failed" not in [str(step.outcome) for step in result.steps[:place]]
    assert {str(step.outcome) for step in result.steps[place + 1 :]} <= {"skipped"}
    assert result.failure == status
    assert result.cause == result.steps[place].cause
    assert result.cause
    assert result.advice == result.steps[place].advice
    assert result.advice.endswith(".")


@pytest.fixture
def names(monkeypatch):
    """Names that exist for this test, with their addresses; a list of lists answers differently each time."""
    known: dict[str, list] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        try:
            ipaddress.ip_address(host)
            return real(host, port, *args, **kwargs)
        except ValueError:
            pass
        asked.append(host)
        answer = known.get(host)
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = answer.pop(0) if isinstance(answer[0], list) else answer
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(family[ipaddress.ip_address(ip).version], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    known["asked"] = asked
    return known


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")[:300]
    except OSError:
        return b"gone"


@pytest.fixture
def nothing_is_left(monkeypatch, tmp_path_factory):
    """No process below this one and no folder outlives a test."""
    tmp_path_factory.getbasetemp()  # made where it belongs, before another folder is the one for temporary things
    with tempfile.TemporaryDirectory(prefix="v-") as folder:  # a short name: Chromium makes a socket in it
        monkeypatch.setattr(tempfile, "tempdir", folder)
        before = set(browser.descendants(os.getpid()))
        yield
        deadline = time.monotonic() + 20  # what has been killed takes a moment to be gone
        while left := set(browser.descendants(os.getpid())) - before:
            assert time.monotonic() < deadline, [_command_of(pid) for pid in left]
            time.sleep(0.05)
        assert list(Path(folder).glob("vedette-browser-*")) == []


class Canary(threading.Thread):
    """A listener that nothing may connect to."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@pytest.fixture
def canary():
    listening = Canary()
    yield listening
    listening.listener.close()
    assert listening.connections == 0


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(playing, "STEP_SECONDS", 1.5)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """A certificate authority that this machine trusts."""
    made = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made
