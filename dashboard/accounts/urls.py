"""Addresses of signing in and of people's own accounts.

What allauth has and is not named here, signing up above all, is not there.
"""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.accounts import announcements, first_steps, keyboard, languages, oidc, views, zones

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/second-factor/", views.second_factor, name="mfa_authenticate"),
    path("sign-in/with/<slug:provider_id>/", oidc.start, name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back/", oidc.callback, name="openid_connect_callback"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("sign-out/", LogoutView.as_view(), name="account_logout"),
    path("account/", views.account, name="mfa_index"),
    path("account/password/", views.change_password, name="account_change_password"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/key/", views.confirm_by_key, name="mfa_reauthenticate_webauthn"),
    path("account/app/add/", views.set_up_app, name="mfa_activate_totp"),
    path("account/app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/file/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("account/keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("account/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/keys/<int:pk>/rename/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/time-zone/", zones.choose, name="time-zone"),
    path("account/language/", languages.choose, name="language"),
    path("account/announcements/", announcements.choose, name="announcements"),
    path("account/first-steps/", first_steps.first_steps, name="first-steps"),
    path("account/sessions/", views.sessions, name="usersessions_list"),
    path("keyboard/", keyboard.keyboard, name="keyboard"),
    # The administration has no sign-in and no page for passwords of its own.
    path("admin/login/", views.administration_sign_in, name="administration-sign-in"),
    path("admin/password_change/", views.change_password, name="administration-password"),
]
