"""What an upgrade makes of runs that were under way before it."""

import pytest
from django.db import connection

from analyses import lifecycle
from analyses.lifecycle.writing import note_on
from analyses.models import Activity, Analysis, Deletion, ScanOccurrence
from analyses.moves import Ending
from tests.lifecycle.deleted import found
from tests.scene import an_analysis, ends, running, scans_of, status
from tests.upgrades import as_it_was_at
from tests.words.german import german

pytestmark = pytest.mark.django_db(transaction=True)


def test_results_that_were_being_deleted_are_deleted_and_nothing_is_kept(alice, breaches):
    analysis, occurrence, [held] = running(alice)
    found(held)
    lifecycle.stop(analysis, alice, keep=False)
    with as_it_was_at("analyses", "0024_reproduced"):
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
    with as_it_was_at("analyses", "0020_slots_of_hosts"):
        pass
    assert [analysis.name for analysis in Analysis.objects.filter(held=True)] == ["Held"]
    assert ScanOccurrence.objects.filter(ended_at=None).count() == 1
    assert breaches() == []


def test_the_log_of_earlier_versions_is_read_as_it_was_written(alice):
    entry = note(an_analysis(alice), "Scan status", "The worker was lost 3 times while this scan ran.")
    with as_it_was_at("analyses", "0026_deleted_analyses"), connection.cursor() as cursor:
        cursor.execute("SELECT action, cause FROM analyses_activity WHERE id = %s", [entry.pk])
        before = cursor.fetchone()
    entry.refresh_from_db()
    assert (entry.action, entry.cause) == before
    assert (german(entry.action), german(entry.cause)) == ("Status des Scans", before[1])


def note(analysis: Analysis, action: str, cause: str) -> Activity:
    """An entry as it was written when causes were plain texts."""
    note_on(analysis, action, cause=cause)
    return Activity.objects.latest("pk")
