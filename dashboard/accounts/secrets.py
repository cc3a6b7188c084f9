"""The secrets of second factors, as they are stored: encrypted with CREDENTIAL_KEYS, the first of them."""

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

_SECRET = ("secret", "seed")  # of an app, of recovery codes


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    digests = [hashlib.sha256(f"second factor {key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(text: str) -> str:
    return _cipher(tuple(settings.CREDENTIAL_KEYS)).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Raises cryptography.fernet.InvalidToken when it was encrypted with a key this installation does not have."""
    return _cipher(tuple(settings.CREDENTIAL_KEYS)).decrypt(stored.encode()).decode()


def encrypt_anew() -> tuple[int, list[int]]:
    """Encrypt every stored secret with the first key; return how many there are, and which rows no key can read."""
    from allauth.mfa.models import Authenticator  # needs the applications, which need this module

    number, unreadable = 0, []
    for pk in Authenticator.objects.exclude(type="webauthn").order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():  # of a code that is used meanwhile nothing is lost
            kept = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if kept is None:
                continue
            try:
                kept.data |= {name: encrypt(decrypt(kept.data[name])) for name in _SECRET if name in kept.data}
            except InvalidToken:
                unreadable.append(pk)
                continue
            kept.save(update_fields=["data"])
            number += 1
    return number, unreadable
