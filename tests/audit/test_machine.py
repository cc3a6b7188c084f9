"""The audit of what is on the machine: engines nobody holds, folders of no scan."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses.lifecycle.claims import HOST
from tests.audit.installation import breaches, folder_of, scans
from tests.engines_at_work import an_engine_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_work")]


def test_an_engine_whose_scan_nobody_holds_is_an_orphan(installation):
    scan = scans(installation.at_work).get()
    with an_engine_in(folder_of(scan)) as group:
        assert breaches() == {}
        scans(installation.at_work).update(lease_until=timezone.now() - timedelta(seconds=1))
        orphan = f"process groups [{group}] run for scan {scan.pk}, which nobody holds here"
        assert breaches() == {"no engine runs without a lease": [orphan]}


def test_two_engines_of_one_scan_are_one_too_many(installation):
    scan = scans(installation.at_work).get()
    assert scan.host == HOST
    with an_engine_in(folder_of(scan)), an_engine_in(folder_of(scan)):
        [line] = breaches()["no engine runs without a lease"]
        assert line.startswith(f"scan {scan.pk} has 2 engines at the same time")


def test_an_engine_or_a_folder_of_a_test_that_nobody_carries_out(installation, own_work):
    folder = own_work / "retest-999999"
    with an_engine_in(folder) as group:
        assert breaches() == {
            "no engine runs without a lease": [
                f"process group {group} runs for test 999999 of a finding, which nobody holds"
            ],
            "nothing is left of ended scans": [f"{folder} is left of a test of a finding that has ended"],
        }


def test_a_folder_of_no_scan_is_named(installation, own_work):
    (own_work / "scan-999999").mkdir()
    (own_work / "lost").mkdir()
    assert breaches() == {
        "nothing is left of ended scans": [
            f"{own_work}/lost is no scan's",
            f"{own_work}/scan-999999 is left of a scan that is gone",
        ]
    }
