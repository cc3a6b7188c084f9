"""One scan looked at, with scripts and without: which URLs were crawled, and what the prescan's browser showed."""

import pytest
from playwright.sync_api import expect

from analyses import lifecycle
from analyses.engines.contract import CrawledPage
from analyses.models import PrescanStep
from tests.scene import UNREACHED, an_analysis, prescanned, running, scans_of

pytestmark = pytest.mark.browser


def test_crawled_urls_are_found_by_part_method_and_response(either, alice):
    analysis, _, [claim] = running(alice)
    pages = [
        CrawledPage("GET", "http://shop.test/basket", 200),
        CrawledPage("POST", "http://shop.test/basket", 302),
        CrawledPage("GET", "http://shop.test/admin", 403),
    ]
    lifecycle.record_crawled(claim, pages)
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/scans/{claim.scan_id}/")
    crawled = page.locator("#crawled")
    expect(crawled.locator("tbody tr")).to_have_count(3)
    crawled.get_by_label("URL contains").fill("basket")
    crawled.get_by_label("URL contains").press("Enter")
    expect(crawled.locator("tbody tr")).to_have_count(2)
    crawled.get_by_label("Method").select_option("GET")
    crawled.get_by_role("button", name="Find").click()
    expect(crawled.locator("tbody tr")).to_have_count(1)
    expect(crawled.get_by_label("URL contains")).to_have_value("basket")
    crawled.get_by_label("URL contains").fill("")
    crawled.get_by_label("Method").select_option("")
    crawled.get_by_label("Response").select_option("4xx")
    crawled.get_by_role("button", name="Find").click()
    expect(crawled.locator("tbody tr")).to_contain_text("/admin")
    crawled.get_by_label("URL contains").fill("nowhere")
    crawled.get_by_role("button", name="Find").click()
    expect(crawled).to_contain_text("No crawled URL fits this search.")
    crawled.get_by_role("link", name="Show all").click()
    expect(crawled.locator("tbody tr")).to_have_count(3)


def test_the_picture_of_a_prescan_step_is_unfolded_and_opened(either, console, alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    page = either(alice)
    page.set_viewport_size({"width": 300, "height": 200})
    PrescanStep.objects.update(screenshot=page.screenshot(type="jpeg"))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/analyses/{analysis.pk}/scans/{scans_of(occurrence)[0].pk}/")
    picture = page.get_by_alt_text("The page in the browser of the prescan at the step Name")
    expect(picture).to_be_hidden()
    page.locator("#prescan").get_by_text("What the browser showed").click()
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 300)
    console.expected += ["pictures/0/", "style-src"]  # the browser's own page around a picture has styles of its own
    with page.expect_response("**/pictures/0/") as answer:
        picture.click()
    assert answer.value.headers["content-type"] == "image/jpeg"
