"""A database that goes away while a scan runs: reports wait for it, and no scan is lost for it."""

import threading

import pytest
from django.db import OperationalError, connection

from analyses import lifecycle
from analyses.lifecycle import outages
from analyses.lifecycle.outages import outlasting_outages
from tests.scene import FLAW, running, scans_of, status


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(outages, "RETRY_SECONDS", 0.05)


def away_for(times: int):
    """A report that finds the database away so many times."""
    tried = []

    @outlasting_outages
    def report() -> int:
        tried.append(True)
        if len(tried) <= times:
            raise OperationalError("the database is away")
        return len(tried)

    return report


@pytest.mark.django_db(transaction=True)
def test_a_report_is_tried_again_until_the_database_is_back():
    assert away_for(3)() == 4


@pytest.mark.django_db(transaction=True)
def test_not_for_longer_than_a_lease(settings):
    settings.LEASE_SECONDS = 0.2
    with pytest.raises(OperationalError):
        away_for(100)()


@pytest.mark.django_db
def test_within_somebody_elses_transaction_the_error_is_theirs():
    with pytest.raises(OperationalError):
        away_for(1)()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_session")
def test_a_heartbeat_outlasts_a_database_that_is_locked(alice):
    """Somebody else holds it for longer than one attempt waits."""
    _, occurrence, [held] = running(alice)
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50" if sqlite else "SET lock_timeout = '50ms'")
    other = connection.copy()
    other.inc_thread_sharing()
    with other.cursor() as holder:
        holder.execute("BEGIN EXCLUSIVE" if sqlite else "BEGIN")
        if not sqlite:
            holder.execute("LOCK TABLE analyses_scanoccurrence")
        threading.Timer(0.5, lambda: other.connection.rollback()).start()
        assert lifecycle.heartbeat(held).status.label == "In Progress"
    other.close()
    lifecycle.record_found(held, [FLAW])
    assert status(scans_of(occurrence)[0]) == "In Progress"
