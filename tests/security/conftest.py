"""The world the tests of this folder look at, and the browser they look with."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.browser.conftest import browse, chromium, console  # noqa: F401 - fixtures
from tests.security.world import World, make_world


@pytest.fixture
def root(db) -> User:
    """An administrator, who sees every page."""
    return User.objects.create_superuser("root", "root@example.test", "a-long-password-1")


@pytest.fixture
def world(root, team) -> World:
    return make_world(root, team)


@pytest.fixture
def as_root(root) -> Client:
    """Her browser, which sees pages of errors as everybody does."""
    client = Client(raise_request_exception=False)
    client.force_login(root)
    return client
