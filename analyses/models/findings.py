"""What was found, what people judged of it, and what was seen on the way."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analyses.engines.contract import Severity
from analyses.models.configuration import Analysis
from analyses.models.occurrences import AnalysisOccurrence, ScanOccurrence
from analyses.severity_words import SEVERITY_NAMES

SEVERITY_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


class State(models.TextChoices):
    """What was judged of a finding. Reopened is nobody's choice: it was fixed, and a later run saw it again."""

    OPEN = "open", pgettext_lazy("finding", "Open")
    CONFIRMED = "confirmed", pgettext_lazy("finding", "Confirmed")
    FALSE_POSITIVE = "false_positive", pgettext_lazy("finding", "False positive")
    ACCEPTED = "accepted", pgettext_lazy("finding", "Accepted risk")
    FIXED = "fixed", pgettext_lazy("finding", "Fixed")
    REOPENED = "reopened", pgettext_lazy("finding", "Reopened")


TO_TRIAGE = frozenset({State.OPEN, State.REOPENED})
SETTLED = frozenset({State.FALSE_POSITIVE, State.ACCEPTED})  # stay so, however often they are seen


# How each is shown: its colour, and its icon.
_SHOWN = {
    State.OPEN: ("neutral", "inbox"),
    State.CONFIRMED: ("amber", "bug"),
    State.FALSE_POSITIVE: ("neutral", "circle-x"),
    State.ACCEPTED: ("blue", "eye"),
    State.FIXED: ("green", "circle-check"),
    State.REOPENED: ("red", "alert-triangle"),
}


class Finding(models.Model):
    """One distinct flaw of an analysis, over all its occurrences."""

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="findings")
    fingerprint = models.CharField(max_length=64, help_text="Of category, method, host, path and parameter.")
    category = models.CharField(max_length=120)
    severity = models.CharField(max_length=10, choices=[(s.value, SEVERITY_NAMES[s]) for s in Severity])
    severity_rank = models.PositiveSmallIntegerField(help_text="0 is critical: lists are sorted by it.")
    method = models.CharField(max_length=10)
    host = models.CharField(max_length=300, blank=True, help_text="With its port, where it is not the scheme's own.")
    path = models.CharField(max_length=2000)
    parameter = models.CharField(max_length=300, blank=True)
    module = models.CharField(max_length=60, blank=True)
    wstg = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=15, choices=State, default=State.OPEN)
    first_seen = models.ForeignKey(AnalysisOccurrence, null=True, on_delete=models.SET_NULL, related_name="+")
    last_seen = models.ForeignKey(AnalysisOccurrence, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["analysis", "fingerprint"], name="finding_once_per_analysis"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="finding_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.method} {self.host}{self.path}"

    @property
    def state_tone(self) -> str:
        return _SHOWN[State(self.state)][0]

    @property
    def state_icon(self) -> str:
        return _SHOWN[State(self.state)][1]


class Judgement(models.Model):
    """One step in the triage of a finding, append-only. Where both states are the same it is a comment."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="judgements")
    old_state = models.CharField(max_length=15, choices=State)
    new_state = models.CharField(max_length=15, choices=State)
    comment = models.TextField(blank=True)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, default="system")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="judgement_at")]  # what has changed since somebody last looked

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name}: {self.get_new_state_display()}"

    @property
    def is_comment(self) -> bool:
        return self.old_state == self.new_state


class Verification(models.TextChoices):
    PENDING = "pending", _("Being verified")
    CONFIRMED = "confirmed", _("Reproduced")  # people confirm, see State; a test reproduces
    NOT_REPRODUCED = "not_reproduced", _("Not reproduced")
    NOT_RETESTED = "not_retested", _("Could not be tested again")


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
