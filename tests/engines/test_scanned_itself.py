"""Vedette scanned by its own engine, with an ordinary person's session: nothing is found that is not explained."""

import re
import time

import httpx
import pytest

from analyses.engines.contract import ApiRequest, Cookie, Ended, FoundFlaw
from analyses.engines.wapiti import WapitiEngine
from tests.engines.following import ended, flaws, told_until
from tests.engines.targets import a_target
from tests.scene import published

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
SECONDS = 600  # the bound of a run that hangs, not what it takes
PASSWORD = "a-long-password-1"
# What answers with what it was asked for: the list, findings, a redirect. A parameter is a hundred requests and more.
PAGES = ("/?q=shop&owner=a", "/findings/?q=sql", "/sign-in/?next=/findings/")
# What is found here and is none: the cookie, what is said of it, and why.
EXPLAINED = {
    (name, f"{flag} Flag cookie"): why
    for flag, why in (
        ("Secure", "the test is by http; SITE_URL with https sets it, tests/test_settings.py"),
        ("HttpOnly", "the token of forms is in every page anyway, and what is said once holds no secret"),
    )
    for name in ("csrftoken", "messages", "vedette_session")
    if (name, flag) != ("vedette_session", "HttpOnly")
}


@pytest.fixture
def address(live_server) -> str:
    return live_server.url.replace("localhost", "127.0.0.1")


@pytest.fixture
def cookies(address, alice) -> tuple[Cookie, ...]:
    """Of Alice, who has signed in as people do."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=20) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/sign-in/").text)[1]
        browser.post("/sign-in/", data={"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": token})
        assert browser.get("/account/").url.path == "/account/"
        return tuple(Cookie(cookie.name, cookie.value, "127.0.0.1") for cookie in browser.cookies.jar)


def explained(flaw: FoundFlaw) -> bool:
    return any(f"'{name}'" in flaw.info and flaw.category == category for name, category in EXPLAINED)


def test_nothing_is_found_that_is_not_explained(address, alice, cookies, tmp_path):
    published(alice)
    asked = tuple(ApiRequest(f"GET {page}", "GET", f"{address}{page}") for page in PAGES)
    modules = ("http_headers", "csp", "cookieflags", "redirect", "crlf", "xss", "sql")
    target = a_target(f"{address}/", scope="folder", cookies=cookies, requests=asked, modules=modules)
    run, until = WapitiEngine().start(target, tmp_path / "work", resume=False), time.monotonic() + SECONDS
    told = told_until(run, lambda: time.monotonic() > until)
    assert ended(told) == Ended(complete=True)
    assert [flaw for flaw in flaws(told) if not explained(flaw)] == []
