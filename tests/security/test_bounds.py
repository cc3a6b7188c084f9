"""What is too large, too long, too many or no text at all is answered by a page or a refusal, never by an error."""

import io

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analyses.models import Analysis
from dashboard import programs
from tests.configure.pages import form_of
from tests.security.routes import Route, addresses, routes

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
PARAMETERS = (
    "q", "name", "owner", "status", "team", "severity", "repeats", "attention", "mine", "business_unit", "changed_from",
    "changed_to", "started_from", "started_to", "sort", "size", "page", "scans", "endpoints", "url", "before", "scan",
    "occurrence", "finding", "state", "change", "category", "host", "month", "v", "template", "next", "list", "p", "o",
    "all", "e", "_to_field", "_popup", "_changelist_filters", "app_label", "model_name", "field_name", "term",
    "pattern", "start", "start_at", "repeat", "repeat_days", "zone", "duration_0", "revision", "id__exact",
    "owner__id__exact",
)  # fmt: skip
ODD = {
    "null": "a\x00b", "null alone": "\x00", "huge number": "9" * 400, "more than a page": str(10**9), "negative": "-1",
    "digits of elsewhere": "\u0661\u0662", "power": "1e400", "words": "banana", "long": "x" * 3_000,
    "percent": "%_%_%" * 300, "many words": "a " * 2_000, "backtracking": "(a+)+$" * 300, "control": "\r\n\x1b\x7f",
    "no text": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "quotes": "'\";--", "list": "[1,2]",
    "formats": "%s%d{0}{{x}}%(a)s", "nan": "nan", "date": "2026-13-45", "early": "0001-01-01", "late": "9999-12-31",
}  # fmt: skip
# The administration is three quarters of all routes, and the same code: it is tried with those that differ most.
ODDEST = {"null", "huge number", "no text", "words", "date"}
MOST_QUERIES = 60  # of any page, whatever it is asked


@pytest.mark.parametrize("what", ODD)
def test_no_route_breaks_on_odd_parameters(world, as_root, what):
    """All of them at once, and in the header and cookies that pages read."""
    odd, wrong = ODD[what], []
    as_root.cookies["timezone"] = odd.encode("ascii", "replace").decode().replace("\r", "").replace("\n", "")
    for route in _tried_with(what):
        for address in addresses(route, world, 1):
            with CaptureQueriesContext(connection) as captured:
                answer = as_root.get(address, dict.fromkeys(PARAMETERS, odd))
            if answer.status_code >= 500 or len(captured) > MOST_QUERIES:
                wrong.append(f"{address}: {answer.status_code}, {len(captured)} queries")
    assert wrong == []


def _tried_with(what: str) -> list[Route]:
    return [route for route in routes() if what in ODDEST or not route.is_of_administration]


@pytest.mark.parametrize("what", ["null", "null alone", "huge number", "digits of elsewhere", "no text", "control"])
def test_no_form_breaks_on_odd_values(world, root, what):
    """Every field that any page sends, in every form."""
    names = _every_field(world, root)
    sent, wrong = dict.fromkeys(names, ODD[what]), []
    for route in _tried_with(what):
        for address in addresses(route, world, 1):
            if "logout" in address or "sign-out" in address:
                continue
            client = Client(raise_request_exception=False)
            client.force_login(root)
            for given in (sent, sent | {"action": "submit", "switch": "on", "then": "save", "state": "fixed"}):
                answer = client.post(address, given)
                if answer.status_code >= 500:
                    wrong.append(f"{address}: {answer.status_code}")
    assert wrong == []


def _every_field(world, root) -> set[str]:
    client = Client()
    client.force_login(root)
    names = {
        "finding",
        "comment",
        "every",
        "chosen",
        "list",
        "name",
        "session",
        "code",
        "login",
        "password",
        "username",
    }
    for page in ("analyses:new", "analyses:configure"):
        args = [] if page == "analyses:new" else [Analysis.objects.get(name="Draft").pk]
        names |= set(form_of(client.get(reverse(page, args=args))))
    return names


