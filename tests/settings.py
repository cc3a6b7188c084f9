"""The product's settings as tests need them: quick, on data of their own, and deaf to the caller's environment."""

import os
import re
import tempfile
from pathlib import Path

# Where the database and the engine are is the caller's affair; everything else the product reads is ours.
KEPT = {"DATABASE_URL", "ENGINE_PYTHON"}
_product = Path(__file__).parent.parent.joinpath("dashboard", "settings.py").read_text()
for _name in set(re.findall(r'env\.\w+\("([A-Z_]+)"', _product)) - KEPT:
    os.environ.pop(_name, None)
SCRATCH = tempfile.TemporaryDirectory(prefix="vedette-tests-", ignore_cleanup_errors=True)  # removed with the process
os.environ["DATA_DIR"] = SCRATCH.name

from dashboard.settings import *  # noqa: E402, F403
from dashboard.settings import DATA_DIR, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_BROKER_URL = "memory://"  # rings are heard by nobody, unless a test starts a broker

# Pages find their files where they are written, without collecting them first.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
STATIC_ROOT.mkdir()

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file as in production, for tests with several threads; it need not outlive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
