"""Choosing what one is told, and unsubscribing by a mail's link: by anybody, in light and dark, on a narrow screen."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from notifications import wishes
from notifications.models import Choice, OutgoingMail, RefusedAddress
from tests.notifications.conftest import tell

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}


@pytest.fixture
def told(alice):
    """Alice has been told things, and her address refuses mails."""
    wishes.choose(alice, {"results_held": Choice.NONE})
    tell(alice, analysis_name="An analysis with a rather long name of a department " * 2)
    tell(alice, about="2", event="prescan_succeeded")
    OutgoingMail.objects.update(status="failed", last_error="550 5.1.1 " + "no-such-person-here-" * 8)
    RefusedAddress.objects.create(address=alice.email, refusals=3, last_error="550 no", last_at=timezone.now())
    return alice


def link_of(event: str) -> str:
    return re.search(r"(/unsubscribe/\S+)", OutgoingMail.objects.filter(event=event).latest("pk").text)[1]


def faults(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]


def test_somebody_finds_the_page_and_chooses(browse, alice):
    page = browse(alice)
    page.goto("/")
    page.locator("#user-menu summary").click()
    page.get_by_role("link", name="Notifications").click()
    page.get_by_role("group", name="Prescan succeeded").get_by_label("Not at all").check()
    page.get_by_role("group", name="Results published").get_by_label("In the daily mail").check()
    page.get_by_label("The daily mail comes at").select_option("17")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your notifications are saved.")).to_be_visible()
    expect(page.get_by_role("group", name="Prescan succeeded").get_by_label("Not at all")).to_be_checked()
    assert wishes.choices_of(alice)["results_published"] == Choice.DAILY


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_link_of_a_mail_unsubscribes_and_undoes_it_without_signing_in(browse, alice, scripts):
    tell(alice)
    page = browse(java_script_enabled=scripts)
    page.goto(link_of("prescan_failed"))
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="Unsubscribed")).to_be_visible()
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.NONE
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It was undone")).to_be_visible()
    assert wishes.choices_of(alice)["prescan_failed"] == Choice.AT_ONCE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_every_page_is_accessible_and_fits(browse, told, scheme, narrow, console):
    console.expected.append("403")  # the link that does not work
    signed_in, stranger = browse(told, color_scheme=scheme), browse(color_scheme=scheme)
    if narrow:
        signed_in.set_viewport_size(NARROW)
        stranger.set_viewport_size(NARROW)
    link = link_of("prescan_failed")
    for page, address in ((signed_in, "/notifications/"), (stranger, link), (stranger, "/unsubscribe/of-no-link/")):
        page.goto(address)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
    stranger.goto(link)
    stranger.get_by_role("button", name="Unsubscribe").click()
    assert faults(stranger) == []


def test_what_is_chosen_and_what_was_told_begin_at_one_line_and_selects_are_no_wider_than_needed(page):
    page.goto("/notifications/")
    begin = [page.locator(where).first.bounding_box()["x"] for where in (".wishes .field", "#told")]
    assert begin[0] == begin[1]
    assert {select.bounding_box()["width"] for select in page.locator(".wishes select").all()} == {320}
