"""No other site can have a signed-in browser do anything: what was not sent by our own pages is refused, everywhere."""

import pytest
from django.test import Client
from django.urls import reverse

from analyses.models import SavedView
from tests.security.routes import addresses, routes
from tests.security.stored import changed, stored

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.thorough]
HOST = "testserver"
EVIL = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": f"http://{HOST}.evil.test"},
    {"Origin": f"http://{HOST}:81"},
    {"Origin": f"https://{HOST}"},  # another scheme
]


@pytest.fixture
def browser(root) -> Client:
    """A browser that is signed in and has the cookie of forms, as every browser that has looked at a page."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(root)
    client.get(reverse("analyses:new"))
    assert client.cookies["csrftoken"].value
    return client


def test_no_route_takes_anything_without_the_token_of_our_forms(world, browser):
    before, wrong = stored(), {}
    for route in routes():
        for address in addresses(route, world, 3):
            for method in ("post", "put", "patch", "delete"):
                if (status := getattr(browser, method)(address, {"post": "yes"}).status_code) != 403:
                    wrong[f"{method} {address}"] = status
        if tables := changed(before):
            wrong[str(route)] = tables
            before = stored()
    assert wrong == {}


def test_no_route_takes_anything_from_another_site(world, browser):
    """Not even with the token: some page of ours may have given it away."""
    before, wrong = stored(), {}
    token = browser.cookies["csrftoken"].value
    for number, route in enumerate(routes()):
        origin = EVIL[number % len(EVIL)]
        for address in addresses(route, world, 2):
            answer = browser.post(address, {"csrfmiddlewaretoken": token}, headers=origin)
            if answer.status_code != 403:
                wrong[f"{address} from {origin}"] = answer.status_code
        if tables := changed(before):
            wrong[str(route)] = tables
            before = stored()
    assert wrong == {}


@pytest.mark.parametrize("origin", EVIL, ids=lambda headers: headers["Origin"])
def test_every_origin_but_ours_is_another_site(browser, origin):
    token = browser.cookies["csrftoken"].value
    sent = {"name": "View", "list": "owner=a", "csrfmiddlewaretoken": token}
    assert browser.post(reverse("analyses:save-view"), sent, headers=origin).status_code == 403
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Referer": "https://evil.test/"}, {"Referer": "x"}], ids=str)
def test_over_https_it_has_to_be_said_where_it_comes_from(browser, headers):
    token = browser.cookies["csrftoken"].value
    sent = {"name": "View", "list": "owner=a", "csrfmiddlewaretoken": token}
    assert browser.post(reverse("analyses:save-view"), sent, headers=headers, secure=True).status_code == 403


def test_our_own_forms_are_taken(browser):
    """The test of these tests."""
    token = browser.cookies["csrftoken"].value
    sent = {"name": "View", "list": "owner=a", "csrfmiddlewaretoken": token}
    own = {"Origin": f"http://{HOST}", "Referer": f"http://{HOST}/"}
    assert browser.post(reverse("analyses:save-view"), sent, headers=own).status_code == 302
    assert SavedView.objects.exists()


def test_the_cookies_are_for_this_site_alone(browser, settings):
    assert {settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE} <= {"Lax", "Strict"}
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_DOMAIN is settings.CSRF_COOKIE_DOMAIN is None
