"""What every request passes through, and the small vocabulary views use to answer."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.middleware import HtmxDetails

from dashboard import kept_forms
from dashboard.accounts import languages, zones

OPEN_TO_EVERYONE = frozenset(
    {
        "sign-in", "mfa_authenticate", "openid_connect_login", "openid_connect_callback", "sign-out",
        "administration-sign-in", "health", "ready", "unsubscribe",
    }
)  # fmt: skip
POLLED = ("v", "shown")  # parameters that polls add to a page's own: what it shows

Person = User | AnonymousUser


class HtmxRequest(HttpRequest):
    """A request as our views see it: signed in, with htmx's details."""

    htmx: HtmxDetails
    user: User


class SignInRequiredMiddleware:
    """Nobody sees a page without signing in; a poll is told so (401) instead of being sent to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, view, _args, _kwargs) -> HttpResponse | None:
        match = request.resolver_match
        if request.user.is_authenticated:
            kept_forms.settle(request)
            return None
        if match is None:
            return None
        if match.url_name in OPEN_TO_EVERYONE or match.app_name == "admin":
            return None
        if request.htmx:
            return HttpResponse(status=401)
        kept_forms.keep(request, view)
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


class TimeZoneMiddleware:
    """Show times in the viewer's zone: the chosen one, else their browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zones.zone_for(request)):
            return self.get_response(request)


class LanguageMiddleware:
    """Speak the viewer's language: the chosen one, else what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = languages.language_for(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def wants_fragment(request: HtmxRequest) -> bool:
    """Whether only the live part is wanted. Going back in the history needs the whole page, although htmx asks."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def has_news(request: HtmxRequest, version: str) -> bool:
    """False when this is a poll by a page that shows this version already: answer it with `no_news()`."""
    return not (wants_fragment(request) and request.GET.get("v") == version)


def no_news() -> HttpResponse:
    """The answer to a poll that finds nothing new."""
    return HttpResponse(status=204)


def render_live(
    request: HtmxRequest, template: str, version: str, context: dict[str, Any], *, shown: str | None = None
) -> HttpResponse:
    """Answer a page, or only its partial `live` when htmx polls it. Neither is kept by any cache.

    The template gets `version` and `poll_url`, this address with the version the page will then be showing and, where
    that matters, with what is `shown` on it; `page_url` is the address without them. A poll also says which parts the
    page shows: they are not sent again (analyses/templatetags/parts.py).
    """
    asked = request.GET.copy()
    for name in POLLED:
        asked.pop(name, None)
    page_url = f"{request.path}?{asked.urlencode()}"
    asked["v"] = version
    if shown is not None:
        asked["shown"] = shown
    fragment = wants_fragment(request)
    context = {
        **context,
        "version": version,
        "page_url": page_url,
        "poll_url": f"{request.path}?{asked.urlencode()}",
        "is_fragment": fragment,
        "parts_shown": frozenset(request.headers.get("X-Parts", "").split(".") if fragment else ()),
    }
    response = render(request, f"{template}#live" if fragment else template, context)
    add_never_cache_headers(response)  # findings stay out of caches, also after signing out
    patch_vary_headers(response, ["HX-Request"])
    return response


def download(name: str, content: str | Iterable[str], content_type: str) -> HttpResponseBase:
    """A file that browsers keep under this name, and no cache does; one that comes in pieces is written while sent."""
    answer: HttpResponseBase = (
        HttpResponse(content, content_type=content_type)
        if isinstance(content, str)
        else StreamingHttpResponse(content, content_type=content_type)
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    add_never_cache_headers(answer)
    return answer


def server_error(_request: HttpRequest) -> HttpResponse:
    """The page for what went wrong here; for a database that is away, full or locked, one that says to come back.

    Django calls it while the exception is being handled. Neither page asks the database for anything.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": "10"})
    return HttpResponse(loader.get_template("500.html").render(), status=500)