@pytest.mark.parametrize("cookie", ["vedette_session", "csrftoken", "messages", "timezone"])
def test_no_cookie_breaks_a_page(root, cookie):
    for value in ('"a\\000b-and-some-more-letters"', "x" * 3_000, "\xff\xfe", "9" * 40, "%00", "a" * 32):
        client = Client(raise_request_exception=False)
        client.force_login(root)
        kept = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items() if name != cookie)
        client.cookies.clear()
        answer = client.get("/", headers={"Cookie": f"{kept}; {cookie}={value}"})
        assert answer.status_code < 500, (cookie, value)


NO_PATHS = [
    "/%00", "/analyses/%00/", "/analyses/1%00/", "/static/%00", "/static/../settings.py", "/%ff%fe",
    "/analyses/\u0661/",
    "/static/..%2f..%2fdashboard/settings.py", "/analyses/99999999999999999999999/", f"/{'a/' * 5_000}",
    "/admin/analyses/analysis/%00/change/", "/admin/analyses/analysis/99999999999999999999/change/",
    "/analyses/1/scans/99999999999999999999/", "/templates/99999999999999999999/delete/",
    "/views/99999999999999999999/",
]  # fmt: skip


@pytest.mark.parametrize("path", NO_PATHS)
def test_no_path_breaks(as_root, path):
    assert as_root.get(path).status_code in (301, 302, 400, 404)


class TestSizes:
    """Bounded before anything is read."""

    def test_a_field_of_50_mb(self, as_root):
        for address in (
            reverse("analyses:new"),
            reverse("analyses:save-view"),
            reverse("sign-in"),
            reverse("analyses:bulk"),
        ):
            answer = as_root.post(address, {"name": "x" * 50_000_000})
            assert answer.status_code in (400, 413), address
        assert not Analysis.objects.exists()

    def test_a_million_addresses(self, as_root):
        lines = "http://a.test/\n" * 1_000_000
        answer = as_root.post(reverse("analyses:new"), {"name": "Many", "urls": lines, "then": "save"})
        assert answer.status_code in (400, 413)

    def test_many_addresses_that_are_not_too_large_to_be_read(self, as_root):
        lines = "\n".join(f"http://a{n}.test/" for n in range(100_000))
        answer = as_root.post(reverse("analyses:new"), {"name": "Many", "urls": lines, "then": "save"})
        assert answer.status_code == 200
        assert "at most 1,000" in answer.content.decode()
        assert not Analysis.objects.exists()

    def test_too_many_fields(self, as_root):
        most = configured.DATA_UPLOAD_MAX_NUMBER_FIELDS
        body = "&".join(f"f{n}=" for n in range(most + 1))
        form = "application/x-www-form-urlencoded"
        assert as_root.post(reverse("analyses:new"), body, content_type=form).status_code == 400
        assert as_root.get(f"/?{'&'.join(f'f{n}=' for n in range(most + 1))}").status_code < 500

    def test_a_body_that_says_it_is_something_else(self, as_root):
        for kind in (
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "application/json",
            "text/xml",
            "x",
            "\x00",
        ):
            for body in (
                b"",
                b"\x00\xff",
                b"--x\r\n",
                b'{"a": 1}',
                b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
            ):
                answer = as_root.post(reverse("analyses:new"), body, content_type=kind)
                assert answer.status_code < 500, (kind, body)

    def test_a_file_that_is_too_large(self, as_root):
        page = as_root.get(reverse("analyses:new"))
        file = io.BytesIO(b"x" * 20_000_000)
        file.name = "api.json"
        answer = as_root.post(
            reverse("analyses:new"), form_of(page) | {"name": "Big", "specifications": file, "then": "save"}
        )
        assert answer.status_code == 200
        assert not Analysis.objects.exists()

    def test_the_server_bounds_addresses_and_headers(self):
        """gunicorn's own bounds are not switched off."""
        words = programs.web(3, 1).command
        assert not any(word.startswith("--limit-request") for word in words)
