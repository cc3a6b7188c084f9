"""Wherever an address says where to go on to, it is never to another site."""

from urllib.parse import quote, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests.security.routes import addresses, routes

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.thorough]
ELSEWHERE = [
    "https://evil.test/", "http://evil.test", "//evil.test/", "///evil.test/", "////evil.test", "/\\evil.test/",
    "\\\\evil.test/", "\\/evil.test", "/\t/evil.test/", "/\n/evil.test", "\t//evil.test/", " //evil.test/",
    "\x00//evil.test/", "http:evil.test", "https:evil.test", "http:/evil.test", "https:///evil.test",
    "HtTpS://evil.test", "javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "ftp://evil.test/",
    "http://testserver@evil.test/", "http://testserver:80@evil.test/", "http://evil.test#testserver",
    "http://evil.test?testserver", "http://evil.test\\@testserver/", "http://testserver.evil.test/",
    "//evil.test/%2e%2e", "/%2f/evil.test", "/%5cevil.test", "/%09/evil.test", "%2f%2fevil.test", "/.//evil.test",
    "//\uff45vil.test/", "http://evil\u3002test/", "//[::1]/", "http://2130706433/", "mailto:someone@evil.test",
    "/\r\nLocation: https://evil.test/", "%0d%0aLocation:%20https://evil.test/", "?next=//evil.test",
    "http://[", "\u2028//evil.test",
]  # fmt: skip
NAMES = ("next", "list", "back", "url", "to", "redirect", "redirect_to", "return", "continue", "location", "then_to")
GOING_ON = (301, 302, 303, 307, 308)


def leads_away(answer) -> str:
    """Where an answer sends a browser, if that is not within this site."""
    for name in ("Location", "HX-Redirect", "HX-Location", "Refresh", "Content-Location", "HX-Push-Url"):
        address = answer.get(name, "")
        seen = address.replace("\\", "/").strip("".join(map(chr, range(33))))  # as browsers read it
        parts = urlsplit(seen)
        inside = not parts.netloc and not parts.scheme and not seen.startswith("//")
        if address and not inside and address not in ("http://testserver/",):
            return f"{name}: {address!r}"
        if any(ord(letter) < 32 for letter in address):
            return f"{name} holds control characters: {address!r}"
    return ""


@pytest.mark.parametrize("who", ["signed in", "not signed in"])
def test_no_route_leads_to_another_site(world, root, who):
    """Each is tried once; those that lead anywhere, with everything that has ever fooled a browser.

    Who is not signed in is led to the same few pages from everywhere: each of these is tried but once a method.
    """
    wrong, tried = [], set()
    for route in routes():
        for address in addresses(route, world, 2):
            for method in ("get", "post"):
                if address.endswith(("/sign-out/", "/logout/")) and method == "post":
                    continue  # see below
                client = Client(raise_request_exception=False)
                if who == "signed in":
                    client.force_login(root)
                for number, evil in enumerate(ELSEWHERE):
                    answer = _try(client, method, address, evil)
                    if told := leads_away(answer):
                        wrong.append(f"{method} {address} with {evil!r}: {told}")
                    if number == 0 and (answer.status_code not in GOING_ON or (method, _to(answer)) in tried):
                        break
                if who == "not signed in":
                    tried.add((method, _to(answer)))
    assert wrong == []


def _to(answer) -> str:
    return urlsplit(answer.get("Location", "")).path


def _try(client: Client, method: str, address: str, evil: str):
    given = dict.fromkeys(NAMES, evil)
    headers = {"Referer": evil.replace("\n", "").replace("\r", ""), "HX-Current-URL": quote(evil)}
    return getattr(client, method)(address, given, headers=headers)


@pytest.mark.parametrize("evil", ELSEWHERE)
def test_signing_in_and_out_leads_nowhere_else(root, evil):
    client = Client()
    sent = {"username": "root", "login": "root", "password": "a-long-password-1", "next": evil}
    for address in (f"{reverse('sign-in')}?next={quote(evil)}", reverse("admin:login")):
        answer = client.post(address, sent, follow=False)
        assert leads_away(answer) == ""
        client.force_login(root)
        assert leads_away(client.get(address, {"next": evil})) == ""
        for way_out in ("sign-out", "admin:logout"):
            client.force_login(root)
            assert leads_away(client.post(f"{reverse(way_out)}?next={quote(evil)}", {"next": evil})) == ""


@pytest.mark.parametrize("evil", ELSEWHERE)
def test_an_address_that_is_asked_for_is_not_gone_to(db, evil):
    """Without a slash at its end it is completed; without a session it leads to the sign-in page and back."""
    for path in (evil, f"/{evil}", f"//{evil}/..", f"/{quote(evil)}"):
        if path.startswith("/") and "?" not in path:
            assert leads_away(Client().generic("GET", path)) == ""


def test_a_page_of_the_site_is_gone_on_to(root):
    """The test of these tests."""
    client = Client()
    client.force_login(root)
    answer = client.post(reverse("analyses:save-view"), {"name": "Mine", "list": "owner=a"})
    assert answer["Location"] == "/?owner=a"
    assert leads_away(answer) == ""
    for evil in ("//evil.test/", "/\\evil.test", "https://evil.test", "\t//evil.test", "javascript:alert(1)"):
        assert leads_away({"Location": evil})
