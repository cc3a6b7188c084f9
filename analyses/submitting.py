"""Submitting an analysis as it is configured: at once, or at the start that was chosen."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analyses import lifecycle
from analyses.models import Analysis, AnalysisOccurrence
from analyses.statuses import AnalysisStatus

_GRACE = timedelta(minutes=1)  # times are chosen to the minute


def submit(analysis: Analysis, actor: User) -> AnalysisOccurrence:
    """Submit as configured: to start now, or at the chosen time. Raises lifecycle.Refused.

    A schedule that has begun goes on beside a run that starts now; where its start was put off, it begins anew.
    """
    passed = analysis.start_at is not None and analysis.start_at < timezone.now() - _GRACE
    if passed and analysis.status == AnalysisStatus.SAVED:
        raise lifecycle.Refused(_("Its start time has passed. Choose another one under Configure Analysis."))
    if analysis.end_by and analysis.end_by <= timezone.now():
        raise lifecycle.Refused(_("The time by which it has to end has passed. Choose another one, or none."))
    starts = start_of_next_run(analysis)
    with transaction.atomic():
        if starts and analysis.next_start:
            lifecycle.withdraw(analysis, actor)
        return lifecycle.submit(analysis, actor, start_at=starts)


def start_of_next_run(analysis: Analysis) -> datetime | None:
    """The start that was chosen, while it lies in the future and is unused; otherwise the next run starts at once."""
    is_ahead = analysis.start_at is not None and analysis.start_at > timezone.now()
    return analysis.start_at if is_ahead and not analysis.first_is_used else None
