"""What people configure: analyses, their scans, and the targets administrators allow."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Lower
from django.utils import timezone

from analyses import schedules
from analyses.models.secrets import EncryptedTextField
from analyses.prescan.contract import SignInMethod
from analyses.statuses import ANALYSIS, ANALYSIS_LIVE, AnalysisStatus

SCOPES = [
    ("folder", "The address and everything below it"),
    ("page", "This page only"),
    ("domain", "The whole host"),
]
SEVERITY_FIELDS = ("critical_count", "high_count", "medium_count", "low_count", "info_count")


class Repeat(models.TextChoices):
    ONCE = schedules.ONCE, "Once"
    DAILY = schedules.DAILY, "Daily"
    WEEKLY = schedules.WEEKLY, "Weekly"
    MONTHLY = schedules.MONTHLY, "Monthly"


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
    percent = models.PositiveSmallIntegerField(default=0)
    critical_count = models.PositiveIntegerField(default=0)
    high_count = models.PositiveIntegerField(default=0)
    medium_count = models.PositiveIntegerField(default=0)
    low_count = models.PositiveIntegerField(default=0)
    info_count = models.PositiveIntegerField(default=0)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        permissions = [("lead_security", "Is a security lead: sees every analysis and is told about published results")]
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
            models.Index(fields=["status"], name="analysis_list_status"),  # Filter by Status and its counts
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
    def runs_used(self) -> int:
        """How many runs of its schedule are behind it; none while the first is waited for."""
        return self.repeat_fired if self.next_start and self.status != AnalysisStatus.SCHEDULED else 0

    @property
    def next_run(self) -> datetime | None:
        """When it runs next by its schedule."""
        return self.start_at if self.status == AnalysisStatus.SCHEDULED else self.next_start


class Scan(models.Model):
    """One target of an analysis, with how to sign in to it."""

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="scans")
    position = models.PositiveIntegerField(default=0)
    url = models.CharField(max_length=2000)
    scope = models.CharField(max_length=10, choices=SCOPES, default="folder")
    excluded_urls = models.TextField(blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    sign_in_method = models.CharField(
        max_length=10,
        choices=[
            (SignInMethod.NONE, "None"),
            (SignInMethod.FORM, "Sign-in form"),
            (SignInMethod.BASIC, "HTTP basic"),
            (SignInMethod.HEADER, "Header or bearer token"),
        ],
        default=SignInMethod.NONE,
    )
    login_url = models.CharField(max_length=2000, blank=True)
    username = models.CharField(max_length=200, blank=True)
    secret = EncryptedTextField(blank=True)
    header = models.CharField(max_length=100, blank=True)
    check_text = models.CharField(max_length=300, blank=True)
    check_url = models.CharField(max_length=2000, blank=True)
    logout_url = models.CharField(max_length=2000, blank=True)
    crawl_script = EncryptedTextField(blank=True, help_text="A recorded script (.side); it may hold passwords.")
    crawl_script_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["analysis", "url"], name="scan_url_once_per_analysis"),
        ]

    def __str__(self) -> str:
        return self.url


class AllowedTarget(models.Model):
    """What administrators allow to be scanned. Nothing else is ever connected to."""

    pattern = models.CharField(
        max_length=255,
        unique=True,
        help_text="A host (shop.example.com), a host and port (10.1.2.3:8080), every host below a domain "
        "(*.example.com), or a network (10.1.0.0/16).",
    )
    note = models.CharField(max_length=300, blank=True, help_text="Who approved it, and why.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern
