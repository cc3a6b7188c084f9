"""The headers of every answer there is: of every route, for whoever asks, and of errors, files and redirects."""

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from tests.security.routes import addresses, routes

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
}  # fmt: skip
# A mail shows its own styles. It is no part of this site, and can do less than any page of it.
POLICY_OF_MAILS = {
    "sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "form-action 'none'", "base-uri 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip
EXACT = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DENIED = ("camera", "microphone", "geolocation", "payment", "usb", "clipboard-read", "display-capture")


def faults(answer, *, policy=POLICY, kept=False) -> list[str]:
    """What is wrong with the headers of an answer."""
    found = [f"{name}: {answer.get(name)}" for name, value in EXACT.items() if answer.get(name) != value]
    given = {part.strip() for part in answer.get("Content-Security-Policy", "").split(";") if part.strip()}
    if given != policy:
        found.append(f"Content-Security-Policy: {given ^ policy}")
    permissions = answer.get("Permissions-Policy", "")
    found += [f"Permissions-Policy grants {name}" for name in DENIED if f"{name}=()" not in permissions]
    if not kept and not {"no-store", "private"} <= set(answer.get("Cache-Control", "").split(", ")):
        found.append(f"Cache-Control: {answer.get('Cache-Control')}")
    if "Server" in answer or "X-Powered-By" in answer:
        found.append("it says what serves it")
    return found


@pytest.mark.thorough
@pytest.mark.django_db
@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "not signed in"])
def test_every_route_answers_with_all_of_them(world, as_root, signed_in, htmx):
    client = as_root if signed_in else Client()
    wrong, statuses = {}, set()
    for route in routes():
        own = POLICY_OF_MAILS if route.name.endswith("outgoingmail_html") else POLICY
        for address in addresses(route, world, 1):
            for method in ("get", "head", "post", "put"):
                if route.text.endswith(("sign-out/", "logout/")) and method == "post":
                    continue  # see below
                answer = getattr(client, method)(address, headers={"HX-Request": "true"} if htmx else {})
                statuses.add(answer.status_code)
                if found := faults(answer, policy=own if signed_in and answer.status_code == 200 else POLICY):
                    wrong[f"{method} {address}: {answer.status_code}"] = found
    assert wrong == {}
    assert statuses >= ({200, 302, 404, 405} if signed_in else {200, 302 if not htmx else 401})
    assert 500 not in statuses


class TestOtherAnswers:
    """Those that no route gives."""

    def test_a_page_that_does_not_exist(self, as_root):
        answer = as_root.get("/no-such-page/")
        assert (answer.status_code, faults(answer)) == (404, [])

    def test_a_poll_by_somebody_who_was_signed_out(self, db, client):
        answer = client.get("/", headers={"HX-Request": "true"})
        assert (answer.status_code, faults(answer)) == (401, [])

    def test_a_poll_that_finds_nothing_new(self, as_root):
        version = as_root.get("/").context["version"]
        answer = as_root.get("/", {"v": version}, headers={"HX-Request": "true"})
        assert (answer.status_code, faults(answer)) == (204, [])

    def test_a_form_without_its_token(self, root):
        client = Client(enforce_csrf_checks=True)
        client.force_login(root)
        answer = client.post("/views/")
        assert (answer.status_code, faults(answer)) == (403, [])

    def test_what_went_wrong_here(self, as_root, monkeypatch):
        monkeypatch.setattr("analyses.views.analyses_list.figures_of", lambda _: 1 / 0)
        answer = as_root.get("/")
        assert (answer.status_code, faults(answer)) == (500, [])

    def test_a_database_that_is_away(self, as_root, monkeypatch):
        def away(_):
            raise OperationalError

        monkeypatch.setattr("analyses.views.analyses_list.figures_of", away)
        answer = as_root.get("/")
        assert (answer.status_code, faults(answer)) == (503, [])

    def test_a_host_that_is_not_ours(self, client):
        answer = client.get("/sign-in/", headers={"Host": "evil.test"})
        assert (answer.status_code, faults(answer)) == (400, [])

    def test_a_request_that_is_too_large(self, as_root, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        answer = as_root.post("/views/", {"name": "x" * 100})
        assert (answer.status_code, faults(answer)) == (400, [])

    def test_the_way_to_https(self, client, settings):
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_HSTS_SECONDS = 31_536_000
        answer = client.get("/sign-in/")
        assert (answer.status_code, faults(answer, kept=True)) == (301, [])
        assert "max-age=31536000" in client.get("/sign-in/", secure=True)["Strict-Transport-Security"]

    def test_a_page_that_sets_its_own_policy_keeps_it(self, rf):
        """Which only mails do."""
        from csp.middleware import CSPMiddleware

        answer = CSPMiddleware(lambda _: HttpResponse(headers={"Content-Security-Policy": "x"}))(rf.get("/"))
        assert answer["Content-Security-Policy"] == "x"

    @pytest.mark.parametrize("name", ["js/app.js", "css/base.css", "img/icons.svg", "admin/css/base.css"])
    def test_files(self, client, name):
        assert finders.find(name)
        answer = client.get(f"/static/{name}")
        assert (answer.status_code, faults(answer, kept=True)) == (200, [])
        again = client.get(f"/static/{name}", headers={"If-Modified-Since": answer["Last-Modified"]})
        assert (again.status_code, faults(again, kept=True)) == (304, [])
        assert "no-store" not in answer["Cache-Control"]  # they are the same for everybody

    def test_a_file_that_does_not_exist(self, db, client):
        answer = client.get("/static/no-such-file.js")
        assert (answer.status_code, faults(answer)) == (404, [])

    @pytest.mark.parametrize("path", ["/sign-out/", "/admin/logout/"])
    def test_signing_out(self, as_root, path):
        assert faults(as_root.post(path)) == []
