"""People and places the tests speak of."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import connection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL where there is none; `make test` runs the suite on both databases.

    What takes longest begins first, so that no process is left alone with it at the end.
    """
    slow = ("process", "engine", "browser")
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in slow))
    if connection.vendor != "postgresql":
        unfit = [item for item in items if item.get_closest_marker("postgres")]
        items[:] = [item for item in items if item not in unfit]
        config.hook.pytest_deselected(items=unfit)


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Pages remember for a moment who is at work: each test begins without that."""
    cache.clear()


@pytest.fixture
def own_session(transactional_db):
    """What a test sets in its database session stays there: no other test gets the session from the pool."""
    yield
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def _person(name: str, *groups: Group) -> User:
    user = User.objects.create_user(name, f"{name}@example.test", "a-long-password-1")
    user.groups.add(*groups)
    return user


@pytest.fixture
def team(db) -> Group:
    return Group.objects.create(name="Shop team")


@pytest.fixture
def alice(team) -> User:
    """Owns the analyses."""
    return _person("alice", team)


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
