"""Keys that an installation makes for itself on first use, where its environment gives it none."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_key(path: Path) -> str:
    """Return the generated key kept in this file (mode 0600), made on first use. Raises ImproperlyConfigured."""
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".new") as file:  # made with mode 0600
            file.write(secrets.token_urlsafe(64))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was first: its key is the one
                os.link(file.name, path)
    key = path.read_text().strip()
    if not key:
        raise ImproperlyConfigured(f"{path} is empty. Restore it from a backup, or delete it to make a new key.")
    return key
