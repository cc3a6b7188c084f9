"""What a browser keeps for us comes back as it was, or not at all."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class CookiesMiddleware:
    """Leaves out cookies that none of ours looks like: PostgreSQL takes no NUL for a session's key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for name, value in list(request.COOKIES.items()):
            if not value.isprintable():
                del request.COOKIES[name]
        return self.get_response(request)
