"""Results in use, with scripts and without: narrowed, judged, tested again, reviewed and published."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from analyses import retesting
from analyses.models import AllowedTarget, Analysis, Finding, Retest
from tests.lifecycle.test_reviewing import held
from tests.results.runs import HEADER, SQL, XSS, A, B, found, run
from tests.scene import FLAW, an_analysis, published, status

pytestmark = pytest.mark.browser


@pytest.fixture
def analysis(alice) -> Analysis:
    """Two runs: SQL stays, XSS is gone, the header is new."""
    analysis = an_analysis(alice, A, B)
    run(analysis, alice, found(SQL, XSS), found())
    run(analysis, alice, found(SQL), found(HEADER))
    return analysis


def shown(page: Page):
    return page.locator(".finding")


def test_results_are_narrowed_step_by_step_and_shown_whole_again(either, alice, analysis):
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(shown(page)).to_have_count(2)
    page.get_by_role("navigation", name="Filter by severity").get_by_role("link", name="Low").click()
    expect(shown(page)).to_have_count(1)
    expect(page.locator(".finding-group")).to_contain_text("HTTP Secure Headers")
    page.get_by_role("searchbox", name="Find").fill("no-such-path")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("main")).to_contain_text("This run has no finding like that.")
    page.get_by_role("link", name="Clear").click()
    expect(shown(page)).to_have_count(2)
    page.get_by_label("Category").select_option("SQL Injection")
    page.get_by_role("button", name="Filter").click()
    expect(shown(page)).to_have_count(1)
    expect(page.get_by_label("Category")).to_have_value("SQL Injection")
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("navigation", name="Filter by what has changed").get_by_role("link", name="Gone").click()
    expect(shown(page)).to_have_count(1)
    expect(page.locator(".finding-group")).to_contain_text("Reflected Cross Site Scripting")


def test_a_finding_is_judged_with_a_comment_which_a_false_positive_needs(either, alice, analysis):
    page = either(alice)
    finding = Finding.objects.get(parameter="id")
    page.goto(f"/analyses/{analysis.pk}/results/?finding={finding.pk}")
    page.get_by_label("This finding is").select_option(label="False positive")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#problems-{finding.pk}")).to_contain_text("Say why")
    expect(page.get_by_label("This finding is")).to_have_value("false_positive")
    page.get_by_label("Comment").fill("A page of the test host.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".triage__history")).to_contain_text("alice Open → False positive: A page of the test host.")
    finding.refresh_from_db()
    assert finding.state == "false_positive"
    page.goto(f"/analyses/{analysis.pk}/results/?state=false_positive")
    expect(shown(page)).to_have_count(1)


@pytest.mark.django_db(transaction=True)
def test_a_finding_is_tested_again_and_says_what_came_of_it(either, alice, settings, own_work):
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="127.0.0.1")
    analysis = published(alice, "http://127.0.0.1:9/", flaws=(replace(FLAW, url="http://127.0.0.1:9/item?id=1"),))
    page = either(alice)
    page.goto(f"/analyses/{analysis.pk}/results/")
    shown(page).locator("summary").first.click()
    page.get_by_role("link", name="Test it again…").click()
    page.get_by_role("button", name="Test again").click()
    expect(page.locator(".retest")).to_contain_text("Waiting for a scanner to test it again: alice asked for it")
    expect(page.get_by_role("button", name="Test again")).to_have_count(0)
    retesting.drive(Retest.objects.get().pk)
    page.reload()
    expect(page.locator(".retest")).to_contain_text("Still there.")
    expect(page.locator(".triage__history")).to_contain_text("alice had it tested again: Still there")
    expect(page.get_by_role("button", name="Test again")).to_be_enabled()


def test_what_waits_for_a_review_is_found_read_and_published(either, alice, lead):
    shop, mill = held(alice, name="Shop"), held(alice, name="Mill")
    page = either(lead)
    page.goto("/")
    page.get_by_label("Waits for review").check()
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.get_by_role("link", name="Shop", exact=True).click()
    page.get_by_role("link", name="Results", exact=True).click()
    expect(page.locator("main")).to_contain_text("Verified, and not published yet")
    page.get_by_role("link", name="Summary", exact=True).click()
    page.locator("#actions > summary").click()
    page.locator("#actions").get_by_text(re.compile("^Publish results")).click()
    expect(page.locator(".page-header")).to_contain_text("Completed - Results Available")
    assert (status(shop), status(mill)) == ("Completed - Results Available", "Completed - Verifying Results")


def test_what_waits_for_a_review_is_published_together(either, alice, lead):
    both = held(alice, name="Shop"), held(alice, name="Mill")
    page = either(lead)
    page.goto("/?held=on")
    for name in ("Shop", "Mill"):
        page.get_by_label(f"Choose {name}", exact=True).check()
    page.locator("#bulk").get_by_role("button", name="Publish results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish results: 2 of 2 done")
    assert {status(analysis) for analysis in both} == {"Completed - Results Available"}
