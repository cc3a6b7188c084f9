"""A crawl script from its submission to the engine: the status it ends in, what it visited, and what is kept of it."""

import pytest
from django.urls import reverse

from analyses import frozen, lifecycle, prescanner
from analyses.models import Activity, AllowedTarget, PrescanStep
from analyses.prescan.contract import Session
from analyses.targets import AllowedNow
from notifications.models import OutgoingMail
from tests.configure.pages import text_of
from tests.prescan.scripts import side
from tests.scene import an_analysis, scans_of, status
from tests.targets import sites
from tests.targets.serving import Answer, serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(transactional_db, settings):
    """A shop that may be scanned."""
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="127.0.0.1")
    shop = sites.by_path(start=Answer("<h1>Shop</h1><a href='/cart/'>Cart</a>"), cart=Answer("<h1>Cart</h1>"))
    with serve(shop) as serving:
        yield serving


def prescanned(site, alice, *commands):
    analysis = an_analysis(alice, site.url)
    analysis.scans.update(crawl_script_name="shop.side")
    scan = analysis.scans.get()
    scan.crawl_script = side(*commands)
    scan.save()
    occurrence = lifecycle.submit(analysis, alice)
    prescanner.drive(occurrence.pk)
    return analysis, scans_of(occurrence)[0]


def test_what_it_visited_is_kept_for_the_engine_and_the_copy_erased_at_the_end(site, alice):
    analysis, scan = prescanned(site, alice, ("open", "/"), ("click", "linkText=Cart"))
    assert status(scan) == "Queued", scan.cause
    assert scan.start_urls == [site.url, f"{site.url}cart/"]
    assert frozen.engine_target(scan, Session(), allowed=AllowedNow()).start_urls == (site.url, f"{site.url}cart/")
    assert scan.crawl_script
    lifecycle.stop(analysis, alice, keep=False)
    scan.refresh_from_db()
    assert scan.crawl_script == ""


def test_a_step_that_fails_is_a_crawl_script_error_that_names_file_and_step_wherever_it_is_told(site, client, alice):
    analysis, scan = prescanned(site, alice, ("open", "/"), ("assertElementPresent", "id=basket"))
    assert status(scan) == "Crawl Script Error"
    cause = "Crawl script shop.side: “Login”, step 2 (assertElementPresent id=basket): "
    cause += "there is no such element on the page"
    assert scan.cause == cause
    assert scan.next_step == "Record the script again, or remove this step."
    assert (scan.start_urls, scan.crawl_script) == ([], "")
    assert PrescanStep.objects.filter(name="Crawl script", outcome="failed", cause=cause).exists()
    client.force_login(alice)
    assert cause in text_of(client.get(reverse("analyses:scan", args=[analysis.pk, scan.pk])))
    assert Activity.objects.filter(analysis=analysis, new_status=scan.get_status_display(), cause=cause).exists()
    assert cause in " ".join(OutgoingMail.objects.get(event="prescan_failed").text.split())
