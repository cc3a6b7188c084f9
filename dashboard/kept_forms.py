"""A long form that is sent after its session has expired: what was typed is kept, and shown again after signing in.

A page takes part by the decorator `survives_sign_out` on its view and a hidden field `typed_by` in its form, which says
whose form it is. It is kept in the session of whoever is not signed in, for an hour, by people only who had the page;
CSRF has been checked before. Passwords and files are never kept; the ticks that remove stored ones are.
"""

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

KEPT_SECONDS = 3600
MOST_BYTES = 1024**2
TYPED_BY = "typed_by"
# What may hold a secret, by the end of its name, and what belongs to one sending only.
NEVER_KEPT = re.compile(
    r"(?!(.*-)?remove_[a-z_]+\Z).*(secret|headers|password)|csrfmiddlewaretoken|then|open|" + TYPED_BY, re.DOTALL
)
SHOWN_AGAIN = _("You have been signed out. Sign in, and what you had typed is shown again.")
TOO_LARGE = _(
    "You have been signed out, and nothing was saved. What you had typed was too large to keep until you sign in: it "
    "may still be there when you go back in your browser."
)
TOO_LARGE_AFTERWARDS = _("What you had typed was too large to keep while you were signed out. Nothing was saved.")
_KEY = "kept_form"
_SALT = "dashboard.kept_forms"
_View = TypeVar("_View", bound=Callable[..., Any])


def survives_sign_out(view: _View) -> _View:
    """Mark a view whose form is to be kept; it shows what `take` gives it. Has to be the outermost decorator."""
    view.survives_sign_out = True  # type: ignore[attr-defined]
    return view


def typed_by(user: User) -> str:
    """What the form's hidden field says: whose it is, signed."""
    return signing.dumps(user.pk, salt=_SALT)


def keep(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Keep what was sent, if it is such a form by somebody who was signed in; of too large a one, that it was."""
    if request.method != "POST" or not getattr(view, "survives_sign_out", False):
        return
    user = _typed_by(request.POST.get(TYPED_BY, ""))
    fields = {name: values for name, values in request.POST.lists() if not NEVER_KEPT.fullmatch(name)}
    size = sum(len(text.encode()) for name, values in fields.items() for text in (name, *values))
    if user is None:
        return
    kept = fields if size <= MOST_BYTES else None
    request.session[_KEY] = {"user": user, "path": request.path, "at": time.time(), "fields": kept}
    request.session.set_expiry(KEPT_SECONDS)  # the sweep removes it then
    if kept is None:
        messages.warning(request, TOO_LARGE)
    else:
        messages.info(request, SHOWN_AGAIN)


def settle(request: HttpRequest) -> None:
    """Somebody is signed in: their session lasts as long as any, and what is too old or another's is gone."""
    kept = request.session.get(_KEY)
    if kept is None:
        return
    request.session.set_expiry(None)
    if kept["user"] != request.user.pk or time.time() - kept["at"] > KEPT_SECONDS:
        del request.session[_KEY]


def take(request: HttpRequest) -> QueryDict | None:
    """What this person had typed on this page, once; None when there is nothing. The page shows why, as a message."""
    kept = request.session.get(_KEY)
    if request.method != "GET" or request.headers.get("HX-Request") or kept is None or kept["path"] != request.path:
        return None
    del request.session[_KEY]
    if kept["fields"] is None:
        messages.warning(request, TOO_LARGE_AFTERWARDS)
        return None
    typed = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        typed.setlist(name, values)
    return typed


def _typed_by(signed: str) -> int | None:
    """Whose form it is; None where that was not signed here, or longer ago than any form is open."""
    try:
        return int(signing.loads(signed, salt=_SALT, max_age=2 * settings.SESSION_COOKIE_AGE))
    except (signing.BadSignature, TypeError, ValueError):
        return None
