"""Secrets at rest: encrypted columns that never leave the database as text."""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

SECRETS = ("secret", "crawl_script")  # of scans: to be deferred by whoever does not use them


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])


class UnreadableSecret(Exception):
    """The stored secret was encrypted with a key this installation does not have."""


@dataclass(frozen=True)
class Unreadable:
    """What stands for such a secret in its row. It can be copied and erased, and comes back with its key."""

    stored: str = field(repr=False)


def revealed(secret: str | Unreadable) -> str:
    """The secret as text, for whoever is about to use it. Raises UnreadableSecret."""
    if isinstance(secret, Unreadable):
        raise UnreadableSecret("A stored secret cannot be read with this installation's keys.")
    return secret


class EncryptedTextField(models.TextField):
    """Text kept encrypted with settings.CREDENTIAL_KEYS (the first encrypts, all decrypt); empty stays empty.

    Reading a row never fails: one secret that cannot be read is no reason not to stop a scan, or to show it.
    """

    description = "Encrypted text"

    def get_prep_value(self, value):
        if not value:
            return ""
        if isinstance(value, Unreadable):
            return value.stored
        return _cipher(tuple(settings.CREDENTIAL_KEYS)).encrypt(str(value).encode()).decode()

    def from_db_value(self, value, _expression, _connection):
        if not value:
            return ""
        try:
            return _cipher(tuple(settings.CREDENTIAL_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            return Unreadable(value)
