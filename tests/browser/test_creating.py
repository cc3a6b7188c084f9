"""Making an analysis in the form, and not losing what was typed."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from analyses.models import Analysis

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]
URLS = "https://shop.example.test/\nhttps://admin.example.test/orders"


def fill(page: Page, name: str = "Shop", urls: str = URLS) -> None:
    page.goto("/analyses/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Add URLs, one a line").fill(urls)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def problems(page: Page):
    return page.locator("#problems")


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The browser's questions whether to leave; each is answered: stay."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return asked


def test_an_analysis_with_a_sign_in_is_made_and_submitted(page):
    fill(page)
    page.evaluate("window.__mark = 'still the same page'")
    press(page, "Add to the list")
    rows = page.locator("#scans > li")
    expect(rows).to_have_count(2)
    assert page.evaluate("window.__mark") == "still the same page"
    row = rows.nth(1)
    row.locator("summary").click()
    row.get_by_label("Sign-in", exact=True).select_option(label="Sign-in form")
    row.get_by_label("Sign-in page").fill("https://admin.example.test/login")
    row.get_by_label("User name").fill("carol")
    row.get_by_label("Password or header value").fill("a secret")
    press(page, "Save and submit")
    expect(page).to_have_url(re.compile(r"/analyses/\d+/$"))
    expect(page.get_by_role("status").filter(has_text="is saved and submitted")).to_be_visible()
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    expect(page.locator("#log")).to_contain_text("Submitted")
    first, second = Analysis.objects.get().scans.all()
    assert (first.url, first.sign_in_method) == ("https://shop.example.test/", "none")
    assert second.url == "https://admin.example.test/orders"
    assert (second.sign_in_method, second.username, second.secret) == ("form", "carol", "a secret")


def test_a_sign_in_shows_the_fields_it_needs_and_no_others(page):
    fill(page, urls="https://shop.example.test/")
    press(page, "Add to the list")
    row = page.locator("#scans > li")
    row.locator("summary").click()
    needs = {
        "none": set(),
        "form": {"Sign-in page", "User name", "Password or header value"},
        "basic": {"User name", "Password or header value"},
        "header": {"Header name", "Password or header value"},
    }
    for method, fields in needs.items():
        row.get_by_label("Sign-in", exact=True).select_option(value=method)
        for field in set.union(*needs.values()):
            expect(row.get_by_label(field)).to_be_visible(visible=field in fields)


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(page):
    fill(page, name="", urls="https://shop.example.test/\nftp://nowhere")
    page.get_by_label("Description").fill("The shop of the second quarter")
    press(page, "Save")
    expect(problems(page)).to_be_focused()
    name, urls = page.get_by_label("Name", exact=True), page.get_by_label("Add URLs, one a line")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("Give the analysis a name"))
    expect(urls).to_have_accessible_description(re.compile("ftp://nowhere"))
    expect(urls).to_have_value("https://shop.example.test/\nftp://nowhere")
    expect(page.get_by_label("Description")).to_have_value("The shop of the second quarter")
    problems(page).get_by_role("link").first.click()
    expect(name).to_be_focused()
    name.fill("Shop")
    urls.fill("https://shop.example.test/")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert Analysis.objects.get().status == "saved_for_later"


def test_a_mistake_in_a_folded_row_unfolds_it(page):
    fill(page)
    press(page, "Add to the list")
    row = page.locator("#scans > li").nth(1)
    row.locator("summary").click()
    row.get_by_label("Sign-in", exact=True).select_option(value="basic")
    row.locator("summary").click()
    press(page, "Save")
    expect(row.get_by_label("User name")).to_be_visible()
    expect(row.get_by_label("User name")).to_have_accessible_description(re.compile("Give the user name"))


def test_leaving_with_changes_asks_first(page, asked):
    page.goto("/analyses/new/")
    page.get_by_label("Name", exact=True).press_sequentially("Shop")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Shop")
    assert asked == ["beforeunload"]
    assert page.url.endswith("/analyses/new/")


def test_leaving_without_changes_does_not_ask(page, asked):
    page.goto("/analyses/new/")
    page.get_by_label("Name", exact=True).click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="All Dynamic Analysis Scans")).to_be_visible()
    assert asked == []


def test_saving_does_not_ask(page, asked):
    page.goto("/analyses/new/")
    page.get_by_label("Name", exact=True).press_sequentially("Shop")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert asked == []


def test_after_an_error_it_is_still_unsaved_and_asks(page, asked):
    page.goto("/analyses/new/")
    page.get_by_label("Description").press_sequentially("No name")
    press(page, "Save")
    expect(problems(page)).to_be_visible()
    page.get_by_label("Name", exact=True).click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Description")).to_have_value("No name")
    assert asked == ["beforeunload"]


def test_a_thousand_pasted_urls_become_rows_of_which_one_is_opened_and_all_are_saved(page):
    page.set_default_timeout(60_000)  # a long page, for a busy machine
    urls = [f"https://h{number}.example.test/" for number in range(1000)]
    fill(page, urls="\n".join(urls))
    press(page, "Add to the list")
    rows = page.locator("#scans > li")
    expect(rows).to_have_count(1000, timeout=60_000)
    expect(page.locator("[data-count]")).to_have_text("1000")
    expect(page.get_by_label("Add URLs, one a line")).to_have_value("")
    row = rows.nth(499)
    row.locator("summary").click()
    row.get_by_label("User agent").fill("Mine/1")
    assert page.locator("[name$='-sign_in_method']").count() == 1, "the others stay closed"
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible(timeout=60_000)
    scans = Analysis.objects.get().scans
    assert list(scans.values_list("url", flat=True)) == urls
    assert scans.get(user_agent="Mine/1").url == urls[499]
