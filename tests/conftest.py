"""People and places the tests speak of."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import connection
from django.test import Client

from analyses import audit, halt


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other database proves; `make thorough` runs the suite on SQLite, then on PostgreSQL.

    On SQLite those that need PostgreSQL; on PostgreSQL those that ask for no database, and so can reach none, and those
    that say that one database is enough.
    What takes longest begins first, so that no process is left alone with it at the end.
    """
    turns = {item: _turn(item) for item in items}
    as_long = Counter((turns[item], item.path) for item in items)
    items.sort(key=lambda item: (turns[item], -as_long[turns[item], item.path]))
    if connection.vendor == "postgresql":
        unfit = [item for item in items if item.get_closest_marker("any_database") or not _reaches_a_database(item)]
    else:
        unfit = [item for item in items if item.get_closest_marker("postgres")]
    left_out = set(unfit)
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=unfit)


def _turn(item: pytest.Item) -> int:
    """How early a test begins: those that start programs, engines and browsers, those with threads, all others."""
    if item.get_closest_marker("process"):
        return 0
    if item.get_closest_marker("engine") or item.get_closest_marker("browser"):
        return 1
    commits = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
    return 2 if commits or "transactional_db" in getattr(item, "fixturenames", ()) else 3


def _reaches_a_database(item: pytest.Item) -> bool:
    """Whether a test may: pytest-django refuses all others. Some tests of PostgreSQL reach it by themselves."""
    asked = {"db", "transactional_db", "live_server"}.intersection(getattr(item, "fixturenames", ()))
    return bool(asked) or any(item.get_closest_marker(mark) for mark in ("django_db", "postgres"))


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Pages remember for a moment who is at work: each test begins without that."""
    cache.clear()
    cache.set(halt.CACHE_KEY, halt.OFF, None)  # that nothing is stopped: asked for once in a while, not by every page


@pytest.fixture
def own_work(settings, tmp_path) -> Path:
    """This test's own folders of scans: other tests leave theirs in those that all share."""
    settings.WORK_DIR = tmp_path / "work"
    settings.WORK_DIR.mkdir()
    return settings.WORK_DIR


@pytest.fixture
def breaches(own_work) -> Callable[[], list[str]]:
    """What breaks an invariant."""
    return lambda: [line for invariant in audit.INVARIANTS for line in invariant()]


@pytest.fixture
def own_session(transactional_db):
    """What a test sets in its database session stays there: no other test gets the session from the pool."""
    yield
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def _person(name: str, *groups: Group) -> User:
    """Somebody who may make, submit and judge what they see."""
    user = User.objects.create_user(name, f"{name}@example.test", "a-long-password-1")
    user.groups.add(*groups, *Group.objects.filter(name__in=["Creators", "Submitters", "Reviewers"]))
    return user


@pytest.fixture
def team(db) -> Group:
    return Group.objects.create(name="Shop team")


@pytest.fixture
def alice(team) -> User:
    """Owns the analyses."""
    return _person("alice", team)


@pytest.fixture
def as_alice(alice) -> Client:
    """Alice's browser, in which she has signed in."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def bob(team) -> User:
    """Alice's team mate."""
    return _person("bob", team)


@pytest.fixture
def charlie(db) -> User:
    """A stranger."""
    return _person("charlie")


@pytest.fixture
def lead(db) -> User:
    """A security lead: sees every analysis."""
    user = _person("lead")
    user.user_permissions.add(Permission.objects.get(codename="lead_security"))
    return user
