"""allauth's forms, in our words, with every try counted in one place."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_second_factor_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as apps
from allauth.mfa.webauthn import forms as keys
from cryptography.fernet import InvalidToken
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.accounts import one_time_codes, throttle

LONGEST_PASSWORD = 4096  # hashing takes as long as what is hashed
LONGEST_CODE = 64
LONGEST_ANSWER = 64 * 1024
_NAME_OF_KEY = gettext_lazy("For yourself, to tell your keys apart, such as “Blue key at home”. At most 60 characters.")


def _plain(field: forms.Field, label: str = "", help_text: str = "", **attributes: Any) -> None:
    """A field as our pages have it: a label above it, and nothing written into it."""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)
    field.label = label or field.label
    field.help_text = help_text


def _bounded(field: forms.Field) -> None:
    """Refuse what nobody has as a password before it is hashed."""
    field.validators.append(MaxLengthValidator(LONGEST_PASSWORD))


class SignInForm(account.LoginForm):
    """Name and password, sent as `username` and `password`."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        named = _("The name that your administrator gave you, not your mail address.")
        _plain(self.fields["login"], _("Username"), named, autofocus=True, autocapitalize="none", spellcheck="false")
        _plain(self.fields["password"], help_text=_("After several wrong ones you have to wait."))
        _bounded(self.fields["password"])

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix("username" if field_name == "login" else field_name)

    def _login_with_password(self, request: Any, redirect_url: str | None, credentials: dict[str, Any]) -> HttpResponse:
        """As allauth does it, but for how long the session lasts, which session_limits.py says."""
        self._login.redirect_url = redirect_url
        return perform_password_login(request, credentials, self._login)


class ConfirmPasswordForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _plain(self.fields["password"], help_text=_("The one that you sign in with."), autofocus=True)
        _bounded(self.fields["password"])


class ChangePasswordForm(account.ChangePasswordForm):
    """The old password is tried like one at the sign-in, and counted with those."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rules = _("At least 12 characters. Not a common password, and nothing like your name or address.")
        _plain(self.fields["oldpassword"], _("Current password"), _("The one that you sign in with now."))
        _plain(self.fields["password1"], _("New password"), rules)
        _plain(self.fields["password2"], _("New password, again"), _("To be sure that it is what you meant to type."))
        for field in self.fields.values():
            _bounded(field)

    def clean_oldpassword(self) -> str:
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class _CountedCode(codes.BaseAuthenticateForm):
    """A code of the second factor: tried only so often, and taken only once."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(max_length=LONGEST_CODE)
        told = _(
            "Six digits of your authenticator app, such as 123456, or one of your recovery codes. Each is good once."
        )
        _plain(
            self.fields["code"], _("Code"), told, autocomplete="one-time-code", autofocus=True, autocapitalize="none"
        )

    def clean_code(self) -> str:
        if not throttle.code_may_be_tried(context.request, self.user):
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            code = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                one_time_codes.use_up(self.authenticator, code)
        except (ValidationError, one_time_codes.UsedBefore, InvalidToken) as error:  # the last: its key is gone
            throttle.code_was_wrong(context.request, self.user)
            raise get_second_factor_adapter().validation_error("incorrect_code") from error
        throttle.code_was_right(self.user)
        return code


class CodeForm(_CountedCode, codes.AuthenticateForm):
    """At the sign-in."""


class ConfirmCodeForm(_CountedCode, codes.ReauthenticateForm):
    """Before security settings are changed."""


class ActivateAppForm(apps.ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        told = _("The six digits that it shows now, such as 123456.")
        _plain(self.fields["code"], _("Code from the app"), told, inputmode="numeric", maxlength=LONGEST_CODE)


class _AnswerField(forms.JSONField):
    """What a security key answered, as JSON of a bounded size and depth."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        try:
            answer = super().to_python(value) if len(value or "") <= LONGEST_ANSWER else None
        except RecursionError:
            answer = None
        if not isinstance(answer, dict):
            raise _not_an_answer()
        return answer


def _not_an_answer() -> ValidationError:
    return get_second_factor_adapter().validation_error("incorrect_code")


class AddKeyForm(keys.AddWebAuthnForm):
    name = forms.CharField(max_length=60, label=gettext_lazy("Name"), help_text=_NAME_OF_KEY)
    credential = _AnswerField()

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (ValueError, KeyError, TypeError) as error:  # what reads answers raises these, too
            raise _not_an_answer() from error


class _KeyForm(keys.AuthenticateWebAuthnForm):
    credential = _AnswerField()

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except (ValueError, KeyError, TypeError) as error:
            raise _not_an_answer() from error


class KeyForm(_KeyForm):
    """At the sign-in."""


class ConfirmKeyForm(_KeyForm, keys.ReauthenticateWebAuthnForm):
    """Before security settings are changed."""


class RenameKeyForm(keys.EditWebAuthnForm):
    name = forms.CharField(max_length=60, label=gettext_lazy("Name"), help_text=_NAME_OF_KEY)
