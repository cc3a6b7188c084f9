"""What was found, and what was seen on the way."""

from django.db import models

from analyses.engines.contract import Severity
from analyses.models.configuration import Analysis
from analyses.models.occurrences import AnalysisOccurrence, ScanOccurrence

SEVERITY_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


class Finding(models.Model):
    """One distinct flaw of an analysis, over all its occurrences."""

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="findings")
    fingerprint = models.CharField(max_length=64, help_text="Of category, method, path and parameter.")
    category = models.CharField(max_length=120)
    severity = models.CharField(max_length=10, choices=[(s.value, s.value.capitalize()) for s in Severity])
    severity_rank = models.PositiveSmallIntegerField(help_text="0 is critical: lists are sorted by it.")
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=2000)
    parameter = models.CharField(max_length=300, blank=True)
    module = models.CharField(max_length=60, blank=True)
    wstg = models.CharField(max_length=120, blank=True)
    first_seen = models.ForeignKey(AnalysisOccurrence, null=True, on_delete=models.SET_NULL, related_name="+")
    last_seen = models.ForeignKey(AnalysisOccurrence, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["analysis", "fingerprint"], name="finding_once_per_analysis")]

    def __str__(self) -> str:
        return f"{self.category}: {self.method} {self.path}"


class Verification(models.TextChoices):
    PENDING = "pending", "Being verified"
    CONFIRMED = "confirmed", "Confirmed"
    NOT_REPRODUCED = "not_reproduced", "Not reproduced"
    NOT_RETESTED = "not_retested", "Could not be tested again"


class FindingInstance(models.Model):
    """One place where one scan occurrence found a flaw, with its evidence. All text is hostile."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="instances")
    scan_occurrence = models.ForeignKey(ScanOccurrence, on_delete=models.CASCADE, related_name="findings")
    digest = models.CharField(max_length=64, help_text="Of where and how: the same instance is stored once.")
    url = models.TextField()
    info = models.TextField(blank=True)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    verification = models.CharField(max_length=15, choices=Verification, default=Verification.PENDING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scan_occurrence", "digest"], name="instance_once_per_scan")]

    def __str__(self) -> str:
        return self.url


class CrawledUrl(models.Model):
    scan_occurrence = models.ForeignKey(ScanOccurrence, on_delete=models.CASCADE, related_name="crawled")
    digest = models.CharField(max_length=64)
    method = models.CharField(max_length=10)
    url = models.TextField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scan_occurrence", "digest"], name="crawled_once_per_scan")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
