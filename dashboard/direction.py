"""Text that turns the reading direction is shown as what it is: no log entry, address or name reads as another one."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# What embeds, overrides and isolates a direction. Our own pages hold none of it.
_TURNS = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")  # U+202A to U+202E, U+2066 to U+2069, in UTF-8


class DirectionMiddleware:
    """Writes such characters of whole pages as [U+202E]. What is exported stays as it is: programs read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if isinstance(answer, HttpResponse) and _is_page(answer):
            answer.content = _TURNS.sub(_named, answer.content)
        return answer


def _is_page(answer: HttpResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html") and "Content-Encoding" not in answer.headers


def _named(found: re.Match[bytes]) -> bytes:
    return f"[U+{ord(found[0].decode()):04X}]".encode()
