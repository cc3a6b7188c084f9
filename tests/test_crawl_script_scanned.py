"""What only a crawl script visits, and addresses that are left out, with the real browser and the real engine."""

import pytest

from analyses import lifecycle, prescanner, runner
from analyses.models import AllowedTarget, FindingInstance
from tests.prescan.scripts import side
from tests.scene import an_analysis, give_secrets, scans_of, status
from tests.targets.serving import Answer, Asked, redirect, serve

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.django_db(transaction=True)]

LINKED = ("/private", "/private/", "/private/deep/page", "/privateer", "/page", "/page?a=1", "/page/below", "/pages")


def shop(asked: Asked) -> Answer:
    """No page links to /offer, which shows what it is asked for. /private leads to the directory of its name."""
    if asked.path == "/offer":
        return Answer(f"<html><h1>Offer</h1><p>{asked.query.get('word', '')}</p></html>")
    if asked.path == "/private":
        return redirect("/private/", 301)
    links = "".join(f"<a href='{path}'>{path}</a>" for path in LINKED)
    return Answer(f"<html><h1>Shop</h1>{links}</html>")


def test_what_only_the_script_visits_is_scanned_and_what_is_left_out_is_not(alice):
    with serve(shop) as site:
        AllowedTarget.objects.create(pattern=site.spot)
        analysis = an_analysis(alice, site.url, engine="wapiti")
        analysis.excluded_urls = f"{site.url}private/\n{site.url}page"
        analysis.save()
        script = side(("open", "/offer?word=shoes"), ("assertText", "css=h1", "Offer"))
        give_secrets(analysis, crawl_script=script, crawl_script_name="offer.side")
        occurrence = lifecycle.submit(analysis, alice)
        prescanner.drive(occurrence.pk)
        [scan] = scans_of(occurrence)
        assert status(scan) == "Queued", scan.cause
        site.asked.clear()
        runner.drive(scan.pk)
        assert status(scan) == "Completed - Results Available", scan.cause
        asked = {each.path for each in site.asked}
    found = FindingInstance.objects.filter(scan_occurrence=scan, finding__module="xss")
    assert {(instance.finding.path, instance.finding.parameter) for instance in found} == {("/offer", "word")}
    # A slash at the end means the directory and everything below it; without one, that page whatever its query.
    assert not {path for path in asked if path.startswith("/private/")}
    assert "/page" not in asked
    assert asked >= {"/private", "/privateer", "/page/below", "/pages"}
