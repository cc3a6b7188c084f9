"""Results that somebody had deleted of a run: out of their tables, and kept for as long as that can be undone."""

from django.contrib.auth.models import User
from django.db import models

from analyses.models.activity import Activity
from analyses.models.occurrences import AnalysisOccurrence, ScanOccurrence
from analyses.models.said_texts import SaidField
from analyses.statuses import ScanStatus


class Deletion(models.Model):
    """Who had the results of a run deleted, how much that was, and until when it can be undone.

    It is there while results are being deleted too where nothing is kept: `until` is `at` then.
    """

    occurrence = models.OneToOneField(AnalysisOccurrence, on_delete=models.CASCADE, related_name="deletion")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    findings = models.PositiveIntegerField(default=0, help_text="Distinct ones that the run has lost.")
    pages = models.PositiveIntegerField(default=0, help_text="Crawled ones.")

    def __str__(self) -> str:
        return f"of {self.occurrence} by {self.by_name}"

    @property
    def keeps(self) -> bool:
        """Whether what is deleted is kept for a while."""
        return self.until > self.at

    @property
    def failure(self) -> str:
        """By which key the run's log tells that it failed."""
        return f"not-deleted:{self.pk}"

    @property
    def has_failed(self) -> bool:
        """Whether it has failed once. One query."""
        return Activity.objects.filter(occurrence=self.occurrence_id, key=self.failure).exists()


class DeletedScan(models.Model):
    """What a scan gets back beside its rows when the deletion is undone."""

    deletion = models.ForeignKey(Deletion, on_delete=models.CASCADE, related_name="scans")
    scan_occurrence = models.OneToOneField(ScanOccurrence, on_delete=models.CASCADE, related_name="deleted")
    status = models.CharField(max_length=40, choices=ScanStatus)
    cause = SaidField(blank=True)
    ended_at = models.DateTimeField(null=True, help_text="When its results were published, or held for a reviewer.")
    pages = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"scan {self.scan_occurrence_id}"


class DeletedRows(models.Model):
    """Some rows of a scan as `analyses.lifecycle.packing` packs them: a bounded number. All of it is hostile."""

    scan = models.ForeignKey(DeletedScan, on_delete=models.CASCADE, related_name="rows")
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"of {self.scan}"
