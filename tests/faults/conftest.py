"""One installation for the faults that are always tried, with somebody signed in and a site to scan."""

import random
import threading
from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation
from tests.faults.mail_server import MailServer
from tests.faults.messages import Messages
from tests.faults.people import People
from tests.targets.serving import Answer, Asked, Site, serve
from tests.targets.sites import plain


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def door() -> threading.Event:
    """While it is closed, the site answers nobody."""
    opened = threading.Event()
    opened.set()
    return opened


@pytest.fixture(scope="module")
def site(door) -> Iterator[Site]:
    def answer(asked: Asked) -> Answer:
        door.wait(30)
        return plain(asked)

    with serve(answer) as served:
        yield served


@pytest.fixture(scope="module")
def it(mail, tmp_path_factory) -> Iterator[Installation]:
    """Vedette on SQLite and the embedded broker, with leases that end soon; in the end every invariant holds."""
    installation = Installation(tmp_path_factory.mktemp("faults"), mail.address, LEASE_SECONDS="4")
    try:
        installation.start()
        yield installation
        code, said = installation.ask("audit")
        assert code == 0, said
        assert installation.end() == 0
        assert installation.left_over() == []
    finally:
        installation.clean_up()


@pytest.fixture(scope="module")
def people(it, site) -> People:
    somebody = People(it.address, [site.spot], random.Random(1))
    somebody.settle_in()
    return somebody


@pytest.fixture(scope="module")
def messages(it) -> Messages:
    return Messages(it, random.Random(1))
