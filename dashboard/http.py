"""What every request passes through, and the small vocabulary views use to answer."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

OPEN_TO_EVERYONE = frozenset({"sign-in", "health", "ready"})
KNOWN_ZONES = frozenset(available_timezones())


class HtmxRequest(HttpRequest):
    """A request as our views see it: signed in, with htmx's details."""

    htmx: HtmxDetails
    user: User  # type: ignore[assignment]


class SignInRequiredMiddleware:
    """Nobody sees a page without signing in; a poll is told so (401) instead of being sent to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, _view, _args, _kwargs) -> HttpResponse | None:
        match = request.resolver_match
        if request.user.is_authenticated or match is None:
            return None
        if match.url_name in OPEN_TO_EVERYONE or match.app_name == "admin":
            return None
        if request.htmx:
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


class TimeZoneMiddleware:
    """Show times in the viewer's zone, which the page's script leaves in a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("timezone", "")
        with timezone.override(ZoneInfo(name) if name in KNOWN_ZONES else None):
            return self.get_response(request)


def render_live(request: HtmxRequest, template: str, region: str, version: str, context: dict) -> HttpResponse:
    """Answer a page, or only its live region when htmx polls it; 204 when the poller already has this version."""
    context = {**context, "version": version}
    if not request.htmx or request.htmx.boosted:
        return render(request, template, context)
    if request.GET.get("v") == version:
        return HttpResponse(status=204)
    return render(request, f"{template}#{region}", context)
