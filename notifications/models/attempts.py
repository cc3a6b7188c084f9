"""What is sent by attempts: claimed by one worker at a time, tried again by a plan, given up visibly."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_ATTEMPTS = 8


class MailStatus(models.TextChoices):
    """Of a mail; what is sent to a hook has the first four."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    HELD = "held", _("Held for the daily mail")
    CAPPED = "capped", _("Held: too many in an hour")
    GATHERED = "gathered", _("In a mail of several")
    UNWANTED = "unwanted", _("Not wanted")


OPEN = (MailStatus.QUEUED, MailStatus.SENDING)
TO_GATHER = (MailStatus.HELD, MailStatus.CAPPED)  # they wait for the mail that tells of several
SENDABLE = (*OPEN, MailStatus.SENT, MailStatus.FAILED)
_Row = TypeVar("_Row", bound="Attempted", covariant=True)


class AttemptedQuerySet(models.QuerySet[_Row]):
    def due(self, now: datetime) -> Self:
        """Those to be sent now: queued, or left in sending by a worker that died."""
        return self.filter(status__in=OPEN, next_try_at__lte=now, attempts__lt=MAX_ATTEMPTS)

    def abandoned(self, now: datetime) -> Self:
        """Those whose last attempt never ended."""
        return self.filter(status=MailStatus.SENDING, next_try_at__lte=now, attempts__gte=MAX_ATTEMPTS)


class Attempted(models.Model):
    """How far the sending of a row has come. notifications.attempts moves its status."""

    status = models.CharField(max_length=10, choices=MailStatus, default=MailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        default=timezone.now,
        help_text="While it is being sent: when the sender is taken for dead. While it is held: when it goes out.",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
