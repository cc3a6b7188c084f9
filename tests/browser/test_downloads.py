"""Every file that a page offers, fetched by the link that offers it and read: with scripts and without."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from analyses import lifecycle
from analyses.engines.contract import CrawledPage
from analyses.models import Analysis, EngineLog, ScanOccurrence
from tests.results.runs import HEADER, SQL, found, run
from tests.scene import an_analysis, published, running

pytestmark = pytest.mark.browser


@pytest.fixture
def analysis(alice) -> Analysis:
    analysis = an_analysis(alice, name="Shop")
    run(analysis, alice, found(SQL, replace(HEADER, url="http://shop.test/")))
    return analysis


def fetched(page: Page, link: Locator) -> tuple[str, str]:
    """What a link downloads: its name and its text."""
    with page.expect_download() as download:
        link.click()
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8-sig")


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_findings_as_csv_json_and_sarif_hold_what_is_listed(either, alice, analysis):
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/results/?severity=critical")
    read = {}
    for form in ("CSV", "JSON", "SARIF"):
        page.goto(f"/analyses/{analysis.pk}/results/?severity=critical")
        page.locator("#exports > summary").click()
        name, read[form] = fetched(page, page.locator("#exports").get_by_role("link", name=form))
        assert name == f"shop-run-1-findings.{form.lower()}"
    assert [line["Category"] for line in lines(read["CSV"])] == ["SQL Injection"]
    assert [one["category"] for one in json.loads(read["JSON"])["findings"]] == ["SQL Injection"]
    (of_sarif,) = json.loads(read["SARIF"])["runs"]
    assert len(of_sarif["results"]) == 1
    assert json.loads(read["SARIF"])["version"] == "2.1.0"


def test_the_report_opens_as_a_page_that_holds_every_finding(either, alice, analysis):
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.locator("#exports > summary").click()
    page.get_by_role("link", name="Report to print").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Shop")
    for words in ("SQL Injection", "HTTP Secure Headers"):
        expect(page.locator("main")).to_contain_text(words)


def test_the_activity_log_as_csv_and_json_holds_what_the_page_shows(either, alice, analysis):
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/")
    log = page.locator("#log")
    shown = log.locator("tr[id^=entry-]").count()
    name, text = fetched(page, log.get_by_role("link", name="CSV"))
    assert name.endswith(".csv")
    assert len(lines(text)) >= shown > 0
    name, text = fetched(page, log.get_by_role("link", name="JSON"))
    assert name.endswith(".json")
    entries = json.loads(text)["entries"]
    assert "Completed - Results Available" in [entry["new_status"] for entry in entries]
    assert len(entries) >= shown


def test_findings_of_all_analyses_as_csv_and_json_hold_what_is_listed(either, alice, analysis):
    published(alice, name="Mill")
    page = either(alice)
    page.goto("/findings/?q=secure")
    main = page.get_by_role("main")
    expect(main.locator("tbody tr")).to_have_count(1)
    _, text = fetched(page, main.get_by_role("link", name="CSV"))
    assert [line["Category"] for line in lines(text)] == ["HTTP Secure Headers"]
    _, text = fetched(page, main.get_by_role("link", name="JSON"))
    assert [one["category"] for one in json.loads(text)["findings"]] == ["HTTP Secure Headers"]


def test_the_list_as_csv_and_json_is_the_list_as_it_is_narrowed(either, alice, analysis):
    an_analysis(alice, name="Mill")
    page = either(alice)
    page.goto("/?name=sho")
    main = page.get_by_role("main")
    _, text = fetched(page, main.get_by_role("link", name="CSV"))
    assert [line["Name"] for line in lines(text)] == ["Shop"]
    _, text = fetched(page, main.get_by_role("link", name="JSON"))
    assert [one["name"] for one in json.loads(text)["analyses"]] == ["Shop"]


def test_crawled_urls_as_csv_are_those_that_the_filter_leaves(either, alice):
    analysis, _, [claim] = running(alice)
    pages = [CrawledPage("GET", "http://shop.test/a", 200), CrawledPage("POST", "http://shop.test/b", 302)]
    lifecycle.record_crawled(claim, pages)
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/scans/{claim.scan_id}/")
    page.get_by_label("Method").select_option("POST")
    page.locator("#crawled").get_by_role("button", name="Find").click()
    expect(page.locator("#crawled tbody tr")).to_have_count(1)
    name, text = fetched(page, page.get_by_role("link", name="Download as CSV"))
    assert name == f"scan-{claim.scan_id}-crawled-urls.csv"
    assert lines(text) == [{"Method": "POST", "URL": "http://shop.test/b", "Response": "302"}]


def test_the_log_of_the_engine_is_read_on_the_page_and_downloaded_whole(either, alice, analysis):
    scan = ScanOccurrence.objects.get()
    said = "".join(f"[*] Line {number} <b>\n" for number in range(3000))
    EngineLog.objects.create(scan_occurrence=scan, text=said, updated_at=timezone.now())
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/scans/{scan.pk}/")
    tail = page.locator("#engine-log pre")
    expect(tail).to_be_hidden()
    page.locator("#engine-log summary").click()
    expect(tail).to_be_visible()
    expect(tail).to_contain_text("[*] Line 2999 <b>")
    expect(tail).not_to_contain_text("[*] Line 1 <b>")
    name, text = fetched(page, page.get_by_role("link", name="Download the whole log"))
    assert (name, text) == (f"scan-{scan.pk}-engine.log", said)
