"""Who has to have a second factor sets one up before anything else."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

SETTING_UP = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "sign-in",
        "sign-out",
        "health",
        "ready",
    }
)
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class SecondFactorRequiredMiddleware:
    """Leads people who need a second factor and have none to where they set one up; nothing else answers them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view, _args, _kwargs) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or (not match.app_names and match.url_name in SETTING_UP) or not is_missing(request.user):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403)
        return redirect("mfa_index")


def is_required(user: User | AnonymousUser) -> bool:
    """Whether this person needs a second factor here."""
    if settings.REQUIRE_SECOND_FACTOR == "everyone":
        return user.is_authenticated
    return settings.REQUIRE_SECOND_FACTOR == "administrators" and (user.is_superuser or user.is_staff)


def is_missing(user: User | AnonymousUser) -> bool:
    """Whether they need one and have none."""
    return is_required(user) and not is_mfa_enabled(user, FACTORS)
