"""A database that is full, locked or gone: said in words, with nothing half-written."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from analyses.models import AllowedTarget
from tests.scene import an_analysis, status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_session")]


@pytest.fixture(autouse=True)
def allowed(db):
    AllowedTarget.objects.create(pattern="*.test")


@contextmanager
def no_room() -> Iterator[None]:
    """SQLite may not grow; PostgreSQL has ended the connection."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")  # what other tests have deleted left room
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        else:
            with pytest.raises(Exception, match=r"terminating|closed"):
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    yield
    connection.close()


def test_a_submit_that_cannot_be_stored_says_so_and_leaves_nothing(client, alice):
    analysis = an_analysis(alice, *[f"http://{number}.test/{'long' * 200}" for number in range(50)])
    client.force_login(alice)
    client.raise_request_exception = False
    with no_room():
        answer = client.post(f"/analyses/{analysis.pk}/actions/submit/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing of what you have just sent was stored" in answer.content.decode()
    assert status(analysis) == "Saved for Later"
    assert not analysis.occurrences.exists()


@contextmanager
def locked() -> Iterator[None]:
    """Somebody else holds everything, and this connection waits for a tenth of a second only."""
    sqlite = connection.vendor == "sqlite"
    other = connection.copy()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100" if sqlite else "SET lock_timeout = '100ms'")
        with other.cursor() as holder:
            holder.execute("BEGIN EXCLUSIVE" if sqlite else "BEGIN")
            if not sqlite:
                holder.execute("LOCK TABLE analyses_analysis")
            yield
            holder.execute("ROLLBACK")
        other.close()
    connection.close()


def test_a_page_waits_for_a_locked_database_and_then_says_so(client, alice):
    analysis = an_analysis(alice)
    client.force_login(alice)
    client.raise_request_exception = False
    with locked():
        answer = client.post(f"/analyses/{analysis.pk}/actions/submit/")
    assert answer.status_code == 503
    assert status(analysis) == "Saved for Later"


def test_other_faults_are_not_called_the_databases(client, alice, monkeypatch):
    client.force_login(alice)
    client.raise_request_exception = False
    monkeypatch.setattr("analyses.views.statuses.SCAN", None)
    answer = client.get("/statuses/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
