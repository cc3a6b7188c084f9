"""The pages of people's own accounts that allauth does not have, or has otherwise."""

from contextlib import suppress
from typing import Any

from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard.accounts import (
    announcements,
    browsers,
    languages,
    one_time_codes,
    required_factor,
    session_limits,
    zones,
)
from dashboard.ways_back import way_back


def administration_sign_in(request: HttpRequest) -> HttpResponse:
    """The administration has no sign-in of its own: there is one, with its second factor and its counting."""
    then = way_back(request.GET.get("next", ""), reverse("admin:index"))
    if not request.user.is_authenticated:
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': then})}")
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return HttpResponseRedirect(then)


class ChangePasswordView(PasswordChangeView):
    """Changes the password of somebody who has one; their other sessions end with it."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not user.has_usable_password():
            raise PermissionDenied(_("Whoever signs in elsewhere has no password here."))
        return super().dispatch(request, *args, **kwargs)


change_password = ChangePasswordView.as_view()


class SignInView(LoginView):
    """The one sign-in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"oidc_name": settings.OIDC_ISSUER and settings.OIDC_NAME}


class AccountView(IndexView):
    """Somebody's own account: second factors, password, sessions."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "factor_is_missing": required_factor.is_missing(self.request.user),
            "language_form": languages.LanguageForm(initial={"language": languages.CHOSEN.of(self.request)}),
            "announcements_form": announcements.AnnouncementsForm(
                initial={"announced": announcements.CHOSEN.of(self.request)}
            ),
            "zone_form": zones.ZoneForm(initial={"zone": zones.CHOSEN.of(self.request)}),
            "zone_name": timezone.get_current_timezone_name(),
        }


class SecondFactorView(AuthenticateView):
    """The second step of signing in; asks for what this person has."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return super().get_context_data(**kwargs) | {"has_keys": Authenticator.Type.WEBAUTHN in kinds}


class SetUpAppView(ActivateTOTPView):
    """Shows the secret of an authenticator app as a picture and in groups of letters."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret_parts": [secret[start : start + 4] for start in range(0, len(secret), 4)]}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it up; the code that was shown for it is used up."""
        with transaction.atomic():
            answer = super().form_valid(form)
            app = Authenticator.objects.get(user=form.user, type=Authenticator.Type.TOTP)
            with suppress(one_time_codes.UsedBefore):  # so old by now that it is good for nothing anyway
                one_time_codes.use_up(app, form.cleaned_data["code"])
        return answer


sign_in = SignInView.as_view()
account = never_cache(login_required(AccountView.as_view()))
second_factor = SecondFactorView.as_view()
set_up_app = never_cache(login_required(SetUpAppView.as_view()))


class ConfirmByKeyView(ReauthenticateWebAuthnView):
    """Asks for a security key again; one that is refused is said on the same page."""

    def form_invalid(self, form: Any) -> HttpResponse:
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        return redirect(self.request.get_full_path())


confirm_by_key = ConfirmByKeyView.as_view()


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in. They end one of their sessions (`session`), or all but this one."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required
    if request.method == "POST":
        if "session" in request.POST:
            mine = UserSession.objects.filter(user=request.user)
            ended = [session for session in mine if str(session.pk) == request.POST["session"]]
            if not ended:
                raise Http404
            end_sessions(request, ended)
        else:
            end_other_sessions(request, request.user)
        if request.user.is_authenticated:
            messages.success(request, _("Signed out there."))
        return redirect("usersessions_list")
    return render(request, "usersessions/usersession_list.html", {"sessions": _live_sessions(request.user)})


def _live_sessions(user: User) -> list[UserSession]:
    """Their sessions that still count, the latest first, each with `browser` and `seen_at`."""
    live = []
    for session in UserSession.objects.purge_and_list(user):
        store = session._session_store(session.session_key)
        if not session_limits.is_over(store):
            session.browser = browsers.name_of_browser(session.user_agent)
            session.seen_at = session_limits.seen_at(store) or session.last_seen_at
            live.append(session)
    return sorted(live, key=lambda session: session.seen_at, reverse=True)
