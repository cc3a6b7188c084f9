"""Adding an API by its specification: the file is read, its endpoints can be chosen, nothing has to be given twice."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from analyses.models import Scan
from tests.browser.test_creating import fill, press
from tests.targets.pet_api import specification

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("allowed")]


def _choose_file(page: Page, name: str = "pets.json") -> None:
    content = json.dumps(specification("https://api.example.test")).encode()
    page.get_by_label("Add API specifications").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )


def test_its_endpoints_are_chosen_before_it_is_saved(page):
    fill(page)
    _choose_file(page)
    press(page, "Add to the list")
    rows = page.locator("#scans > li")
    expect(rows).to_have_count(3)
    row = rows.filter(has_text="pets.json")
    row.locator("summary").first.click()
    expect(row.get_by_text("6 of 6 chosen")).to_be_visible()
    row.get_by_role("button", name="None", exact=True).click()
    row.get_by_label("GET /pets: All pets").check()
    expect(row.get_by_text("1 of 6 chosen")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    scan = Scan.objects.exclude(specification=None).get()
    assert scan.url == "https://api.example.test/api/v1"
    assert len(scan.excluded_endpoints) == 5
    expect(page.get_by_text("pets.json at https://api.example.test/api/v1").first).to_be_visible()


def test_a_mistake_elsewhere_keeps_what_was_read(page):
    fill(page, name="")
    _choose_file(page)
    press(page, "Save")
    expect(page.locator("#problems")).to_contain_text("Give the analysis a name")
    expect(page.locator("#scans > li")).to_have_count(1)
    page.get_by_label("Name", exact=True).fill("Shop")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert Scan.objects.filter(specification__name="pets.json").count() == 1


def test_many_pasted_urls_become_rows_that_open_when_looked_at(page):
    fill(page, urls="\n".join(f"https://h{number}.example.test/" for number in range(300)))
    press(page, "Add to the list")
    rows = page.locator("#scans > li")
    expect(rows).to_have_count(300)
    row = rows.nth(250)
    expect(row.get_by_label("User agent")).to_have_count(0)
    row.locator("summary").first.click()
    row.get_by_label("User agent").fill("Mine/1")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Shop", level=1)).to_be_visible()
    assert Scan.objects.count() == 300
    assert Scan.objects.get(user_agent="Mine/1").url == "https://h250.example.test/"
