"""Findings that somebody has tested again after their run: asked for, carried out by a worker, kept as history."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analyses.models.findings import Finding
from analyses.models.occurrences import ScanOccurrence
from analyses.models.said_texts import SaidField


class RetestOutcome(models.TextChoices):
    """What came of it. None of them changes what was judged of the finding."""

    THERE = "there", _("Still there")
    GONE = "gone", _("Not there any more")
    UNKNOWN = "unknown", _("Could not be told")


class Retest(models.Model):
    """One test. It waits while it has no lease, and is over when it has ended."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="retests")
    scan_occurrence = models.ForeignKey(
        ScanOccurrence, on_delete=models.CASCADE, related_name="+", help_text="Whose place and settings are used."
    )
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, help_text="Until when a worker is at it; None while it waits.")
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=RetestOutcome, blank=True)
    cause = SaidField(blank=True, help_text="Why it could not be told.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["finding"], condition=Q(ended_at=None), name="retest_one_open"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | Q(outcome__in=RetestOutcome.values, ended_at__isnull=False),
                name="retest_ends_with_its_outcome",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(ended_at=None), name="retest_open")]  # read by the sweep

    def __str__(self) -> str:
        return f"{self.finding} by {self.asked_by_name}"

    @property
    def at(self):
        """When it belongs into the finding's history."""
        return self.ended_at or self.asked_at
