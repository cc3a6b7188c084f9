"""Settings. Everything that differs between installations comes from the environment.

Without any variable set this is a complete installation on SQLite and the embedded broker, with its data
in `var/`. docs/operations.md lists the variables.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env

from dashboard.accounts.configuration import *  # noqa: F403 - how allauth and axes are set up
from dashboard.kept_keys import kept_key

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"The data folder {DATA_DIR} cannot be made: {error.strerror}.") from error
if not os.access(DATA_DIR, os.R_OK | os.W_OK | os.X_OK):
    raise ImproperlyConfigured(f"The data folder {DATA_DIR} cannot be written to. DATA_DIR chooses another one.")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_key(DATA_DIR / "secret.key")
# What encrypts stored passwords and tokens. A comma-separated list: the first encrypts, all decrypt.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", []) or [kept_key(DATA_DIR / "credentials.key")]

HOST = env.str("HOST", "127.0.0.1")  # where the pages listen; everything else stays on this machine
PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL must be an http or https address, not {SITE_URL!r}.")
_https = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", []) or [_site.hostname, "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "dashboard.accounts",
    "analyses",
    "notifications",
]

MIDDLEWARE = [
    # Outside of everything that answers by itself: these headers are on every answer.
    "dashboard.headers.EveryAnswerMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dashboard.headers.NotKeptMiddleware",
    # A page of 1,000 URLs is megabytes otherwise. Answers get random padding, and tokens are masked anew each time.
    "django.middleware.gzip.GZipMiddleware",
    "dashboard.direction.DirectionMiddleware",
    "dashboard.cookies.CookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.accounts.session_limits.SessionLimitsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.http.SignInRequiredMiddleware",
    "dashboard.accounts.required_factor.SecondFactorRequiredMiddleware",
    "dashboard.http.TimeZoneMiddleware",
    "dashboard.http.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "analyses.halt.shown_on_pages",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "template_partials.templatetags.partials",
                "analyses.templatetags.vedette",
                "analyses.templatetags.parts",
            ],
        },
    }
]

SCAN_CAPACITY = env.int("SCAN_CAPACITY", 3)  # scans that run at the same time, over all workers
SCANS_PER_HOST = env.int("SCANS_PER_HOST", 2)  # of them, those against one host; 0: no limit of its own

# --- Database: SQLite tuned for several writing processes, or PostgreSQL by DATABASE_URL -------------------
_database_url = env.str("DATABASE_URL", "")
if _database_url:
    DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
    if "postgresql" in DATABASES["default"]["ENGINE"]:
        # Each scan that runs keeps a connection for as long as it does.
        # Few are kept idle: after a restart of the server, the pool takes seconds to see that several of them are dead.
        _pool = {"min_size": 1, "max_size": max(12, SCAN_CAPACITY + 5), "timeout": 20, "max_idle": 30}
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = _pool
        DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps the connections
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # those of before a restart of the server are not used again
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "vedette.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                # Writers wait for each other at BEGIN instead of failing at COMMIT.
                "transaction_mode": "IMMEDIATE",
                # FULL: a status that was shown survives a power cut.
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# --- Broker: an address by REDIS_URL, else the embedded one that `manage.py run` starts ---------------------
def _socket(name: str) -> Path:
    """Return where a unix socket of this installation is: in the data folder, if its address is not too long."""
    path = DATA_DIR / name
    if len(os.fsencode(path)) <= 100:  # Linux takes 107 bytes, macOS 103
        return path
    mark = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"vedette-{os.getuid()}-{mark}", name)


BROKER_SOCKET = _socket("broker.sock")
REDIS_URL = env.str("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{quote(str(BROKER_SOCKET))}"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 3,  # a broker that hangs is one that is down; workers ask it every second
    # Without these, ringing while the broker is down holds a page up for six seconds.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False  # a page never waits for the broker: the sweep rings again
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {f"analyses.tasks.{task}": {"queue": "scans"} for task in ("run_scan", "retest")}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Concerns tasks that are acknowledged late, and none of ours is; without it every lost connection is a long warning.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # whoever reaches the broker still cannot command the workers
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "analyses.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "deliver-mail": {"task": "notifications.tasks.deliver_due", "schedule": 30.0, "options": {"expires": 30}},
    "tell-hooks": {"task": "notifications.tasks.tell_hooks_due", "schedule": 30.0, "options": {"expires": 30}},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # keeps nothing: what is due stands in the database

# --- People ------------------------------------------------------------------------------------------------
ADMIN_PASSWORD = env.str("ADMIN_PASSWORD", "")  # of the administrator made by the first start; else made up
REQUIRE_SECOND_FACTOR = who_needs_a_factor(env.str("REQUIRE_SECOND_FACTOR", "off"))  # noqa: F405
OIDC_ISSUER = env.str("OIDC_ISSUER", "")
OIDC_NAME = env.str("OIDC_NAME", "OpenID")
_oidc_client = env.str("OIDC_CLIENT_ID", ""), env.str("OIDC_CLIENT_SECRET", "")
SOCIALACCOUNT_PROVIDERS = openid_provider(OIDC_ISSUER, OIDC_NAME, *_oidc_client)  # noqa: F405
IDLE_SECONDS = 60 * env.int("IDLE_MINUTES", 30)  # who does nothing for so long is signed out

# --- Security of the pages ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", _https)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # load balancers ask without TLS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_PROXY := env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 60_000  # a form with 1,000 URLs and their settings, and APIs of 2,000 endpoints

# --- Time, language, static files --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "dashboard" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no others; compressing those too takes as long again
MEDIA_ROOT = DATA_DIR / "files"

# --- Mail: EMAIL_URL, else kept in var/mail and readable in the admin ---------------------------------------
MAIL_DIR = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"Vedette <vedette@{_site.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
HOOK_HOSTS: list[str] = env.list("HOOK_HOSTS", [])  # hosts of web hooks that are told by http too, or on this machine
MAILS_PER_HOUR = env.int("MAILS_PER_HOUR", 20)  # to one person; the rest of an hour is told in one mail; 0: no limit
NOTIFY_WITHOUT_DETAILS = env.bool("NOTIFY_WITHOUT_DETAILS", False)  # mails and hooks: what happened and a link, no more
MAIL_IS_KEPT = not env.str("EMAIL_URL", "")
if not MAIL_IS_KEPT:
    vars().update(env.dj_email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "notifications.kept.EmailBackend"
EMAIL_TIMEOUT = 20

# --- Analyses ----------------------------------------------------------------------------------------------
WORK_DIR = DATA_DIR / "work"  # a private folder per scan and attempt
ENGINE_PYTHON = Path(env.str("ENGINE_PYTHON", str(BASE_DIR / ".engine" / "bin" / "python")))
CHROMIUM = env.str("CHROMIUM", "")  # plays crawl scripts; the usual names on the PATH when empty
ENGINE_MEMORY_MIB = env.int("ENGINE_MEMORY_MIB", 2048)  # the most memory one scan's engine may take
DEFAULT_ENGINE = env.str("DEFAULT_ENGINE", "wapiti")
SCRIPTED_ENGINE = env.bool("SCRIPTED_ENGINE", False)  # an engine that only plays scans, for tests and demonstrations
PRESCAN_SECONDS = env.int("PRESCAN_SECONDS", 60)  # the whole prescan of one scan
VERIFY_SECONDS = env.int("VERIFY_SECONDS", 300)  # the whole verification of one scan's results
SUBMIT_SECONDS = env.int("SUBMIT_SECONDS", 3600)  # what no worker has taken by then is Not Submitted
UNDO_SECONDS = 60 * env.int("UNDO_MINUTES", 60)  # for so long deleted results can be had back; 0: never
STALL_SECONDS = env.int("STALL_SECONDS", 720)  # a scan without progress for so long says so
PROBE_SECONDS = env.float("PROBE_SECONDS", 10.0)  # how often a scan's target is looked at while it is scanned
PROBE_FAILURES = 3  # looks in a row without an answer: the site is unreachable
SIGN_IN_FAILURES = 3  # failed sign-ins in a row while a scan runs: a lockout
LEASE_SECONDS = env.int("LEASE_SECONDS", 60)
SCAN_ATTEMPTS = 3

LOG_LEVEL = env.str("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "dashboard.log_lines.OneLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Every ring of the doorbell, several a minute, says nothing about what is being done; axes counts aloud.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("httpx", "httpcore", "axes", "celery.beat", "celery.worker.strategy", "celery.app.trace")
    },
}
