"""A code of an authenticator app is good once, whichever process it is shown to."""

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction


class UsedBefore(Exception):
    """This code, or a later one, has been used to sign in."""


def use_up(authenticator: Authenticator, code: str) -> None:
    """Remember the step of a code that is right. Raises UsedBefore."""
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        secret, last = decrypt(kept.data["secret"]), kept.data.get("last_step", 0)
        steps = [step for step in yield_hotp_counters_from_time() if _is_code_of(secret, step, code)]
        if not steps or max(steps) <= last:
            raise UsedBefore
        kept.data["last_step"] = max(steps)
        kept.save(update_fields=["data"])
    authenticator.data = kept.data


def _is_code_of(secret: str, step: int, code: str) -> bool:
    return compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
