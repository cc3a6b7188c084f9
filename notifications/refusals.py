"""Addresses that refuse mails for good: after a few in a row, no more are sent there until somebody sees to it."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications.models import RefusedAddress
from notifications.models.addresses import REFUSALS_IN_A_ROW

WHY = "No mails are sent to this address: it refused several for good. An administrator can release it."


def is_blocked(address: str) -> bool:
    """Whether mails to this address stay here. A changed address is another one."""
    return RefusedAddress.objects.blocked().filter(address=address.lower()).exists()


def count(address: str, said: str) -> None:
    """Note that the mail server has refused the address for good."""
    facts = {"last_error": said[:500], "last_at": timezone.now()}
    with transaction.atomic():
        _, is_new = RefusedAddress.objects.get_or_create(address=address.lower(), defaults=facts)
        if not is_new:
            rows = RefusedAddress.objects.filter(address=address.lower())
            rows.update(refusals=F("refusals") + 1, **facts)


def block(address: str, why: str) -> RefusedAddress:
    """Send no more mails to the address, whatever it has refused so far; return its row."""
    facts = {"refusals": REFUSALS_IN_A_ROW, "last_error": why[:500], "last_at": timezone.now()}
    return RefusedAddress.objects.update_or_create(address=address.lower(), defaults=facts)[0]


def forget(address: str) -> None:
    """Note that it takes mails."""
    RefusedAddress.objects.filter(address=address.lower()).delete()
