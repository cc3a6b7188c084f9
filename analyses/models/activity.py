"""The activity log: every action and every status, append-only."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from analyses.models.configuration import Analysis
from analyses.models.occurrences import AnalysisOccurrence, ScanOccurrence
from analyses.models.said_texts import SaidField


class Activity(models.Model):
    """One thing that happened. `old_status` and `new_status` are empty for actions that move nothing."""

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="activity")
    occurrence = models.ForeignKey(
        AnalysisOccurrence, null=True, blank=True, on_delete=models.CASCADE, related_name="activity"
    )
    scan_occurrence = models.ForeignKey(
        ScanOccurrence, null=True, blank=True, on_delete=models.CASCADE, related_name="activity"
    )
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, default="system")
    action = SaidField()
    old_status = models.CharField(max_length=80, blank=True)
    new_status = models.CharField(max_length=80, blank=True)
    cause = SaidField(blank=True)
    target = SaidField(blank=True, help_text="The scan's address, kept when the scan is gone; of a notice, to whom.")
    at = models.DateTimeField(db_index=True)
    key = models.CharField(max_length=150, blank=True, help_text="Of what a run's log tells once, whoever notices it.")

    class Meta:
        verbose_name_plural = "activity"
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "key"], condition=~Q(key=""), name="activity_told_once")
        ]
        indexes = [models.Index(fields=["analysis", "-id"], name="activity_of_analysis")]  # the log of a summary page

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name}: {self.action}"
