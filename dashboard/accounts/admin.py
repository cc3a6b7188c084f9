"""Second factors and sessions, for administrators: they take away what was lost, and see no secret."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpRequest

for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class OfSuperusersAdmin(admin.ModelAdmin):
    """To be looked at, by superusers only. Lists are asked for what their filters offer: no secret is to be guessed."""

    list_select_related = ["user"]
    search_fields = ["user__username"]
    list_per_page = 50

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's
        return lookup.partition("__")[0] in self.list_filter

    def has_view_permission(self, request: HttpRequest, _obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def _never(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never


class TakenAwayAdmin(OfSuperusersAdmin):
    """To be looked at and taken away."""

    def has_delete_permission(self, request: HttpRequest, _obj: Any = None) -> bool:
        return self.has_view_permission(request)


@admin.register(Authenticator)
class AuthenticatorAdmin(TakenAwayAdmin):
    """Whoever has lost their phone or key signs in with the password again when it is deleted here."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    fields = ["user", "type", "created_at", "last_used_at"]


@admin.register(UserSession)
class UserSessionAdmin(OfSuperusersAdmin):
    """Where people are signed in. To end somebody's sessions, change their password or make them inactive."""

    list_display = ["user", "ip", "user_agent", "created_at"]
    search_fields = ["user__username", "ip"]
    fields = ["user", "ip", "user_agent", "created_at"]
    actions = None


@admin.register(SocialAccount)
class SocialAccountAdmin(TakenAwayAdmin):
    """Which account of the OpenID provider belongs to whom."""

    list_display = ["user", "provider", "uid", "date_joined", "last_login"]
    fields = ["user", "provider", "uid", "date_joined", "last_login"]
