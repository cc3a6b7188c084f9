import pytest
from django.test import Client


@pytest.fixture
def as_bob(bob) -> Client:
    return _signed_in(bob)


@pytest.fixture
def as_charlie(charlie) -> Client:
    return _signed_in(charlie)


@pytest.fixture
def as_lead(lead) -> Client:
    return _signed_in(lead)


def _signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client
