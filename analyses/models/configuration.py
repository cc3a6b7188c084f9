"""What people configure: analyses, and the targets administrators allow."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from analyses import schedules
from analyses.statuses import ANALYSIS, ANALYSIS_LIVE, AnalysisStatus

SEVERITY_FIELDS = ("critical_count", "high_count", "medium_count", "low_count", "info_count")


class Repeat(models.TextChoices):
    ONCE = schedules.ONCE, gettext_lazy("Once")
    DAILY = schedules.DAILY, gettext_lazy("Daily")
    WEEKLY = schedules.WEEKLY, gettext_lazy("Weekly")
    MONTHLY = schedules.MONTHLY, gettext_lazy("Monthly")


def _days(digits: str) -> frozenset[int]:
    return frozenset(map(int, digits))


class PauseWindow(models.Model):
    """The hours of a day, on some days of the week, in which no scan runs. Wall time of `zone`.

    `pause_days` holds the days on which a window begins, as digits: 0 is Monday; none means every day. One that ends
    before it begins goes over midnight. No window: both times are empty.
    """

    zone = models.CharField(max_length=64, default="UTC", help_text="IANA name: of the schedule and the pause window.")
    pause_from = models.TimeField(null=True, blank=True)
    pause_until = models.TimeField(null=True, blank=True)
    pause_days = models.CharField(max_length=7, blank=True)

    class Meta:
        abstract = True

    @property
    def pause_window(self) -> schedules.PauseWindow | None:
        """The window as something that can be asked; None when there is none."""
        if self.pause_from is None or self.pause_until is None:
            return None
        days = _days(self.pause_days) or schedules.EVERY_DAY
        return schedules.PauseWindow(self.zone, self.pause_from, self.pause_until, days)


class AnalysisQuerySet(models.QuerySet["Analysis"]):
    def visible_to(self, user: User | AnonymousUser) -> "AnalysisQuerySet":
        """Those the user may see: their own, their teams', or all of them for a security lead. One query."""
        if user.is_active and user.is_superuser:
            return self
        lead = Permission.objects.filter(content_type__app_label="analyses", codename="lead_security")
        teams = Group.objects.filter(user=user.pk)
        shared = Analysis.teams.through.objects.filter(group__in=teams.values("pk")).values("analysis_id")
        return self.filter(
            Q(owner=user.pk)
            | Q(pk__in=shared)
            | Exists(lead.filter(user=user.pk))
            | Exists(lead.filter(group__in=teams.values("pk")))
        )

    def live(self) -> "AnalysisQuerySet":
        return self.filter(status__in=ANALYSIS_LIVE)


