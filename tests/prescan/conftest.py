"""The people and targets of the prescan's tests. Nothing here needs a database or a network beyond loopback."""

import ipaddress
import socket

import pytest

from analyses import prescan
from analyses.prescan.contract import PrescanResult, PrescanTarget, SignIn, SignInMethod

LOOPBACK = ("127.0.0.0/8", "localhost")
STEPS = ["Allowed target", "Name", "Connection", "TLS", "HTTP", "Sign-in", "Crawl script"]


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
