"""What ran: one occurrence per run of an analysis, with one scan occurrence per scan. Written by lifecycle only."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from analyses.engines.contract import Phase
from analyses.models.configuration import Analysis, PauseWindow, Scan
from analyses.models.secrets import EncryptedTextField
from analyses.moves import Ending, Stop
from analyses.prescan.contract import Outcome
from analyses.statuses import (
    ANALYSIS,
    ANALYSIS_LIVE,
    SCAN,
    SCAN_AT_WORK,
    SCAN_LIVE,
    AnalysisStatus,
    ScanStatus,
)


class Pause(models.TextChoices):
    """Who keeps an occurrence from sending anything for now."""

    NONE = "", "Not paused"
    USER = "user", "Paused by a person"
    WINDOW = "window", "In its pause window"


class AuthHealth(models.TextChoices):
    """How a scan's sign-in does. What was not found after it was lost may only have been out of reach."""

    NOT_USED = "", "Not used"
    OK = "ok", "Signed in"
    LOST = "lost", "Lost"
    FAILED = "failed", "Failed"


class AnalysisOccurrence(PauseWindow):
    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="occurrences")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=40, choices=AnalysisStatus, default=AnalysisStatus.SUBMITTED)
    pause = models.CharField(max_length=10, choices=Pause, default=Pause.NONE, blank=True)
    nominal_at = models.DateTimeField(null=True, blank=True, help_text="The time of the schedule that it was made for.")
    stop = models.CharField(max_length=10, choices=[(s.value, s.name) for s in Stop], default="", blank=True)
    requested_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    engine = models.CharField(max_length=20)
    user_agent = models.CharField(max_length=300, blank=True)
    duration = models.DurationField()
    end_by = models.DateTimeField(null=True, blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField()
    prescan_attempt = models.PositiveSmallIntegerField(default=0)
    prescan_lease = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["analysis", "number"], name="occurrence_number_once"),
            # A time of the schedule makes one occurrence, however many sweeps see it.
            models.UniqueConstraint(fields=["analysis", "nominal_at"], name="occurrence_once_per_time"),
            # At most one occurrence of an analysis is under way.
            models.UniqueConstraint(
                fields=["analysis"], condition=Q(status__in=sorted(ANALYSIS_LIVE)), name="occurrence_one_live"
            ),
            models.CheckConstraint(condition=Q(status__in=AnalysisStatus.values), name="occurrence_status_known"),
        ]
        indexes = [
            # Read by the sweep: what is under way.
            models.Index(fields=["status"], condition=Q(status__in=sorted(ANALYSIS_LIVE)), name="occurrence_live"),
        ]

    def __str__(self) -> str:
        return f"{self.analysis} #{self.number}"

    @property
    def shown(self):
        return ANALYSIS[AnalysisStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status in ANALYSIS_LIVE


class ScanOccurrence(models.Model):
    """One scan of one run, with a frozen copy of its configuration, so that history stays true after an edit.

    Whoever drives it holds a lease; every write of theirs is fenced by `attempt`.
    """

    occurrence = models.ForeignKey(AnalysisOccurrence, on_delete=models.CASCADE, related_name="scans")
    scan = models.ForeignKey(Scan, null=True, blank=True, on_delete=models.SET_NULL, related_name="occurrences")
    position = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000)
    configuration = models.JSONField(default=dict)
    secret = EncryptedTextField(blank=True, help_text="Erased when the scan has ended.")
    crawl_script = EncryptedTextField(blank=True, help_text="Erased when the scan has ended.")
    start_urls = models.JSONField(default=list, blank=True, help_text="What its crawl script visited.")

    status = models.CharField(max_length=40, choices=ScanStatus, default=ScanStatus.SUBMITTED)
    cause = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    ending = models.CharField(max_length=15, choices=[(e.value, e.name) for e in Ending], blank=True)
    prescan_passed = models.BooleanField(null=True, blank=True)

    # The slot it takes of the installation's capacity. Unique: capacity cannot be exceeded.
    slot = models.PositiveSmallIntegerField(null=True, blank=True, unique=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often its worker was lost.")
    host = models.CharField(max_length=100, blank=True, help_text="Where the engine's session is kept.")
    lease_until = models.DateTimeField(null=True, blank=True)

    phase = models.CharField(max_length=12, choices=[(p.value, p.value.capitalize()) for p in Phase], blank=True)
    pages = models.PositiveIntegerField(default=0)
    requests_done = models.PositiveIntegerField(default=0)
    requests_total = models.PositiveIntegerField(default=0)
    current = models.CharField(max_length=100, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    progressed_at = models.DateTimeField(null=True, blank=True, help_text="When its numbers last changed.")
    stalled = models.BooleanField(default=False, help_text="Its numbers have not changed for a long time.")
    auth_health = models.CharField(max_length=10, choices=AuthHealth, default=AuthHealth.NOT_USED, blank=True)
    auth_lost_at = models.DateTimeField(null=True, blank=True)
    finding_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    engine_ended_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "url"], name="scan_occurrence_url_once"),
            models.CheckConstraint(condition=Q(status__in=ScanStatus.values), name="scan_occurrence_status_known"),
            models.CheckConstraint(
                condition=Q(slot__isnull=True) | Q(status__in=sorted(SCAN_AT_WORK)),
                name="scan_occurrence_slot_only_at_work",
            ),
        ]
        indexes = [
            # Read by the sweep: what is queued, running, stopping or being verified.
            models.Index(
                fields=["status", "id"], condition=Q(status__in=sorted(SCAN_LIVE)), name="scan_occurrence_live"
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def shown(self):
        return SCAN[ScanStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status in SCAN_LIVE

    @property
    def next_step(self) -> str:
        """What to do about it: the prescan's own advice where there is one, else the status's."""
        return self.advice or self.shown.advice


class PrescanStep(models.Model):
    scan_occurrence = models.ForeignKey(ScanOccurrence, on_delete=models.CASCADE, related_name="prescan_steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=[(o.value, o.value.capitalize()) for o in Outcome])
    cause = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["scan_occurrence", "position"], name="prescan_step_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"
