"""Deleted results that were had back are verified like any: with the sign-in that is stored, where it still fits."""

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import Activity, AllowedTarget, FindingInstance, Scan, ScanOccurrence
from analyses.moves import Ending
from tests.scene import FLAW, an_analysis, give_secrets, scans_of, started, status
from tests.targets.serving import serve
from tests.targets.sites import FormSite

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse"


@pytest.fixture
def site():
    with serve(FormSite(password=PASSWORD)) as served:
        AllowedTarget.objects.create(pattern=served.spot)
        yield served


@pytest.fixture
def scan(alice, site, settings, tmp_path) -> ScanOccurrence:
    """It was stopped, its results were deleted and had back, and it waits to be verified."""
    settings.SCRIPTED_ENGINE = True
    settings.WORK_DIR = tmp_path / "work"
    analysis = an_analysis(alice, site.url)
    analysis.scans.update(sign_in_method="form", login_url=f"{site.url}login/", username="alice")
    give_secrets(analysis, secret=PASSWORD)
    occurrence = lifecycle.submit(analysis, alice)
    prescanner.drive(occurrence.pk)
    held = started(scans_of(occurrence)[0])
    lifecycle.record_found(held, [FLAW])
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    assert scans_of(occurrence)[0].secret == ""
    lifecycle.undo_deletion(analysis, alice)
    site.asked.clear()
    return scans_of(occurrence)[0]


def sent(site) -> list[str]:
    return [asked.path for asked in site.asked if asked.method == "POST"]


def test_it_signs_in_with_what_is_stored_and_tests_them_again(scan, site):
    runner.drive(scan.pk)
    assert status(scan) == "Stopped - Partial Results Available"
    assert sent(site) == ["/login/"]
    assert FindingInstance.objects.get().verification == "confirmed"
    scan.refresh_from_db()
    assert scan.secret == ""


@pytest.mark.parametrize("change", [{"username": "bob"}, {"url": "http://127.0.0.1:8/"}, None])
def test_secrets_are_never_sent_where_they_were_not_meant_for(scan, site, change):
    scans = Scan.objects.filter(pk=scan.scan_id)
    scans.update(**change) if change else scans.delete()
    runner.drive(scan.pk)
    assert site.asked == []
    assert status(scan) == "Stopped - Partial Results Available"
    assert FindingInstance.objects.get().verification == "not_retested"
    assert "has been changed since" in Activity.objects.get(action="Results not tested again").cause
