"""Judging findings in a browser: several at once, one at a time, with and without scripts."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from analyses import lifecycle
from analyses.models import Finding
from tests.browser.test_every_page import violations
from tests.results.runs import HEADER, SQL, XSS, found, run
from tests.scene import an_analysis, running

pytestmark = pytest.mark.browser


@pytest.fixture
def analysis(alice):
    analysis = an_analysis(alice)
    run(analysis, alice, found(SQL, XSS, HEADER))
    return analysis


def states() -> dict[str, str]:
    return {finding.category.split()[0]: finding.state for finding in Finding.objects.all()}


def choose_two(page: Page) -> None:
    page.get_by_label("Select SQL Injection").check()
    page.get_by_label("Select Reflected").check()
    page.get_by_label("Selected findings are").select_option(label="False positive")


@pytest.mark.parametrize("scripts", [True, False])
def test_several_at_once(browse, alice, analysis, scripts):
    page = browse(alice, java_script_enabled=scripts)
    page.goto(f"/analyses/{analysis.pk}/results/")
    choose_two(page)
    page.get_by_role("button", name="Set state").click()
    expect(page.locator("#bulk")).to_contain_text("Say why")
    expect(page.get_by_label("Select SQL Injection")).to_be_checked()
    if scripts:
        assert violations(page) == []
    page.locator("#bulk-comment").fill("Only on the test host.")
    page.get_by_role("button", name="Set state").click()
    expect(page.locator(".messages")).to_contain_text("2 findings: False positive.")
    assert states() == {"SQL": "false_positive", "Reflected": "false_positive", "HTTP": "open"}


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_what_sets_a_state_appears_once_something_is_chosen_and_stands_in_line(page, analysis, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(page.get_by_label("All on this page")).to_be_visible()
    expect(page.get_by_role("button", name="Set state")).to_be_hidden()
    page.get_by_label("Select SQL Injection").check()
    expect(page.get_by_role("button", name="Set state")).to_be_visible()
    if width > 320:
        fields = [page.locator(f"#bulk {where}").bounding_box()["y"] for where in ("#bulk-state", "#bulk-comment")]
        assert fields[0] == fields[1]
        assert abs(page.get_by_role("button", name="Set state").bounding_box()["y"] - fields[0]) <= 1
    page.get_by_label("Select SQL Injection").uncheck()
    expect(page.get_by_role("button", name="Set state")).to_be_hidden()


def test_without_scripts_what_sets_a_state_is_always_there(browse, alice, analysis):
    page = browse(alice, java_script_enabled=False)
    page.goto(f"/analyses/{analysis.pk}/results/")
    expect(page.get_by_role("button", name="Set state")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_trends_legend_has_the_colours_of_its_bars(browse, alice, analysis, scheme):
    run(analysis, alice, found(SQL, XSS, HEADER))
    page = browse(alice, color_scheme=scheme)
    page.goto(f"/analyses/{analysis.pk}/results/")
    for severity in ("critical", "medium", "low"):
        bar = page.locator(f".trend__part--{severity}").first.evaluate("bar => getComputedStyle(bar).fill")
        key = page.locator(f".trend__key--{severity}").evaluate(
            "key => getComputedStyle(key, '::before').backgroundColor"
        )
        assert bar == key
    assert page.locator(".trend").bounding_box()["width"] < page.locator("#results").bounding_box()["width"]


def test_all_of_a_page(page, analysis):
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.get_by_label("All on this page").check()
    page.get_by_label("Select HTTP").uncheck()
    assert page.evaluate("document.querySelector('[data-check-all]').indeterminate")
    page.get_by_label("Selected findings are").select_option(label="Confirmed")
    page.get_by_role("button", name="Set state").click()
    expect(page.locator(".messages")).to_contain_text("2 findings: Confirmed.")
    assert states()["HTTP"] == "open"


def test_one_finding_is_judged_on_the_spot(page, analysis):
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.locator(".finding__summary").first.click()
    finding = page.locator(f"#finding-{Finding.objects.get(parameter='id').pk}")
    finding.get_by_label("This finding is").select_option(label="Confirmed")
    finding.get_by_label("Comment").fill("Seen by hand.")
    page.evaluate("window.samePage = true")
    finding.get_by_role("button", name="Save").click()
    expect(page.locator("#told")).to_contain_text("1 finding: Confirmed.")
    expect(finding.locator(".triage__history")).to_contain_text("Seen by hand.")
    expect(finding.get_by_label("Comment")).to_have_value("")
    expect(finding.locator("summary .badge")).to_have_text("Confirmed")
    assert page.evaluate("window.samePage")
    assert finding.evaluate("details => details.open")
    assert violations(page) == []


def test_while_findings_come_in_what_is_typed_and_checked_stays(page, alice):
    analysis, _, [held] = running(alice)
    lifecycle.record_found(held, [SQL, XSS])
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.locator(".finding__summary").first.click()
    finding = page.locator(f"#finding-{Finding.objects.get(parameter='id').pk}")
    finding.get_by_label("Comment").fill("Half a")
    finding.get_by_label("This finding is").select_option(label="Fixed")
    page.get_by_label("Select Reflected").check()
    page.get_by_role("searchbox").fill("not sent yet")
    lifecycle.record_found(held, [HEADER])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".finding")).to_have_count(3)
    expect(finding.get_by_label("Comment")).to_have_value("Half a")
    expect(finding.get_by_label("This finding is")).to_have_value("fixed")
    expect(page.get_by_label("Select Reflected")).to_be_checked()
    expect(page.get_by_role("searchbox")).to_have_value("not sent yet")


def copied(page: Page, name: str) -> str:
    """What a button copies. Pages of ours may not read what was, so it is seen on its way."""
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.written = text; }")
    page.get_by_role("button", name=name).first.click()
    expect(page.locator("#announcements")).to_have_text("Copied.")
    return page.evaluate("window.written")


@pytest.fixture
def with_evidence(alice, page):
    analysis = an_analysis(alice)
    run(analysis, alice, found(replace(SQL, request="GET /item?id=1' HTTP/1.1", response="near OR: syntax error")))
    page.goto(f"/analyses/{analysis.pk}/results/")
    page.locator("details.finding > summary").click()
    return analysis


def test_opened_its_evidence_is_there_and_its_parts_can_be_copied(page, with_evidence):
    expect(page.locator("pre", has_text="near OR: syntax error")).to_be_visible()
    assert copied(page, "Copy the request") == "GET /item?id=1' HTTP/1.1"
    assert copied(page, "Copy the response") == "near OR: syntax error"
    page.get_by_text("As a curl command").click()
    assert copied(page, "Copy the command").startswith("curl --include")
    assert copied(page, "Copy the link").endswith(
        f"/analyses/{with_evidence.pk}/results/?finding={Finding.objects.get().pk}"
    )


def test_where_a_browser_does_not_let_pages_copy_it_is_selected(page, with_evidence):
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); undefined")
    page.get_by_role("button", name="Copy the request").click()
    expect(page.locator("#announcements")).to_contain_text("Selected")
    assert page.evaluate("getSelection().toString()") == "GET /item?id=1' HTTP/1.1"


@pytest.mark.parametrize("scripts", [True, False])
def test_findings_of_several_analyses_at_once(browse, alice, analysis, scripts):
    run(an_analysis(alice, name="Mill"), alice, found(SQL))
    page = browse(alice, java_script_enabled=scripts)
    page.goto("/findings/")
    for box in page.get_by_label("Select SQL Injection").all():
        box.check()
    page.get_by_label("Selected findings are").select_option(label="False positive")
    page.get_by_role("button", name="Set state").click()
    expect(page.locator("#bulk")).to_contain_text("Say why")
    if scripts:
        assert violations(page) == []
    page.locator("#bulk-comment").fill("Only on the test host.")
    page.get_by_role("button", name="Set state").click()
    expect(page.locator(".messages")).to_contain_text("2 findings: False positive.")
    assert Finding.objects.filter(state="false_positive").count() == 2


def test_they_are_selected_by_keyboard_too(page, analysis):
    page.goto("/findings/")
    expect(page.get_by_role("button", name="Set state")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Select SQL Injection")).to_be_checked()
    expect(page.get_by_role("button", name="Set state")).to_be_visible()
