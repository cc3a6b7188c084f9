"""For migrations: binds secrets to their rows that were stored before secrets were bound."""

import base64
import hashlib
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from dashboard.encrypted_text import Sealed, place_of, sealed


def bind(model: type[models.Model], *names: str) -> None:
    """Give every row its seal, and encrypt its secrets for it. What no key can read now is unreadable from then on."""
    rows = model._base_manager.all()
    for pk in list(rows.values_list("pk", flat=True)):
        seal, secrets = uuid4(), rows.values_list(*names).get(pk=pk)
        stored = {
            name: _bound(secret, place_of(model, name, seal))
            for name, secret in zip(names, secrets, strict=True)
            if isinstance(secret, Sealed)
        }
        rows.filter(pk=pk).update(seal=seal, **stored)


def _bound(secret: Sealed, place: str) -> Sealed:
    digests = [hashlib.sha256(key.encode()).digest() for key in settings.CREDENTIAL_KEYS]
    cipher = MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
    try:
        return sealed(cipher.decrypt(secret.stored.encode()).decode(), place)
    except InvalidToken:
        return secret
