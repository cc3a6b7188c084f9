"""What a prescan saw, step by step: of a scan that runs, and of a sign-in that somebody tries out."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy

from analyses.models.configuration import Analysis
from analyses.models.occurrences import ScanOccurrence
from analyses.models.said_texts import SaidField
from analyses.models.scans import Specification
from analyses.models.secrets import ScanSecrets
from analyses.prescan.contract import Outcome
from analyses.said import Said, said

_OUTCOMES = [
    (Outcome.PASSED.value, gettext_lazy("Passed")),
    (Outcome.FAILED.value, gettext_lazy("Failed")),
    (Outcome.SKIPPED.value, gettext_lazy("Skipped")),
]


class StepQuerySet(models.QuerySet):
    def without_pictures(self) -> "StepQuerySet":
        """These steps, with `has_picture` instead of the picture itself."""
        has_picture = Case(When(screenshot=b"", then=Value(False)), default=Value(True))
        return self.defer("screenshot").annotate(has_picture=has_picture)


class Step(models.Model):
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=_OUTCOMES)
    cause = SaidField(blank=True)
    advice = SaidField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    # In the database, not in a file: a worker and the web server need not share a disk, and a picture is small.
    screenshot = models.BinaryField(default=b"", blank=True, help_text="JPEG, where a browser was used.")

    objects = StepQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"

    @property
    def label(self) -> Said:
        """Its name, to be translated: checks have names of ours."""
        return said(self.name)


class PrescanStep(Step):
    scan_occurrence = models.ForeignKey(ScanOccurrence, on_delete=models.CASCADE, related_name="prescan_steps")

    class Meta(Step.Meta):
        constraints = [models.UniqueConstraint(fields=["scan_occurrence", "position"], name="prescan_step_once")]


class SignInTest(ScanSecrets):
    """A sign-in that somebody tries out before the page is saved. Its secrets are erased when it is over.

    Shaped like a scan occurrence, so that the prescan reads it the same way.
    """

    analysis = models.ForeignKey(Analysis, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    url = models.CharField(max_length=2000)
    specification = models.ForeignKey(Specification, null=True, on_delete=models.CASCADE, related_name="+")
    configuration = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, help_text="Until when a worker is at it; None while it waits.")
    ended_at = models.DateTimeField(null=True)
    succeeded = models.BooleanField(null=True)
    cause = SaidField(blank=True)
    advice = SaidField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["ended_at"], name="sign_in_test_open")]  # what the sweep looks for

    def __str__(self) -> str:
        return f"{self.url} by {self.user}"


class SignInTestStep(Step):
    test = models.ForeignKey(SignInTest, on_delete=models.CASCADE, related_name="steps")

    class Meta(Step.Meta):
        constraints = [models.UniqueConstraint(fields=["test", "position"], name="sign_in_test_step_once")]


class SignInTestStage(models.Model):
    """One thing that signing in did at a step, as whoever tries it out sees it."""

    step = models.ForeignKey(SignInTestStep, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    words = SaidField()
    screenshot = models.BinaryField(default=b"", blank=True, help_text="JPEG, where a browser was used.")

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["step", "position"], name="sign_in_test_stage_once")]

    def __str__(self) -> str:
        return self.words
