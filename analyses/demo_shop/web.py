"""Requests and responses of the demo shop, over WSGI."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

LARGEST_FORM = 16_384  # bytes
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    cookies: dict[str, str]


@dataclass
class Response:
    """What is sent. No security headers: that is one of the planted flaws."""

    body: str
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = HTML
    headers: list[tuple[str, str]] = field(default_factory=list)

    def set_cookie(self, name: str, value: str) -> None:
        """Planted: a cookie without HttpOnly, Secure and SameSite."""
        self.headers.append(("Set-Cookie", f"{name}={value}; Path=/"))


def redirect(address: str) -> Response:
    """Send the visitor to `address`; line breaks in it are dropped."""
    location = "".join(character for character in address if character.isprintable())
    body = f'<p>Continue at <a href="{escape(location)}">{escape(location)}</a>.</p>'
    location = location.encode("utf-8", "replace").decode("latin-1")
    return Response(body, HTTPStatus.SEE_OTHER, headers=[("Location", location)])


def _pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=100))
    except ValueError:
        return {}


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def read_request(environ: dict[str, Any]) -> Request:
    """Read a WSGI environment; a form longer than LARGEST_FORM is cut."""
    try:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_FORM)
    except ValueError:
        length = 0
    body = environ["wsgi.input"].read(length) if length > 0 else b""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace") or "/",
        query=_pairs(environ.get("QUERY_STRING", "")),
        form=_pairs(body.decode("utf-8", "replace")),
        cookies=_cookies(environ.get("HTTP_COOKIE", "")),
    )


def application(answer: Callable[[Request], Response]) -> Callable[..., Iterable[bytes]]:
    """Make a WSGI application of a function from requests to responses."""

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = read_request(environ)
        response = answer(request)
        body = response.body.encode("utf-8", "replace")
        headers = [
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(body))),
            *response.headers,
        ]
        start_response(f"{response.status.value} {response.status.phrase}", headers)
        return [] if request.method == "HEAD" else [body]

    return wsgi
