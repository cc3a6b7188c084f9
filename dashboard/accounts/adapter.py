"""What of allauth is done differently here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashboard.accounts import secrets
from dashboard.accounts.addresses import address_of

# What allauth says where nothing can be said instead. Its German says “du” there: ours in the catalogue goes before it.
SAID_BY_ALLAUTH = (
    _("You must type the same password each time."),
    _("Be patient, you are sending too many requests."),
)
NOT_ACTIVE = _("This account is not active. Ask your administrator.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators, and an inactive one is answered like a wrong password."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The username or the password is wrong."),
        "incorrect_password": _("The password is wrong."),
        "enter_current_password": _("The password is wrong."),
        "too_many_login_attempts": _("Too many tries have failed. Wait a few minutes."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Raises no error for a name that cannot be one: it is an account that does not exist."""
        user = super().authenticate(request, **credentials)
        return user if isinstance(user, User) and user.is_active else None

    def is_safe_url(self, url: Any) -> bool:
        """Whether it may be gone to after signing in; what is no address at all may not."""
        try:
            return super().is_safe_url(url)
        except ValueError:
            return False

    def is_ajax(self, _request: HttpRequest) -> bool:
        return False  # pages only

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def respond_user_inactive(self, request: HttpRequest, _user: Any) -> HttpResponse:
        messages.error(request, NOT_ACTIVE)
        return redirect("sign-in")

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it: a password alone must not be able to take it away.

        The first is what is asked for, the others are offered.
        """
        methods = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"] != "reauthenticate"]
        return sorted(factors, key=lambda method: "webauthn" not in method["id"]) or methods


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted like any other, and keys belong to the host people use."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is wrong, or has been used before."),
    }

    def get_totp_label(self, user: Any) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return "Vedette"

    def _get_site_name(self) -> str:
        return "Vedette"

    def _get_user_identifier(self, user: Any) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return f"Security key {user.authenticator_set.filter(type=type).count() + 1}"
