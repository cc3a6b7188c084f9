"""People who sign in, and the computing of their passwords, counted."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import hashers
from django.test import Client

from tests.accounts import counted
from tests.accounts.people import Person


@pytest.fixture
def visitor() -> Client:
    """A browser in which nobody is signed in; it checks nothing less than a real one has to pass."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person(alice) -> Person:
    """Alice, signed in as people do it."""
    person = Person(alice)
    assert person.sign_in().redirect_chain
    return person


@pytest.fixture
def computed(settings, db) -> Iterator[Callable[[], int]]:
    """How many passwords have been computed since this was last asked."""
    settings.PASSWORD_HASHERS = ["tests.accounts.counted.CountedHasher"]
    hashers.get_hashers.cache_clear()
    hashers.get_hashers_by_algorithm.cache_clear()
    counted.COMPUTED.clear()

    def since() -> int:
        number = len(counted.COMPUTED)
        counted.COMPUTED.clear()
        return number

    yield since
    hashers.get_hashers.cache_clear()
    hashers.get_hashers_by_algorithm.cache_clear()
