"""Columns of text that is kept encrypted, with keys that are not in the database, each bound to its row and column.

The key of a secret is made from an installation's key, the table, the column, and the row's own `seal`: copied to
another place it cannot be read there. Renaming a model or such a column takes a migration that encrypts anew.
"""

import base64
import hmac
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_noop


class UnreadableSecret(Exception):
    """The stored secret was encrypted with a key this installation does not have, or for another place."""

    def __init__(self) -> None:
        said = gettext_noop("A stored secret cannot be read: it was encrypted with another key, or for another place.")
        super().__init__(said)


@dataclass(frozen=True)
class Sealed:
    """A secret as it is stored. Its row opens it; where it cannot be opened, it stands for itself."""

    stored: str = field(repr=False)

    def opened(self, place: str) -> str:
        """Raises UnreadableSecret."""
        try:
            return _cipher(settings.CREDENTIAL_KEYS, place).decrypt(self.stored.encode()).decode()
        except InvalidToken as error:
            raise UnreadableSecret from error

    def renewed(self, place: str) -> "Sealed":
        """The same, encrypted with the first key; itself where it is already. Raises UnreadableSecret."""
        try:
            _cipher(settings.CREDENTIAL_KEYS[:1], place).decrypt(self.stored.encode())
        except InvalidToken:
            return sealed(self.opened(place), place)
        return self


def sealed(text: str, place: str) -> Sealed:
    """A secret to be stored there and nowhere else."""
    return Sealed(_cipher(settings.CREDENTIAL_KEYS[:1], place).encrypt(text.encode()).decode())


def place_of(model: type[models.Model], column: str, seal: UUID) -> str:
    """What a secret of this row's column is bound to."""
    return f"{model._meta.label_lower}.{column} {seal}"


def revealed(secret: str | Sealed) -> str:
    """The secret as text, for whoever is about to use it. Raises UnreadableSecret."""
    if isinstance(secret, Sealed):
        raise UnreadableSecret
    return secret


def _cipher(keys: list[str], place: str) -> MultiFernet:
    digests = [hmac.digest(key.encode(), place.encode(), "sha256") for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SealedRow(models.Model):
    """A row with encrypted columns."""

    seal = models.UUIDField(default=uuid4, unique=True, editable=False, help_text="What its secrets are bound to.")

    class Meta:
        abstract = True


class _Opened(DeferredAttribute):
    """The secret of a row as text; Sealed where it cannot be opened. It is opened when it is asked for."""

    field: "EncryptedTextField"

    def __get__(self, row, owner=None):
        value = super().__get__(row, owner)
        if not isinstance(value, Sealed):
            return value
        try:
            return value.opened(self.field.place(row))
        except UnreadableSecret:
            return value

    def __set__(self, row, value):
        row.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text of a SealedRow, encrypted with CREDENTIAL_KEYS (the first encrypts, all decrypt); empty stays empty.

    Reading a row never fails: one secret that cannot be read is no reason not to stop a scan, or to show it.
    """

    description = "Encrypted text"
    descriptor_class = _Opened

    def place(self, row: models.Model) -> str:
        """What the secret of this row is bound to."""
        return place_of(type(row), self.attname, row.seal)  # type: ignore[attr-defined]

    def pre_save(self, model_instance, add):  # noqa: ARG002 - Django names it
        """What is stored and was not changed is written as it is: nothing is decrypted, and nothing encrypted."""
        value = model_instance.__dict__[self.attname]
        return sealed(value, self.place(model_instance)) if value and not isinstance(value, Sealed) else value

    def get_prep_value(self, value):
        if isinstance(value, Sealed):
            return value.stored
        if value:
            raise TypeError("A secret is bound to its row: it is set there, and saved with it.")
        return ""

    def from_db_value(self, value, _expression, _connection):
        return Sealed(value) if value else ""
