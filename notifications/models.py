"""Mails as rows: written with the change they tell of, sent afterwards, kept as the record of who was told what."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

MAX_ATTEMPTS = 8


class MailStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


OPEN = (MailStatus.QUEUED, MailStatus.SENDING)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self, now: datetime) -> "OutgoingMailQuerySet":
        """Those to be sent now: queued, or left in sending by a worker that died."""
        return self.filter(status__in=OPEN, next_try_at__lte=now, attempts__lt=MAX_ATTEMPTS)

    def abandoned(self, now: datetime) -> "OutgoingMailQuerySet":
        """Those whose last attempt never ended."""
        return self.filter(status=MailStatus.SENDING, next_try_at__lte=now, attempts__gte=MAX_ATTEMPTS)


class OutgoingMail(models.Model):
    """One mail to one address, as it was worded when the event happened. notifications.delivery moves its status."""

    key = models.CharField(
        max_length=400, unique=True, help_text="event:object:address. The same event never tells an address twice."
    )
    event = models.CharField(max_length=50)
    to = models.EmailField(max_length=254)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="mails"
    )
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    message_id = models.CharField(max_length=320, help_text="The same at every attempt: doubles are recognised by it.")
    status = models.CharField(max_length=10, choices=MailStatus, default=MailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        default=timezone.now, help_text="While it is being sent: when the sender is taken for dead."
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "outgoing mail"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(status__in=MailStatus.values), name="mail_status_known")]
        # notifications.delivery looks for what is due every half minute.
        indexes = [models.Index(fields=["next_try_at"], condition=Q(status__in=OPEN), name="mail_due")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


class InternalRecipient(models.Model):
    """Somebody without an account here who is told about published results."""

    address = models.EmailField(max_length=254)
    note = models.CharField(max_length=300, blank=True, help_text="Who reads it, and who asked for it.")
    active = models.BooleanField(default=True, help_text="Only active recipients get mails.")

    class Meta:
        ordering = ["address"]
        constraints = [
            models.UniqueConstraint(
                Lower("address"),
                name="internal_recipient_once",
                violation_error_message="This address is a recipient already.",
            )
        ]

    def __str__(self) -> str:
        return self.address
