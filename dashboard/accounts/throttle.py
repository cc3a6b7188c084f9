"""How often somebody may try: passwords by account and address, and by address alone; codes by account.

One count for every way of signing in, kept in the database, so that all processes and machines share it. It ends by
itself, and names nobody knows are counted like those that exist.
"""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac

ADDRESS_WINDOW = timedelta(minutes=1)
_CODES = " codes of "


class Tries(AxesDatabaseHandler):
    """Counts failures of an account (axes), and of an address that tries many accounts."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return (
            super().is_locked(request, credentials) or _tries_of_address(request) >= settings.AXES_FAILURES_OF_ADDRESS
        )


def _tries_of_address(request: Any) -> int:
    """Failures in the last minute; more than that where an account's earlier ones are counted with its latest."""
    recent = AccessAttempt.objects.filter(
        ip_address=request.axes_ip_address, attempt_time__gte=request.axes_attempt_time - ADDRESS_WINDOW
    )
    return recent.aggregate(total=Sum("failures_since_start"))["total"] or 0


def account_of(_request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The account that is tried, however its name is written: signing in does not look at capitals either.

    Both ways, as databases do: a dotless i is an i in capitals. Names are kept as digests only: people type passwords
    in their place.
    """
    name = str((credentials or {}).get("username") or "")
    return name if name.startswith(_CODES) else salted_hmac(__name__, name.strip().upper().lower()).hexdigest()


def counted_by(request: HttpRequest, credentials: dict[str, Any] | None = None) -> list[str | list[str]]:
    """Codes are counted wherever they come from: only who knows the password gets as far as that."""
    return ["username"] if account_of(request, credentials).startswith(_CODES) else [["username", "ip_address"]]


def words_for_the_log(_username: str, ip_address: str, _user_agent: str, path_info: str, _request: HttpRequest) -> str:
    """Names stay out of the log too."""
    return f"{ip_address} at {path_info!r}"


def code_may_be_tried(request: HttpRequest, user: User) -> bool:
    """Whether a code of this person's second factor is looked at now. Where not, the answer is the page to wait."""
    if AxesProxyHandler.is_allowed(request, _codes_of(user)):
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]
    return False


def code_was_wrong(request: HttpRequest, user: User) -> None:
    AxesProxyHandler.user_login_failed(sender=Tries, credentials=_codes_of(user), request=request)


def code_was_right(user: User) -> None:
    AccessAttempt.objects.filter(username=_codes_of(user)["username"]).delete()


def _codes_of(user: User) -> dict[str, Any]:
    return {"username": f"{_CODES}{user.pk}"}


def wait(request: HttpRequest, _response: HttpResponse | None = None, _credentials: Any = None) -> HttpResponse:
    """The page that says to try again later; the same whether there is such an account or not."""
    page = render(request, "account/wait.html", {"minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)})
    page.status_code = 429
    page["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    page["Cache-Control"] = "no-store"
    return page
