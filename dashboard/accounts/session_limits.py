"""How long somebody stays signed in: while they do something, and never for longer than a working day.

A page that refreshes itself does nothing: polls carry the version they show (`v`, see http.has_news) and do not count.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from dashboard.accounts.addresses import address_of

log = logging.getLogger(__name__)
_BEGAN, _SEEN = "began_at", "seen_at"
WRITTEN_EVERY = 30  # seconds: not every request writes its session


class SessionLimitsMiddleware:
    """Ends a session that has been idle for too long, or is too old; on the server, whatever the browser keeps."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            if is_over(request.session):
                logout(request)
            else:
                _note(request)
        return self.get_response(request)


def begin(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody has signed in, in whichever way: their time runs from now."""
    request.session[_BEGAN] = request.session[_SEEN] = time.time()
    log.info("%r signed in from %s", user.get_username(), address_of(request))


def begin_anew_with_a_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_signal: Any) -> None:
    """End the other sessions of somebody who has their first second factor: they began without one."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk)
    if not others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        for other in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
            other.end()


def is_over(session: SessionBase) -> bool:
    """Whether a session has ended by one of the limits, or nobody knows when it began."""
    began, seen, now = session.get(_BEGAN, 0), session.get(_SEEN, 0), time.time()
    return now - began >= settings.SESSION_COOKIE_AGE or now - seen >= settings.IDLE_SECONDS


def seen_at(session: SessionBase) -> datetime | None:
    """When its person last did something, to half a minute."""
    seen = session.get(_SEEN)
    return datetime.fromtimestamp(seen, UTC) if seen else None


def is_background(request: HttpRequest) -> bool:
    """Whether a page asks by itself, and nobody has done anything."""
    is_poll = request.headers.get("HX-Request") == "true" and request.method == "GET" and "v" in request.GET
    return is_poll or "prefetch" in request.headers.get("Sec-Purpose", "")


def _note(request: HttpRequest) -> None:
    seen = request.session.get(_SEEN, 0)
    if not is_background(request) and time.time() - seen >= WRITTEN_EVERY:
        request.session[_SEEN] = time.time()
