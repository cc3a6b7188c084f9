from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "dashboard.accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from dashboard.accounts import announcements, first_steps, keyboard, languages, session_limits, zones

        user_logged_in.connect(session_limits.begin, dispatch_uid="dashboard.accounts")
        user_logged_in.connect(keyboard.SINGLE_KEYS.begin, dispatch_uid="dashboard.accounts.keyboard")
        user_logged_in.connect(first_steps.FIRST_STEPS.begin, dispatch_uid="dashboard.accounts.first_steps")
        user_logged_in.connect(zones.CHOSEN.begin, dispatch_uid="dashboard.accounts.zones")
        user_logged_in.connect(languages.CHOSEN.begin, dispatch_uid="dashboard.accounts.languages")
        user_logged_in.connect(announcements.CHOSEN.begin, dispatch_uid="dashboard.accounts.announcements")
        authenticator_added.connect(session_limits.begin_anew_with_a_factor, dispatch_uid="dashboard.accounts")
