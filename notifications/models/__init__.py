from notifications.models.addresses import REFUSALS_IN_A_ROW, RefusedAddress, RefusedAddressQuerySet
from notifications.models.attempts import (
    MAX_ATTEMPTS,
    OPEN,
    SENDABLE,
    TO_GATHER,
    Attempted,
    AttemptedQuerySet,
    MailStatus,
)
from notifications.models.hooks import Hook, HookFormat, HookMessage, HookMessageQuerySet, Occasion
from notifications.models.mails import InternalRecipient, OutgoingMail, OutgoingMailQuerySet
from notifications.models.preferences import Choice, DigestTime, Preference, Unsubscribed

__all__ = [
    "MAX_ATTEMPTS",
    "OPEN",
    "REFUSALS_IN_A_ROW",
    "SENDABLE",
    "TO_GATHER",
    "Attempted",
    "AttemptedQuerySet",
    "Choice",
    "DigestTime",
    "Hook",
    "HookFormat",
    "HookMessage",
    "HookMessageQuerySet",
    "InternalRecipient",
    "MailStatus",
    "Occasion",
    "OutgoingMail",
    "OutgoingMailQuerySet",
    "Preference",
    "RefusedAddress",
    "RefusedAddressQuerySet",
    "Unsubscribed",
]
