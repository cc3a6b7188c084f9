"""What ran: one occurrence per run of an analysis, with one scan occurrence per scan. Written by lifecycle only."""

from dataclasses import replace

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from analyses.actions import Situation
from analyses.engines.contract import Phase
from analyses.models.configuration import Analysis, PauseWindow
from analyses.models.said_texts import SaidField
from analyses.models.scans import Scan, Specification
from analyses.models.secrets import ScanSecrets
from analyses.moves import Ending, Stop
from analyses.said import translated
from analyses.statuses import (
    ANALYSIS,
    ANALYSIS_FINAL,
    ANALYSIS_LIVE,
    SCAN,
    SCAN_AT_WORK,
    SCAN_GOING_ON,
    SCAN_LIVE,
    SCAN_VERIFYING,
    AnalysisStatus,
    Group,
    Meaning,
    ScanStatus,
)

HELD = _("A security lead reviews the results and publishes them under Analysis Actions.")
TO_BE_HELD = _("Afterwards, a security lead reviews the results and publishes them under Analysis Actions.")
ONLY_PRESCANNED = _("To have it scanned, submit it without “Prescan only”.")
PHASES = {
    Phase.STARTING: _("Starting"),
    Phase.CRAWLING: _("Crawling"),
    Phase.ATTACKING: _("Attacking"),
    Phase.FINISHED: _("Finished"),
}


class Pause(models.TextChoices):
    """Who keeps an occurrence from sending anything for now."""

    NONE = "", _("Not paused")
    USER = "user", _("Paused by a person")
    WINDOW = "window", _("In its pause window")


