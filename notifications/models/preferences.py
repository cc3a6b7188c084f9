"""What people want to be told, and when. Nobody needs a row: without one, mails come at once."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Choice(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("In the daily mail")
    NONE = "none", _("Not at all")


class Preference(models.Model):
    """How one person wants one kind of mail."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_preferences")
    event = models.CharField(max_length=50)
    choice = models.CharField(max_length=10, choices=Choice)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event"], name="preference_once"),
            models.CheckConstraint(condition=Q(choice__in=Choice.values), name="preference_choice_known"),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.choice}"


class DigestTime(models.Model):
    """When a person's daily mail comes: an hour on the clocks of their account's zone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest_time")
    hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hour__lte=23), name="digest_hour_of_a_day")]

    def __str__(self) -> str:
        return f"{self.hour}:00"


class Unsubscribed(models.Model):
    """An address without an account whose reader wants no more mails of a kind."""

    address = models.CharField(max_length=254, help_text="In lower case.")
    event = models.CharField(max_length=50)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "unsubscribed address"
        verbose_name_plural = "unsubscribed addresses"
        constraints = [models.UniqueConstraint(fields=["address", "event"], name="unsubscribed_once")]

    def __str__(self) -> str:
        return f"{self.address}: {self.event}"
