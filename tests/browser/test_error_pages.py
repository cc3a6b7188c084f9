"""What is shown when something is wrong, in both languages: accessible in light and dark, and on a narrow screen."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Page

from dashboard import http
from tests.browser.test_every_page import NARROW, violations

pytestmark = pytest.mark.browser


def not_found(page: Page, language: str) -> None:
    page.goto("/analyses/999/")


def not_allowed(page: Page, language: str) -> None:
    User.objects.get(username="alice").groups.clear()  # she is no Creator any more
    page.goto("/analyses/new/")


def too_old(page: Page, language: str) -> None:
    """A form whose token is no longer valid: as when somebody has signed in anew in another window."""
    page.goto("/keyboard/")
    page.context.clear_cookies(name="csrftoken")
    page.locator("main form button").first.click()


def fault(page: Page, language: str) -> None:
    _answered(page, _faulty(language))


def database_away(page: Page, language: str) -> None:
    try:
        raise OperationalError
    except OperationalError:
        _answered(page, _faulty(language))


def _faulty(language: str) -> HttpResponse:
    with translation.override(language):
        return http.server_error(RequestFactory().get("/"))


def _answered(page: Page, answer: HttpResponse) -> None:
    """See it at an address of ours, with our style sheets."""
    page.route("**/broken/", lambda route: route.fulfill(body=answer.content, content_type="text/html; charset=utf-8"))
    page.goto("/broken/")


SAID = {
    not_found: ("Not found", "Nicht gefunden"),
    not_allowed: ("Not allowed", "Nicht erlaubt"),
    too_old: ("This page was too old", "Diese Seite war zu alt"),
    fault: ("Something went wrong", "Etwas ist schiefgegangen"),
    database_away: ("The database does not answer", "Die Datenbank antwortet nicht"),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("come_to", SAID, ids=lambda wrong: wrong.__name__)
def test_it_is_said_accessibly_in_the_readers_language(browse, console, alice, come_to, language):
    console.expected += ["404", "403"]
    page = browse(alice, locale=language)
    come_to(page, language)
    assert page.locator("html").get_attribute("lang") == language
    assert page.get_by_role("heading", level=1).inner_text().startswith(SAID[come_to][language == "de"])
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.scrollingElement.scrollWidth") == NARROW["width"]
    assert violations(page) == []
