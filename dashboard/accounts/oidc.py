"""Signing in with an OpenID provider, where the installation names one.

Whoever comes from there is somebody who has an account here: the first time by the e-mail address that the provider has
verified, from then on by the provider's own number for them. Nobody is made an account.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

log = logging.getLogger(__name__)
PROVIDER = "oidc"
NOBODY = _(
    "There is no account here for you. Ask your administrator for one with the e-mail address that you have at "
    "%(provider)s."
)
FAILED = _("Signing in with %(provider)s did not work. Try again, or sign in with your password.")


class OpenIdAdapter(DefaultSocialAccountAdapter):
    """Lets in people who have an account, and nobody else."""

    def is_open_for_signup(self, _request: HttpRequest, _sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if not _is_one_person(sociallogin.account.extra_data):
            raise ImmediateHttpResponse(_refused(request, FAILED))
        if sociallogin.is_existing:
            return
        user = _whose(sociallogin)
        if user is None:
            raise ImmediateHttpResponse(_refused(request, NOBODY))
        sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, *_args: Any, exception: Any = None, **_more: Any) -> None:
        log.warning("Signing in with the OpenID provider failed: %s", type(exception).__name__)
        raise ImmediateHttpResponse(_refused(request, FAILED))


def _is_one_person(said: dict[str, Any]) -> bool:
    """Whether both answers of the provider, of which one is read, are of the same person."""
    told, signed = said.get("userinfo"), said.get("id_token")
    return not (told and signed) or told.get("sub") == signed.get("sub")


def _whose(sociallogin: SocialLogin) -> User | None:
    """The one account with an address that the provider has verified; None where it is somebody's at the provider."""
    verified = [address.email for address in sociallogin.email_addresses if address.verified is True]
    if not verified:
        return None
    alike = User.objects.filter(email__iexact=verified[0], is_active=True)
    found = [user for user in alike if _is_one_address(user.email, verified[0])]
    if len(found) != 1 or SocialAccount.objects.filter(user=found[0]).exists():
        return None
    return found[0]


def _is_one_address(ours: str, theirs: str) -> bool:
    """Whether it is the same but for capitals. Databases find more alike: to some, a dotless i is an i in capitals."""
    return ours.isascii() and theirs.isascii() and ours.strip().lower() == theirs.strip().lower()


def _refused(request: HttpRequest, why: Promise) -> HttpResponse:
    messages.error(request, str(why) % {"provider": settings.OIDC_NAME})
    return redirect("sign-in")


@require_POST
@never_cache
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider; by a page, as the policy of ours lets no form lead to another host."""
    if not settings.OIDC_ISSUER or request.user.is_authenticated or set(request.POST) - {"csrfmiddlewaretoken", "next"}:
        raise Http404
    try:
        answer = openid.login(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:  # it is away, or does not answer as one
        log.warning("The OpenID provider does not answer: %s", type(error).__name__)
        return _refused(request, FAILED)
    there = answer.headers.get("Location", "")
    if urlsplit(there).scheme not in ("http", "https"):
        return _refused(request, FAILED)
    return render(request, "account/to_the_provider.html", {"there": there, "name": settings.OIDC_NAME})


@require_GET
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Somebody comes back from the provider."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        return openid.callback(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:
        log.warning("The OpenID provider's answer cannot be read: %s", type(error).__name__)
        return _refused(request, FAILED)
