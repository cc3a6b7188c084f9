"""Egress proxies, and connections to them."""

from collections.abc import Callable, Iterator

import pytest

from analyses.egress.guard import Guard
from analyses.egress.proxy import Proxy
from analyses.targets import AllowedNow, parse_target
from tests.egress.talking import Talk

LOOPBACK = ("127.0.0.0/8", "localhost")


Opened = Callable[..., Proxy]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Proxies that end with the test."""
    made: list[Proxy] = []

    def open_(*urls: str, allowed=LOOPBACK, own: str = "", known=(), **others) -> Proxy:
        if not isinstance(allowed, AllowedNow):
            allowed = AllowedNow(allowed)
        proxy = Proxy(Guard(allowed, own, known), [parse_target(url) for url in urls], **others)
        made.append(proxy.__enter__())
        return proxy

    yield open_
    for proxy in made:
        proxy.close()


@pytest.fixture
def talk() -> Iterator[Callable[..., Talk]]:
    """Connections to a proxy, closed with the test."""
    made: list[Talk] = []

    def to(proxy: Proxy, password: str | None = None) -> Talk:
        made.append(Talk(proxy, password))
        return made[-1]

    yield to
    for one in made:
        one.connection.close()
