"""What an upgrade makes of runs that were under way before it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from analyses import lifecycle
from analyses.models import Analysis, Deletion, ScanOccurrence
from analyses.moves import Ending
from tests.lifecycle.deleted import found
from tests.scene import ends, running, scans_of, status

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def before(name: str) -> Iterator[Callable]:
    """The tables of analyses as they were at a migration; afterwards they are upgraded. Gives the models of then."""
    latest = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == "analyses"]
    executor = MigrationExecutor(connection)
    executor.migrate([("analyses", name)])
    try:
        apps = executor.loader.project_state([("analyses", name)]).apps
        yield lambda model: apps.get_model("analyses", model)
    finally:
        MigrationExecutor(connection).migrate(latest)


def test_results_that_were_being_deleted_are_deleted_and_nothing_is_kept(alice, breaches):
    analysis, occurrence, [held] = running(alice)
    found(held)
    lifecycle.stop(analysis, alice, keep=False)
    with before("0024_reproduced"):
        pass
    assert Deletion.objects.get().occurrence == occurrence
    lifecycle.end_run(held, Ending.STOPPED)
    assert status(scans_of(occurrence)[0]) == "Stopped"
    assert not Deletion.objects.exists()
    assert breaches() == []


def test_results_that_waited_for_a_reviewer_are_found_as_such(alice, breaches):
    held, published = (running(alice, name=name, hold_results=True) for name in ("Held", "Under way"))
    for _, _, [claim] in (held, published):
        ends(claim)
    lifecycle.publish(held[2][0])
    with before("0020_slots_of_hosts"):
        pass
    assert [analysis.name for analysis in Analysis.objects.filter(held=True)] == ["Held"]
    assert ScanOccurrence.objects.filter(ended_at=None).count() == 1
    assert breaches() == []
