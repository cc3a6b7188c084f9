"""A deletion that fails is told where it was asked for and in the log; what was to be deleted is there as before."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from analyses import lifecycle, tasks
from analyses.models import Activity, Analysis, DeletedAnalysis, FindingInstance
from analyses.moves import Ending
from tests.configure.pages import text_of
from tests.lifecycle.deleted import RESULTS, found, stored, told
from tests.scene import published, running, scans_of, status

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TABLE = FindingInstance._meta.db_table
TOLD = "Some results could not be deleted and are still here."


@contextmanager
def nothing_can_be_deleted() -> Iterator[None]:
    """The database refuses to delete what was found."""
    refuse, allow = {
        "sqlite": (
            [f"CREATE TRIGGER kept BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'cannot be deleted'); END"],
            ["DROP TRIGGER kept"],
        ),
        "postgresql": (
            [
                "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'cannot be deleted'; END $$",
                f"CREATE TRIGGER kept BEFORE DELETE ON {TABLE} EXECUTE FUNCTION kept()",
            ],
            [f"DROP TRIGGER kept ON {TABLE}", "DROP FUNCTION kept()"],
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        for statement in refuse:
            cursor.execute(statement)
        yield
        for statement in allow:
            cursor.execute(statement)


def summary(client, analysis: Analysis) -> str:
    return text_of(client.get(f"/analyses/{analysis.pk}/"))


def test_results_that_cannot_be_deleted_are_told_on_the_summary_and_once_in_the_log(as_alice, alice, caplog):
    analysis, occurrence, [held] = running(alice)
    found(held)
    before = stored()
    lifecycle.stop(analysis, alice, keep=False)
    with nothing_can_be_deleted():
        lifecycle.end_run(held, Ending.STOPPED)
        for _ in range(2):
            tasks.sweep()
        assert stored() == before
        assert status(scans_of(occurrence)[0]) == "Stopping - Deleting Results"
        assert TOLD in summary(as_alice, analysis)
        [(who, cause)] = told(analysis, "Results not deleted")
        assert (who, cause.startswith("It is tried again")) == ("system", True)
        assert "The sweep could not" not in caplog.text
    tasks.sweep()
    assert stored() == {table.__name__: [] for table in RESULTS}
    assert status(scans_of(occurrence)[0]) == "Stopped"
    assert TOLD not in summary(as_alice, analysis)


def test_of_results_that_are_deleted_nothing_like_that_is_told(as_alice, alice):
    analysis, _, [held] = running(alice)
    found(held)
    lifecycle.stop(analysis, alice, keep=False)
    assert TOLD not in summary(as_alice, analysis)
    lifecycle.end_run(held, Ending.STOPPED)
    assert told(analysis, "Results not deleted") == []


def test_an_analysis_that_cannot_be_deleted_is_there_as_before_and_that_is_told_twice(as_alice, alice):
    analysis = published(alice, name="Shop")
    before = stored()
    with nothing_can_be_deleted():
        page = as_alice.post(f"/analyses/{analysis.pk}/delete/", {"name": "Shop"}, follow=True)
    assert "Nothing was deleted. Deleting it failed, and all of it is still there." in text_of(page)
    assert "Shop" in text_of(as_alice.get("/"))
    assert stored() == before
    assert not DeletedAnalysis.objects.exists()
    [entry] = Activity.objects.filter(analysis=analysis, action="Not deleted")
    assert entry.actor == alice
    assert "Deleting it failed" in summary(as_alice, analysis)


def test_of_several_the_report_says_it_of_each(as_alice, alice):
    numbers = [published(alice, f"http://{name}.test/", name=name).pk for name in ("Mill", "Shop")]
    with nothing_can_be_deleted():
        report = as_alice.post("/bulk/delete/", {"chosen": numbers, "confirmed": "2"}, follow=True)
    assert text_of(report).count("Deleting it failed, and all of it is still there.") == 2
    assert Analysis.objects.count() == 2
