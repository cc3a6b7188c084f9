"""An installation that really ran, and the ways to look into it and to write behind its back."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from analyses import audit
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    ScanOccurrence,
)

LONG_AGO = timedelta(days=3)


def breaches() -> dict[str, list[str]]:
    """What breaks, by invariant; nothing for those that hold."""
    found = {audit.name_of(invariant): list(invariant()) for invariant in audit.INVARIANTS}
    return {name: lines for name, lines in found.items() if lines}


@dataclass
class Installation:
    """Runs in every state that matters here, made by the lifecycle's own verbs."""

    done: Analysis
    at_work: Analysis
    in_prescan: Analysis
    scheduled: Analysis


def run_of(analysis: Analysis):
    return AnalysisOccurrence.objects.filter(analysis=analysis)


def scans(analysis: Analysis):
    return ScanOccurrence.objects.filter(occurrence__analysis=analysis)


def log_of(analysis: Analysis):
    return Activity.objects.filter(analysis=analysis)


def folder_of(scan: ScanOccurrence) -> Path:
    return settings.WORK_DIR / f"scan-{scan.pk}"


@contextmanager
def constraint_lifted(model, name: str):
    """Write what the database itself refuses; the transaction of the test puts everything back."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")
        yield
