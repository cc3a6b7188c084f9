"""Find by name and Filter by Status."""

import re

import pytest
from playwright.sync_api import Page, expect

from analyses import lifecycle
from tests.scene import an_analysis, published, running

pytestmark = pytest.mark.browser


def names(page: Page):
    return page.get_by_role("rowheader")


def test_find_by_name_and_filter_by_status(page, alice):
    running(alice, name="Web shop")
    published(alice, name="Old web shop")
    an_analysis(alice, name="Intranet")
    page.goto("/")
    page.keyboard.press("/")
    search = page.get_by_label("Find by name")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    page.keyboard.type("SHOP")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_count(2)
    page.get_by_label("Filter by Status").select_option(label="Completed - Results Available (1)")
    page.get_by_role("button", name="Find").click()
    expect(names(page)).to_have_text(["Old web shop"])
    expect(page).to_have_url(re.compile(r"name=SHOP.*status=completed"))
    page.go_back()
    expect(names(page)).to_have_count(2)
    page.get_by_role("link", name="Clear").click()
    expect(names(page)).to_have_count(3)


def test_a_slash_is_a_slash_where_somebody_types(page, alice):
    an_analysis(alice, name="a/b")
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    expect(page.get_by_label("Find by name")).to_have_value("a/b")


def test_what_is_being_typed_outlives_a_refresh_and_the_refresh_stays_filtered(page, alice):
    page.clock.install()
    _, _, [held] = running(alice, name="Web shop")
    an_analysis(alice, name="Intranet")
    page.goto("/?name=shop")
    search = page.get_by_label("Find by name")
    search.fill("intra")
    lifecycle.end_run(held, "completed")
    with page.expect_response(lambda response: "hx-request" in response.request.headers):
        page.clock.run_for(5_000)
    expect(page.get_by_role("row", name="Web shop")).to_contain_text("Completed")
    expect(names(page)).to_have_text(["Web shop"])
    expect(search).to_have_value("intra")
    expect(search).to_be_focused()