class AuthHealth(models.TextChoices):
    """How a scan's sign-in does. What was not found after it was lost may only have been out of reach."""

    NOT_USED = "", _("Not used")
    OK = "ok", _("Signed in")
    LOST = "lost", _("Lost")
    FAILED = "failed", _("Failed")


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
    configuration = models.JSONField(default=dict, help_text="What else it was to be, frozen for the reader.")
    prescan_only = models.BooleanField(default=False)
    hold_results = models.BooleanField(default=False)
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
            models.Index(fields=["ended_at"], name="occurrence_ended"),  # what has changed since somebody last looked
        ]

    def __str__(self) -> str:
        return f"{self.analysis} #{self.number}"

    @property
    def shown(self):
        return ANALYSIS[AnalysisStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status in ANALYSIS_LIVE

    @property
    def may_be_held(self) -> bool:
        """Whether its results wait for a reviewer, or will when the last of them is verified."""
        return self.hold_results and self.shown.group is Group.VERIFYING

    @property
    def is_held(self) -> bool:
        """Whether everything of it is verified and its results wait for a reviewer."""
        if not self.may_be_held:
            return False
        return not self.scans.filter(status__in=SCAN_LIVE, ended_at=None).exists()

    @property
    def situation(self) -> Situation:
        """What decides beside its status what may be asked."""
        return self.situation_when(held=self.is_held)

    def situation_when(self, *, held: bool) -> Situation:
        """The same, where it is known already whether it `is_held`."""
        return Situation(
            paused=self.pause == Pause.USER,
            repeats=self.analysis.next_start is not None,
            due=self.start_at is not None and self.start_at <= timezone.now(),
            winding_down=self.status in ANALYSIS_FINAL and self.ended_at is None,
            held=held,
            undoable=self.undoable is not None,
        )

    @property
    def undoable(self):
        """How its results were deleted, while they can be had back; None where they cannot."""
        deletion = getattr(self, "deletion", None) if self.status == AnalysisStatus.STOPPED_DELETING else None
        return deletion if deletion and deletion.until > timezone.now() else None

    @property
    def said(self) -> Meaning:
        """What its status says of it; of one that is prescanned only, or held for a reviewer, not the usual."""
        if outcome := self.prescan_outcome:
            if self.status == AnalysisStatus.ALL_FAILED:
                return replace(self.shown, meaning=outcome)
            return replace(self.shown, meaning=f"{outcome} {_('Nothing was scanned.')}", advice=ONLY_PRESCANNED)
        if self.may_be_held:
            return replace(self.shown, advice=HELD if self.is_held else TO_BE_HELD)
        return self.shown

    @property
    def prescan_outcome(self) -> str:
        """What came of a run that was to be prescanned only, in words; empty for every other, and until it ended."""
        if not self.prescan_only or self.status not in (AnalysisStatus.STOPPED, AnalysisStatus.ALL_FAILED):
            return ""
        outcomes = list(self.scans.order_by().values_list("prescan_passed", flat=True))
        if None in outcomes:  # somebody stopped it before every scan had been checked
            return ""
        return ngettext(
            "Prescan only: %(passed)s of %(count)s scan passed.",
            "Prescan only: %(passed)s of %(count)s scans passed.",
            len(outcomes),
        ) % {
            "passed": number_format(outcomes.count(True), force_grouping=True),
            "count": number_format(len(outcomes), force_grouping=True),
        }


class ScanOccurrence(ScanSecrets):
    """One scan of one run, with a frozen copy of its configuration, so that history stays true after an edit.

    Whoever drives it holds a lease; every write of theirs is fenced by `attempt`.
    """

    occurrence = models.ForeignKey(AnalysisOccurrence, on_delete=models.CASCADE, related_name="scans")
    scan = models.ForeignKey(Scan, null=True, blank=True, on_delete=models.SET_NULL, related_name="occurrences")
    position = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000)
    configuration = models.JSONField(default=dict)
    specification = models.ForeignKey(
        Specification, null=True, blank=True, on_delete=models.RESTRICT, related_name="occurrences"
    )
    start_urls = models.JSONField(default=list, blank=True, help_text="What its crawl script visited.")
    left_alone = models.JSONField(default=list, blank=True, help_text="What signs out, by its logout script.")

    status = models.CharField(max_length=40, choices=ScanStatus, default=ScanStatus.SUBMITTED)
    cause = SaidField(blank=True)
    advice = SaidField(blank=True)
    ending = models.CharField(max_length=15, choices=[(e.value, e.name) for e in Ending], blank=True)
    prescan_passed = models.BooleanField(null=True, blank=True)

    # The slot it takes of the installation's capacity. Unique: capacity cannot be exceeded.
    slot = models.PositiveSmallIntegerField(null=True, blank=True, unique=True)
    # And of what may run at once against its host: taken and given back together, and unique as well.
    target_host = models.CharField(max_length=300, blank=True, help_text="With its port where that is not the usual.")
    host_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often its worker was lost.")
    host = models.CharField(max_length=100, blank=True, help_text="Where the engine's session is kept.")
    lease_until = models.DateTimeField(null=True, blank=True)

    phase = models.CharField(max_length=12, choices=[(p.value, words) for p, words in PHASES.items()], blank=True)
    pages = models.PositiveIntegerField(default=0)
    checks_done = models.PositiveIntegerField(default=0)
    checks_total = models.PositiveIntegerField(default=0, help_text="0 while its engine does not say.")
    current = models.CharField(max_length=100, blank=True)
    requests_made = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: they were not counted.")
    requests_lost = models.PositiveIntegerField(default=0, help_text="Without an answer.")
    requests_turned_away = models.PositiveIntegerField(default=0, help_text="Answered 401, 403, 407 or 429.")
    server_errors = models.PositiveIntegerField(default=0, help_text="Answered 5xx.")
    progressed_at = models.DateTimeField(null=True, blank=True, help_text="When its numbers last changed.")
    stalled = models.BooleanField(default=False, help_text="Its numbers have not changed for a long time.")
    auth_health = models.CharField(max_length=10, choices=AuthHealth, default=AuthHealth.NOT_USED, blank=True)
    auth_lost_at = models.DateTimeField(null=True, blank=True)
    finding_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    engine_ended_at = models.DateTimeField(null=True, blank=True)
    # In a run whose results are held it says, before they are published, that their verification is over.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "url"], condition=Q(specification=None), name="scan_occurrence_url_once"
            ),
            models.UniqueConstraint(fields=["occurrence", "specification"], name="scan_occurrence_specification_once"),
            models.CheckConstraint(condition=Q(status__in=ScanStatus.values), name="scan_occurrence_status_known"),
            models.CheckConstraint(
                condition=Q(slot__isnull=True) | Q(status__in=sorted(SCAN_AT_WORK)),
                name="scan_occurrence_slot_only_at_work",
            ),
            models.UniqueConstraint(fields=["target_host", "host_slot"], name="scan_occurrence_host_slot_once"),
            models.CheckConstraint(
                condition=Q(slot__isnull=True, host_slot__isnull=True) | Q(slot__isnull=False, host_slot__isnull=False),
                name="scan_occurrence_slots_go_together",
            ),
        ]
        indexes = [
            # Read by the sweep: what is queued, running, stopping or being verified.
            models.Index(
                fields=["status", "id"], condition=Q(status__in=sorted(SCAN_LIVE)), name="scan_occurrence_live"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it is called: its URL; an API by its file too."""
        name = self.configuration.get("specification_name")
        return f"{name} at {self.url}" if name else self.url

    @property
    def shown(self):
        return SCAN[ScanStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status in SCAN_LIVE

    @property
    def is_going_on(self) -> bool:  # its engine runs, or will go on after a pause
        return self.status in SCAN_GOING_ON

    @property
    def percent(self) -> int | None:
        """How much of what its engine says there is to do is done; None while it does not say, and when it is over."""
        return min(100, 100 * self.checks_done // self.checks_total) if self.is_going_on and self.checks_total else None

    @property
    def next_step(self) -> str | Promise:
        """What to do about it: the prescan's own advice where there is one, else the status's."""
        if self.says_how_it_is_held:
            return HELD if self.ended_at else TO_BE_HELD
        return translated(self.advice) or self.shown.advice

    @property
    def says_how_it_is_held(self) -> bool:
        return self.status in SCAN_VERIFYING and self.occurrence.hold_results
