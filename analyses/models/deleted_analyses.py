"""What remains of an analysis that somebody deleted."""

from django.contrib.auth.models import User
from django.db import models


class DeletedAnalysis(models.Model):
    """Who deleted which analysis, when, and how much went with it. Written once, and never changed or deleted."""

    number = models.PositiveBigIntegerField(help_text="What its addresses had: /analyses/<number>/.")
    name = models.CharField(max_length=120)
    owner_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(help_text="When the analysis was made.")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    runs = models.PositiveIntegerField()
    scans = models.PositiveIntegerField(help_text="URLs and API specifications.")
    findings = models.PositiveIntegerField(help_text="Distinct ones, of all runs.")
    entries = models.PositiveIntegerField(help_text="Of its activity log.")

    class Meta:
        verbose_name = "deleted analysis"
        verbose_name_plural = "deleted analyses"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
