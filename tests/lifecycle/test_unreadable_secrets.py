"""A secret that was encrypted with a key that is gone: whoever needs it is told; nobody else notices."""

from datetime import timedelta

import pytest

from analyses import lifecycle, prescanner, runner, tasks
from analyses.models import AllowedTarget, AnalysisOccurrence
from tests.scene import an_analysis, give_secrets, let_pass, prescanned, scans_of, started, status, statuses_in_log

pytestmark = pytest.mark.django_db(transaction=True)
CAUSE = "A stored secret cannot be read: it was encrypted with another key, or for another place."


@pytest.fixture(autouse=True)
def scripted(settings):
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="shop.test")


@pytest.fixture
def other_keys(settings):
    """Have the installation come back with other keys than it had."""

    def change() -> None:
        settings.CREDENTIAL_KEYS = ["another key"]

    return change


def submitted(owner, **fields) -> AnalysisOccurrence:
    analysis = an_analysis(owner, **fields)
    give_secrets(analysis, secret="hunter2")
    return lifecycle.submit(analysis, owner)


def test_the_prescan_says_so(alice, other_keys):
    occurrence = submitted(alice)
    other_keys()
    prescanner.drive(occurrence.pk)
    [scan] = scans_of(occurrence)
    assert (status(occurrence), status(scan), scan.cause) == ("All Verifications Failed", "Verification Failed", CAUSE)
    assert "again" in scan.advice


def test_a_scan_that_was_queued_ends(alice, other_keys):
    occurrence = submitted(alice)
    prescanned(occurrence)
    other_keys()
    [scan] = scans_of(occurrence)
    runner.drive(scan.pk)
    assert (status(occurrence), status(scan), scan.cause) == ("Stopped - Technical Issue", "Submit Failed", CAUSE)


def test_the_sweep_and_its_people_go_on(alice, other_keys, client, time_machine):
    occurrence = submitted(alice, duration=timedelta(hours=1))
    prescanned(occurrence)
    started(scans_of(occurrence)[0])
    scheduled = an_analysis(alice, name="Later", repeat="daily")
    give_secrets(scheduled, secret="hunter2")
    lifecycle.submit(scheduled, alice)
    other_keys()
    client.force_login(alice)
    assert client.get(f"/analyses/{occurrence.analysis_id}/").status_code == 200
    lifecycle.stop(scheduled, alice, keep=True)
    let_pass(time_machine, 24 * 3600 + 60)
    tasks.sweep()
    assert scheduled.occurrences.count() == 2
    lifecycle.stop(occurrence.analysis, alice, keep=False)
    assert statuses_in_log(occurrence.analysis)[-1] == "Stopped - Deleting Results"
