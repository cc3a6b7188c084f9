"""Mails as rows: written with the change they tell of, sent afterwards, kept as the record of who was told what."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from notifications.models.attempts import OPEN, TO_GATHER, Attempted, AttemptedQuerySet, MailStatus


class OutgoingMailQuerySet(AttemptedQuerySet["OutgoingMail"]):
    def held(self) -> "OutgoingMailQuerySet":
        """Those that wait for their reader's daily mail."""
        return self.filter(status=MailStatus.HELD)

    def to_gather(self) -> "OutgoingMailQuerySet":
        """Those that wait for a mail that tells of several: the daily one, or that of an hour with too many."""
        return self.filter(status__in=TO_GATHER)


class OutgoingMail(Attempted):
    """One mail to one address, as it was worded when the event happened.

    It is written also for whoever wants none, or a daily one instead: everybody who was to be told has a row.
    """

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
    path = models.CharField(max_length=300, blank=True, help_text="The page it leads to.")
    digest = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="gathered",
        verbose_name="mail of several",
        help_text="The daily mail, or that of an hour with too many, that told of it instead.",
    )
    thread = models.CharField(max_length=100, blank=True, help_text="What it is about: mails of one stay together.")
    message_id = models.CharField(max_length=320, help_text="The same at every attempt: doubles are recognised by it.")

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "outgoing mail"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(status__in=MailStatus.values), name="mail_status_known")]
        indexes = [
            # notifications.delivery looks for what is due every half minute.
            models.Index(fields=["next_try_at"], condition=Q(status__in=OPEN), name="mail_due"),
            # notifications.digests does too, and gathers what is held for a person.
            models.Index(fields=["user", "next_try_at"], condition=Q(status__in=TO_GATHER), name="mail_to_gather"),
        ]

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
