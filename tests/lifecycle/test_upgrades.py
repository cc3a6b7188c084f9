"""What an upgrade makes of runs that were under way before it."""

import pytest

from analyses import lifecycle
from analyses.models import Analysis, Deletion, ScanOccurrence
from analyses.moves import Ending
from tests.lifecycle.deleted import found
from tests.scene import ends, running, scans_of, status
from tests.upgrades import as_it_was_at

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
