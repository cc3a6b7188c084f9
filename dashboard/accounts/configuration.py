"""How django-allauth and django-axes are set up, the same in every installation. The settings take all of it over."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ON_THIS_MACHINE = {("http", "localhost"), ("http", "127.0.0.1")}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # the first: where it says no, no password is computed
    "allauth.account.auth_backends.AuthenticationBackend",
]

# --- Passwords ----------------------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# --- Signing in ---------------------------------------------------------------------------------------------
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "analyses:list"
LOGOUT_REDIRECT_URL = "sign-in"
ACCOUNT_ADAPTER = "dashboard.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"  # administrators give accounts their addresses
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds in which security settings can be changed
ACCOUNT_LOGIN_TIMEOUT = 600  # seconds between the password and the second factor
ACCOUNT_RATE_LIMITS = False  # they count for each process by itself; dashboard/accounts/throttle.py counts for all
ACCOUNT_FORMS = {
    "login": "dashboard.accounts.forms.SignInForm",
    "change_password": "dashboard.accounts.forms.ChangePasswordForm",
    "reauthenticate": "dashboard.accounts.forms.ConfirmPasswordForm",
}

# --- Second factor ------------------------------------------------------------------------------------------
MFA_ADAPTER = "dashboard.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # clocks of phones are up to half a minute off
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "dashboard.accounts.forms.CodeForm",
    "reauthenticate": "dashboard.accounts.forms.ConfirmCodeForm",
    "activate_totp": "dashboard.accounts.forms.ActivateAppForm",
    "add_webauthn": "dashboard.accounts.forms.AddKeyForm",
    "authenticate_webauthn": "dashboard.accounts.forms.KeyForm",
    "reauthenticate_webauthn": "dashboard.accounts.forms.ConfirmKeyForm",
    "edit_webauthn": "dashboard.accounts.forms.RenameKeyForm",
}

# --- Sessions -----------------------------------------------------------------------------------------------
SESSION_COOKIE_NAME = "vedette_session"
SESSION_COOKIE_AGE = 12 * 3600  # nobody is signed in for longer, whatever they do


def who_needs_a_factor(word: str) -> str:
    """REQUIRE_SECOND_FACTOR, if it is one of its words. Raises ImproperlyConfigured."""
    if word not in ("off", "administrators", "everyone"):
        raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR must be off, administrators or everyone.")
    return word


# --- OpenID provider ----------------------------------------------------------------------------------------
SOCIALACCOUNT_ADAPTER = "dashboard.accounts.oidc.OpenIdAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # oidc.py says who somebody is
SOCIALACCOUNT_STORE_TOKENS = False


def openid_provider(issuer: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """How allauth is told of the provider; nothing when there is none. Raises ImproperlyConfigured."""
    if not issuer:
        return {}
    address = urlsplit(issuer)
    if address.scheme != "https" and (address.scheme, address.hostname) not in ON_THIS_MACHINE:
        raise ImproperlyConfigured("OIDC_ISSUER must be an https address.")
    if not client_id or not secret:
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET too.")
    app = {"provider_id": "oidc", "name": name, "client_id": client_id, "secret": secret}
    settings = {"server_url": issuer.rstrip("/")}
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app | {"settings": settings}]}}


# --- Throttled tries ----------------------------------------------------------------------------------------
AXES_HANDLER = "dashboard.accounts.throttle.Tries"
AXES_FAILURE_LIMIT = 5  # of one account from one address
AXES_COOLOFF_TIME = timedelta(minutes=15)  # never for longer, whatever is tried meanwhile
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_FAILURES_OF_ADDRESS = 12  # a minute, of all accounts: with what is under way at the moment less than 20
AXES_LOCKOUT_PARAMETERS = "dashboard.accounts.throttle.counted_by"
AXES_USERNAME_CALLABLE = "dashboard.accounts.throttle.account_of"
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "dashboard.accounts.addresses.network_of"
AXES_CLIENT_STR_CALLABLE = "dashboard.accounts.throttle.words_for_the_log"
AXES_LOCKOUT_CALLABLE = "dashboard.accounts.throttle.wait"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken", "next", "credential"]
AXES_DISABLE_ACCESS_LOG = True  # it would grow for ever; sign-ins are in the programs' log
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