class Analysis(PauseWindow):
    """A configuration that can be run any number of times, with the numbers the list shows of its latest run.

    `status` and every number are written by analyses.lifecycle only.
    """

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=2000)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="owned_analyses")
    teams = models.ManyToManyField(Group, blank=True, help_text="Who may see it, beside its owner and security leads.")
    user_agent = models.CharField(max_length=300, blank=True)
    excluded_urls = models.TextField(blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    end_by = models.DateTimeField(null=True, blank=True)
    duration = models.DurationField(default=timedelta(hours=24), validators=[MinValueValidator(timedelta(minutes=1))])
    repeat = models.CharField(max_length=10, choices=Repeat, default=Repeat.ONCE, blank=True)
    repeat_days = models.CharField(max_length=7, blank=True, help_text="Of a weekly one, as digits: 0 is Monday.")
    repeat_until = models.DateField(null=True, blank=True, help_text="The last day on which a run may start.")
    repeat_count = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How many runs there are in all.")
    repeat_fired = models.PositiveIntegerField(default=0, help_text="How many of them have been started or skipped.")
    next_start = models.DateTimeField(null=True, blank=True, help_text="When the schedule submits it again.")
    repeat_off_after = models.PositiveSmallIntegerField(
        null=True, blank=True, default=3, help_text="It ends itself after so many failed runs in a row; empty: never."
    )
    repeat_failures = models.PositiveSmallIntegerField(default=0, help_text="How many runs in a row have failed.")
    flapping_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when its prescans fail and succeed in turns, and only that was told."
    )
    prescan_only = models.BooleanField(default=False, help_text="Check connection and sign-in, and scan nothing.")
    hold_results = models.BooleanField(default=False, help_text="Results wait for a reviewer who publishes them.")
    recipients = models.TextField(blank=True, help_text="E-mail addresses that are told too, one a line.")
    business_unit = models.CharField(max_length=120, blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    engine = models.CharField(max_length=20, default="wapiti")
    schedule_changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revision = models.PositiveIntegerField(default=1, help_text="Counts the edits: a stale form is recognised by it.")
    created_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=40, choices=AnalysisStatus, default=AnalysisStatus.SAVED)
    version = models.PositiveBigIntegerField(default=1, help_text="Counts every visible change: polls compare it.")
    changed_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    scan_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    held = models.BooleanField(default=False, help_text="Its verified results wait for a reviewer.")
    # Of the scans that run, or have run, in its latest run: those that cannot start any more do not count.
    due_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of their checks; empty while the engine of one cannot say how many it has."
    )
    critical_count = models.PositiveIntegerField(default=0)
    high_count = models.PositiveIntegerField(default=0)
    medium_count = models.PositiveIntegerField(default=0)
    low_count = models.PositiveIntegerField(default=0)
    info_count = models.PositiveIntegerField(default=0)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        permissions = [
            ("configure_analyses", "Creator: makes and changes analyses, and tries out their sign-ins"),
            ("submit_analyses", "Submitter: submits, pauses and stops analyses"),
            ("triage_findings", "Reviewer: judges findings"),
            ("lead_security", "Is a security lead: sees every analysis and is told about published results"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="analysis_name_unique",
                violation_error_message="There is already an analysis with this name.",
            ),
            models.CheckConstraint(condition=Q(status__in=AnalysisStatus.values), name="analysis_status_known"),
        ]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="analysis_list_recent"),  # the list, as it opens
            models.Index(fields=["status", "-changed_at", "-id"], name="analysis_list_status"),  # Filter by Status
            # The figures above the list, and what its polls compare: read from the index alone.
            models.Index(fields=["status", "problem_count", "held", "version", "owner"], name="analysis_list_figures"),
            models.Index(fields=["-changed_at", "-id"], condition=Q(held=True), name="analysis_list_held"),
            models.Index(fields=["status", "ended_at"], name="analysis_list_ended"),  # published in 7 days
            models.Index(fields=["name", "id"], name="analysis_list_name"),  # the list, sorted by name
            # Read by the sweep: schedules whose time has come.
            models.Index(fields=["next_start"], condition=Q(next_start__isnull=False), name="analysis_next_start"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self):
        """What its status says on a page."""
        return ANALYSIS[AnalysisStatus(self.status)]

    @property
    def is_live(self) -> bool:
        return self.status in ANALYSIS_LIVE

    @property
    def finding_count(self) -> int:
        return sum(getattr(self, name) for name in SEVERITY_FIELDS)

    @property
    def rule(self) -> schedules.Rule | None:
        """When its runs start; None while the first is to start as soon as it is submitted."""
        if self.start_at is None:
            return None
        days = _days(self.repeat_days)
        return schedules.Rule(self.zone, self.start_at, self.repeat, days, self.repeat_until, self.repeat_count)

    @property
    def starts_at_once(self) -> bool:
        """Whether it starts as soon as it is submitted: the start of an earlier run says nothing about the next one."""
        if self.start_at is None:
            return True
        is_kept = self.status in (AnalysisStatus.SAVED, AnalysisStatus.SCHEDULED) or self.next_start is not None
        return not is_kept and self.start_at <= timezone.now()

    @property
    def busy_until(self) -> datetime | None:
        """Until when the run that is under way can last; None when there is none."""
        if not self.is_live or self.status == AnalysisStatus.SCHEDULED:
            return None
        return self.deadline or timezone.now() + self.duration

    @property
    def first_is_used(self) -> bool:
        """Whether the first run of its schedule has been made although its time has not come: it was run at once."""
        if self.start_at is None or self.next_start is None or self.status == AnalysisStatus.SCHEDULED:
            return False
        return timezone.now() < self.start_at < self.next_start

    @property
    def was_switched_off(self) -> bool:
        """Whether its schedule has ended itself, after too many failed runs in a row."""
        over = bool(self.repeat) and self.next_start is None
        return over and 0 < (self.repeat_off_after or 0) <= self.repeat_failures

    @property
    def runs_used(self) -> int:
        """How many runs of its schedule are behind it; none while the first is waited for."""
        return self.repeat_fired if self.next_start and self.status != AnalysisStatus.SCHEDULED else 0

    @property
    def next_run(self) -> datetime | None:
        """When it runs next by its schedule."""
        return self.start_at if self.status == AnalysisStatus.SCHEDULED else self.next_start


class AllowedTargetQuerySet(models.QuerySet["AllowedTarget"]):
    def for_analysis(self, analysis: int | None, owner: int | None = None) -> "AllowedTargetQuerySet":
        """What an analysis may scan: what everybody may, and what the teams of the person may whose it is.

        That is `owner` where `analysis`, the number of a stored one, is None.
        """
        whose = Q(group__user=owner) if analysis is None else Q(group__user__owned_analyses=analysis)
        theirs = AllowedTarget.teams.through.objects.filter(whose).values("allowedtarget_id")
        return self.filter(Q(for_everybody=True) | Q(pk__in=theirs))


class AllowedTarget(models.Model):
    """What administrators allow to be scanned. Nothing else is ever connected to."""

    pattern = models.CharField(
        max_length=255,
        unique=True,
        help_text="A host (shop.example.com), every host below a domain (*.example.com), or a network (10.1.0.0/16, "
        "fd00::/8); with a port or a range of ports where not all of them are meant (10.1.2.3:8080, "
        "10.1.0.0/16:8000-8100, [fd00::/8]:8443).",
    )
    note = models.CharField(max_length=300, blank=True, help_text="Who approved it, and why.")
    # Not “no teams”: a team that is deleted opens nothing to anybody.
    for_everybody = models.BooleanField(default=True, help_text="Everybody's analyses may scan it.")
    teams = models.ManyToManyField(
        Group, blank=True, help_text="Otherwise: the analyses of people in these teams may scan it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AllowedTargetQuerySet.as_manager()

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern
