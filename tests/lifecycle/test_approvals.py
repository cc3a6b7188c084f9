"""Approvals that are withdrawn: what the sweep ends of scans that nobody drives, and how it is said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.lifecycle import Work
from analyses.models import Activity, AllowedTarget, AnalysisOccurrence, ScanOccurrence
from notifications.models import OutgoingMail
from tests.scene import FLAW, an_analysis, prescanned, running, scans_of, status

pytestmark = pytest.mark.django_db

CAUSE = "shop.test is no longer an allowed target."


@pytest.fixture(autouse=True)
def allowed(db) -> AllowedTarget:
    return AllowedTarget.objects.create(pattern="shop.test")


def queued(alice, *urls: str, **fields) -> tuple:
    analysis = an_analysis(alice, *urls, **fields)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    return analysis, occurrence


def swept() -> None:
    for pk in list(lifecycle.withdrawn()):
        lifecycle.end_withdrawn(pk)


def test_as_long_as_everything_is_allowed_nothing_is_withdrawn(alice):
    queued(alice)
    running(alice, name="Running")
    assert list(lifecycle.withdrawn()) == []


def test_a_queued_scan_fails_its_verification(alice, allowed):
    analysis, occurrence = queued(alice)
    allowed.delete()
    swept()
    [scan] = scans_of(occurrence)
    assert (status(scan), scan.cause) == ("Verification Failed", CAUSE)
    assert "allow it again" in scan.next_step
    assert status(analysis) == "Stopped - Technical Issue"
    assert Activity.objects.get(scan_occurrence=scan, new_status="Verification Failed").cause == CAUSE
    assert lifecycle.claim(scan.pk) is None


def test_the_other_scans_go_on(alice, allowed):
    AllowedTarget.objects.create(pattern="other.test")
    analysis, occurrence = queued(alice, "http://shop.test/", "http://other.test/")
    held = lifecycle.claim(scans_of(occurrence)[1].pk)
    lifecycle.started(held)
    allowed.delete()
    swept()
    assert [status(scan) for scan in scans_of(occurrence)] == ["Verification Failed", "In Progress"]
    assert status(analysis) == "In Progress + warning icon"


@pytest.mark.parametrize(
    "configured",
    [
        {"allowed_hosts": "http://cdn.test/"},
        {"url": "http://shop.test/", "both_schemes": True},
        {"sign_in_method": "form", "login_url": "http://sso.test/login"},
        {"sign_in_method": "form", "check_url": "http://portal.test/"},
    ],
    ids=["a further host", "its twin", "its sign-in page", "the page that shows who is signed in"],
)
def test_everything_that_a_scan_reaches_has_to_be_allowed(alice, allowed, configured):
    places = ["shop.test:80" if "both_schemes" in configured else "shop.test", "cdn.test", "sso.test", "portal.test"]
    others = [AllowedTarget.objects.create(pattern=place) for place in {*places, "shop.test:443"} - {"shop.test"}]
    analysis = an_analysis(alice)
    analysis.scans.update(**configured)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    assert list(lifecycle.withdrawn()) == []
    if "both_schemes" in configured:
        allowed.delete()
        AllowedTarget.objects.filter(pattern="shop.test:443").delete()
    else:
        AllowedTarget.objects.filter(pk__in=[other.pk for other in others]).delete()
    swept()
    assert status(scans_of(occurrence)[0]) == "Verification Failed"


def test_a_pattern_that_is_narrowed_withdraws_what_it_leaves_out(alice, allowed):
    _, occurrence = queued(alice)
    AllowedTarget.objects.filter(pk=allowed.pk).update(pattern="shop.test:8443")
    swept()
    assert status(scans_of(occurrence)[0]) == "Verification Failed"


@pytest.mark.parametrize(
    ("finds", "ends"), [(True, "Scan Error - Verifying Partial Results"), (False, "Technical Issue - Stopped")]
)
def test_a_paused_scan_ends_with_what_it_found(alice, allowed, finds, ends):
    analysis, occurrence, [held] = running(alice)
    if finds:
        lifecycle.record_found(held, [FLAW])
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    allowed.delete()
    swept()
    [scan] = scans_of(occurrence)
    assert (status(scan), scan.cause, scan.slot) == (ends, CAUSE, None)
    assert scan.findings.exists() == finds
    assert (lifecycle.claim(scan.pk) is not None) == finds  # to be published


def test_a_scan_that_waits_to_go_on_ends_too(alice, allowed):
    analysis, occurrence, [held] = running(alice)
    lifecycle.pause(analysis, alice)
    lifecycle.suspended(held)
    lifecycle.resume(analysis, alice)
    allowed.delete()
    swept()
    assert status(scans_of(occurrence)[0]) == "Technical Issue - Stopped"


def test_what_a_runner_drives_is_for_the_runner_and_what_it_left_for_the_sweep(alice, allowed, settings):
    _, occurrence, [held] = running(alice)
    allowed.delete()
    assert list(lifecycle.withdrawn()) == []
    assert lifecycle.heartbeat(held).allowed == ()
    ScanOccurrence.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    swept()
    assert status(scans_of(occurrence)[0]) == "Technical Issue - Stopped"


def test_a_prescan_goes_on_to_its_end_and_the_mail_says_why(alice, allowed):
    AllowedTarget.objects.create(pattern="other.test")
    analysis = an_analysis(alice, "http://shop.test/", "http://other.test/")
    occurrence = lifecycle.submit(analysis, alice)
    claimed = lifecycle.begin_prescan(occurrence.pk)
    allowed.delete()
    swept()
    assert status(analysis) == "Prescanning"
    lifecycle.finish_prescan(AnalysisOccurrence.objects.get(pk=claimed.pk))
    assert status(scans_of(occurrence)[0]) == "Verification Failed"
    assert CAUSE.rstrip(".") in OutgoingMail.objects.get(event="prescan_failed").text


def test_what_has_not_begun_is_left_for_its_prescan_to_refuse(alice, allowed):
    lifecycle.submit(an_analysis(alice), alice)
    lifecycle.submit(an_analysis(alice, name="Later"), alice, start_at=timezone.now() + timedelta(days=1))
    allowed.delete()
    assert list(lifecycle.withdrawn()) == []


def test_results_that_are_verified_are_left_alone(alice, allowed):
    _, _, [held] = running(alice, hold_results=True)
    lifecycle.record_found(held, [FLAW])
    lifecycle.end_run(held, "completed")
    lifecycle.publish(held)
    allowed.delete()
    assert list(lifecycle.withdrawn()) == []


def test_the_verb_does_nothing_where_the_approval_is_back(alice):
    _, occurrence = queued(alice)
    lifecycle.end_withdrawn(scans_of(occurrence)[0].pk)
    assert status(scans_of(occurrence)[0]) == "Queued"


def test_a_stopping_scan_keeps_its_way(alice, allowed):
    analysis, occurrence, [held] = running(alice)
    lifecycle.stop(analysis, alice, keep=True)
    lifecycle.release(held)
    allowed.delete()
    swept()
    assert status(scans_of(occurrence)[0]) == "Stopping - Saving Results"
    assert lifecycle.claim(held.scan_id).work is Work.END


def test_looking_costs_as_many_queries_for_many_scans_as_for_one(alice, django_assert_num_queries):
    queued(alice)
    with django_assert_num_queries(3):
        list(lifecycle.withdrawn())
    queued(alice, *[f"http://shop.test/{number}/" for number in range(30)], name="Many")
    with django_assert_num_queries(3):
        list(lifecycle.withdrawn())
