"""An approval that is withdrawn while a scan is under way: nothing of it reaches the target any more."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from analyses import lifecycle, prescanner, runner
from analyses.engines.contract import Place
from analyses.engines.scripted import ScriptedEngine
from analyses.models import Activity, AllowedTarget, FindingInstance
from analyses.pulse import Pulse, Withdrawn
from tests.scene import an_analysis, running, scans_of, status, statuses_in_log
from tests.statuses.stage import script, wait_until
from tests.targets.serving import Answer, Asked, Site, serve
from tests.targets.sites import plain

pytestmark = pytest.mark.django_db(transaction=True)

AT_MOST = 15.0  # seconds until a target hears nothing any more
ENDED = "is no longer an allowed target."


@pytest.fixture(autouse=True)
def scripted(settings):
    settings.SCRIPTED_ENGINE = True


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(plain) as served:
        AllowedTarget.objects.create(pattern=served.spot)
        yield served


def in_background(work, *args) -> threading.Thread:
    def run() -> None:
        try:
            work(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def queued(alice, *urls: str, **fields):
    analysis = an_analysis(alice, *urls, **fields)
    occurrence = lifecycle.submit(analysis, alice)
    prescanner.drive(occurrence.pk)
    return analysis, scans_of(occurrence)[0]


@pytest.mark.parametrize(
    ("play", "ends", "analysis_ends"),
    [
        ("hangs-after-finding", "Scan Error - Partial Results Available", "Completed - Partial Results Available"),
        ("hangs", "Technical Issue - Stopped", "Stopped - Technical Issue"),
    ],
)
def test_the_runner_ends_the_engine_and_keeps_what_it_found(alice, site, play, ends, analysis_ends):
    analysis, scan = queued(alice, script(site.url, play, seconds=1))
    thread = in_background(runner.drive, scan.pk)
    wait_until(lambda: scans_of(scan.occurrence)[0].phase, "progress")
    if play == "hangs-after-finding":
        wait_until(lambda: FindingInstance.objects.count() == 3, "findings")
    AllowedTarget.objects.all().delete()
    thread.join(AT_MOST)
    assert (status(scan), status(analysis)) == (ends, analysis_ends)
    assert scan.cause == f"{site.spot} {ENDED}"
    assert Activity.objects.filter(scan_occurrence=scan, cause=scan.cause).exists()
    assert scan.crawled.exists()
    assert {instance.verification for instance in scan.findings.all()} <= {"not_retested"}


def test_a_further_host_that_is_withdrawn_ends_the_scan_and_is_named(alice, site):
    with serve(plain) as cdn:
        approval = AllowedTarget.objects.create(pattern=cdn.spot)
        analysis = an_analysis(alice, script(site.url, "hangs"))
        analysis.scans.update(allowed_hosts=cdn.url)
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        [scan] = scans_of(occurrence)
        thread = in_background(runner.drive, scan.pk)
        wait_until(lambda: scans_of(occurrence)[0].phase, "progress")
        approval.delete()
        thread.join(AT_MOST)
    assert (status(scan), scan.cause) == ("Technical Issue - Stopped", f"{cdn.spot} {ENDED}")


def test_an_address_that_is_withdrawn_ends_the_scan_though_its_name_is_still_allowed(alice):
    """Whoever runs a domain decides where the names below it lead: a private address needs a pattern of its own."""
    AllowedTarget.objects.create(pattern="*.corp.test")
    network = AllowedTarget.objects.create(pattern="10.0.0.0/8")
    pulse = Pulse(running(alice, "http://shop.corp.test/")[2][0], ["http://shop.corp.test/"])
    pulse.keep_to([Place("http://shop.corp.test/", ("10.1.2.3",))])
    pulse.beat()
    network.delete()
    with pytest.raises(Withdrawn, match=r"shop\.corp\.test is no longer an allowed target"):
        pulse.beat()


@contextmanager
def prescanned_slowly(alice):
    """A prescan under way, of a site that redirects for ever, every few seconds: the analysis, the site, the thread."""
    waiting = threading.Event()

    def redirect_slowly(_: Asked) -> Answer:
        waiting.wait(3)
        return Answer(status=302, headers=(("Location", f"/{len(site.asked)}"),))

    with serve(redirect_slowly) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        analysis = an_analysis(alice, site.url)
        thread = in_background(prescanner.drive, lifecycle.submit(analysis, alice).pk)
        wait_until(lambda: site.asked, "the first request")
        yield analysis, site, thread


def assert_ends_and_sends_nothing_more(site, thread, seconds: float) -> None:
    thread.join(AT_MOST)
    assert not thread.is_alive()
    heard = len(site.asked)
    threading.Event().wait(seconds)
    assert len(site.asked) == heard


def test_a_prescan_sends_nothing_more_and_fails(alice, settings):
    settings.PRESCAN_SECONDS = 40
    with prescanned_slowly(alice) as (analysis, site, thread):
        AllowedTarget.objects.all().delete()
        assert_ends_and_sends_nothing_more(site, thread, 4)
    [scan] = scans_of(analysis.occurrences.get())
    assert (status(scan), status(analysis)) == ("Verification Failed", "All Verifications Failed")
    assert site.spot in scan.cause


def test_a_prescan_that_is_stopped_sends_nothing_more(alice):
    with prescanned_slowly(alice) as (analysis, site, thread):
        lifecycle.stop(analysis, alice, keep=True)
        assert_ends_and_sends_nothing_more(site, thread, 7)


def test_what_is_withdrawn_while_a_scan_signs_in_has_failed_its_verification(alice, site, monkeypatch):
    _, scan = queued(alice, script(site.url, "complete"))
    monkeypatch.setattr(ScriptedEngine, "start", lambda *_args, **_resume: pytest.fail("It was started."))
    held = lifecycle.claim(scan.pk)
    AllowedTarget.objects.all().delete()
    runner._drive(held)
    assert (status(scan), scan.cause) == ("Verification Failed", f"{site.spot} {ENDED}")


def test_results_are_published_untested_when_the_target_may_not_be_reached_any_more(alice, site, monkeypatch):
    analysis, scan = queued(alice, script(site.url, "complete", testing=30))
    thread = in_background(runner.drive, scan.pk)
    wait_until(lambda: status(scan) == "Completed - Verifying Results", "the verification")
    heard = len(site.asked)
    AllowedTarget.objects.all().delete()
    thread.join(AT_MOST)
    assert (status(scan), status(analysis)) == ("Completed - Results Available",) * 2
    assert {instance.verification for instance in scan.findings.all()} == {"not_retested"}
    assert Activity.objects.get(scan_occurrence=scan, action="Results not tested again").cause.endswith(ENDED)
    assert len(site.asked) <= heard + 1  # of signing in again
    assert "Completed - Verifying Results" in statuses_in_log(analysis)


@pytest.mark.engine
def test_a_real_engine_sends_nothing_any_more_within_15_seconds(alice):
    """Told by the target itself: when it heard the last of it."""
    heard: list[float] = []

    def endless(asked: Asked) -> Answer:
        heard.append(time.monotonic())
        number = len(heard)
        return Answer("".join(f"<a href='/page/{number}-{n}?word=a'>{n}</a>" for n in range(5)))

    with serve(endless) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        _, scan = queued(alice, site.url, engine="wapiti")
        assert status(scan) == "Queued", scan.cause
        thread = in_background(runner.drive, scan.pk)
        wait_until(lambda: len(heard) > 50, "a scan at work")
        AllowedTarget.objects.all().delete()
        withdrawn = time.monotonic()
        thread.join(60)
        assert not thread.is_alive()
        ended = time.monotonic()
        threading.Event().wait(5)
        last = heard[-1]
    assert last - withdrawn < AT_MOST
    assert last <= ended
    assert (status(scan), scan.cause) == ("Scan Error - Partial Results Available", f"{site.spot} {ENDED}")
