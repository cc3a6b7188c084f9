"""Web hooks as administrators define them, and what is sent to them: rows like those of mails."""

from collections.abc import Collection
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dashboard.encrypted_text import EncryptedTextField, Sealed, SealedRow
from notifications.models.attempts import OPEN, SENDABLE, Attempted, AttemptedQuerySet


class HookFormat(models.TextChoices):
    VEDETTE = "vedette", "Vedette JSON"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams (adaptive card)"


class Hook(SealedRow):
    """An address that is told of events. The address may be a secret by itself: chat services put a token into it."""

    name = models.CharField(max_length=100, unique=True)
    address = EncryptedTextField(help_text="https://…")
    secret = EncryptedTextField(blank=True, help_text="What messages to it are signed with.")
    format = models.CharField(max_length=10, choices=HookFormat, default=HookFormat.VEDETTE)
    events = models.JSONField(default=list, help_text="The kinds of events it is told of.")
    for_everybody = models.BooleanField(default=False, help_text="It is told of everybody's analyses.")
    teams = models.ManyToManyField(
        Group,
        blank=True,
        related_name="hooks",
        help_text="Otherwise: it is told of the analyses that one of these teams sees.",
    )
    active = models.BooleanField(default=True, help_text="Only active hooks are told.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(format__in=HookFormat.values), name="hook_format_known")]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_address(self) -> str:
        """The address without what may be secret in it."""
        if isinstance(self.address, Sealed):
            return "cannot be read: it was encrypted with another key, or for another place"
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"

    def hears(self, event: str, teams: Collection[int]) -> bool:
        """Whether it is told of an event about something that these teams see."""
        return event in self.events and (self.for_everybody or any(team.pk in teams for team in self.teams.all()))


class Occasion(models.Model):
    """Something that hooks may be told of, kept also where there is no hook to hear of it: see hook_ledger."""

    event = models.CharField(max_length=50)
    subject = models.CharField(max_length=100, help_text="What it is about. It happens to it once.")
    teams = models.ManyToManyField(Group, related_name="+", help_text="Those that saw it.")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "subject"], name="occasion_once")]

    def __str__(self) -> str:
        return f"{self.event} of {self.subject}"


class HookMessageQuerySet(AttemptedQuerySet["HookMessage"]):
    pass


class HookMessage(Attempted):
    """One event told to one hook, as it was worded when the event happened."""

    key = models.CharField(
        max_length=400, unique=True, help_text="event:object:hook. The same event never tells a hook twice."
    )
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="messages")
    event = models.CharField(max_length=50)
    body = models.TextField()

    objects = HookMessageQuerySet.as_manager()

    class Meta:
        verbose_name = "message to a hook"
        verbose_name_plural = "messages to hooks"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(status__in=SENDABLE), name="hook_message_status_known")]
        # notifications.hook_delivery looks for what is due every half minute.
        indexes = [models.Index(fields=["next_try_at"], condition=Q(status__in=OPEN), name="hook_message_due")]

    def __str__(self) -> str:
        return f"{self.event} to {self.hook}"
