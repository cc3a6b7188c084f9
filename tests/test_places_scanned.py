"""A scan of a site and a further host, from its submission to its results, with the real engine."""

from urllib.parse import urlsplit

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget, FindingInstance
from tests.scene import an_analysis, scans_of, status
from tests.targets.serving import Answer, Asked, serve

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def shop(asked: Asked) -> Answer:
    if asked.path == "/search":
        return Answer(f"<html><p>{asked.query.get('word', '')}</p></html>")
    return Answer("<html><a href='/search?word=a'>search</a></html>")


def test_both_are_prescanned_scanned_and_tested_again_and_one_has_the_headers(alice):
    with serve(shop) as cdn, serve(shop) as site:
        for place in (site, cdn):
            AllowedTarget.objects.create(pattern=place.spot)
        analysis = an_analysis(alice, site.url, engine="wapiti")
        scan = analysis.scans.get()
        scan.allowed_hosts, scan.headers, scan.headers_name = cdn.url, "X-Shop: an-extra-header", "X-Shop"
        scan.save()
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        ran = scans_of(occurrence)[0]
        assert status(ran) == "Queued", ran.cause
        runner.drive(ran.pk)
        assert status(ran) == "Completed - Results Available", ran.cause
        assert {asked.headers.get("x-shop") for asked in site.asked} == {"an-extra-header"}
        assert {asked.headers.get("x-shop") for asked in cdn.asked} == {None}
    hosts = {place.spot for place in (site, cdn)}
    assert {urlsplit(page.url).netloc for page in ran.crawled.all()} == hosts
    found = FindingInstance.objects.filter(scan_occurrence=ran, finding__module="xss")
    assert {urlsplit(instance.url).netloc for instance in found} == hosts
    assert {instance.verification for instance in found} == {"confirmed"}


def test_a_further_host_that_is_not_allowed_is_not_scanned_at_all(alice):
    with serve(shop) as cdn, serve(shop) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        analysis = an_analysis(alice, site.url, engine="wapiti")
        analysis.scans.update(allowed_hosts=cdn.url)
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        assert status(scans_of(occurrence)[0]) == "Verification Failed"
        assert cdn.asked == site.asked == []
