"""How far and how fast a scan is, how long it may still take: only what can be known, from what was recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from analyses.lifecycle.comparison import REACH
from analyses.models import FindingInstance, ScanOccurrence
from analyses.models.findings import Verification
from analyses.moves import Ending
from analyses.statuses import SCAN_VERIFYING, ScanStatus

FEWEST_RUNS = 3  # fewer say nothing about the next one
MOST_RUNS = 10  # the latest: older ones scanned another site
SETTLING = timedelta(minutes=1)  # before that a rate jumps about


@dataclass(frozen=True)
class Forecast:
    """How long earlier runs of the same scan took, beside how long this one has been running."""

    shortest: timedelta
    longest: timedelta
    runs: int
    elapsed: timedelta

    @property
    def at_least(self) -> timedelta:
        return max(timedelta(0), self.shortest - self.elapsed)

    @property
    def at_most(self) -> timedelta:
        return self.longest - self.elapsed

    @property
    def is_longer(self) -> bool:
        """Whether it takes longer than any of them did: then they say nothing about its end."""
        return self.elapsed > self.longest


@dataclass(frozen=True)
class TestedAgain:
    """How many of a scan's findings have been tested again, of how many."""

    done: int
    total: int


def count_tested_again(scans: Iterable[ScanOccurrence]) -> None:
    """Give each of these scans its `tested_again`; None to one that is not being verified. One query at most."""
    verifying = {scan.pk for scan in scans if scan.status in SCAN_VERIFYING and not scan.ended_at}
    counted: dict[int, TestedAgain] = {}
    if verifying:
        left = Count("finding", distinct=True, filter=Q(verification=Verification.PENDING))
        instances = FindingInstance.objects.filter(scan_occurrence__in=verifying).order_by()
        for row in instances.values("scan_occurrence").annotate(total=Count("finding", distinct=True), left=left):
            counted[row["scan_occurrence"]] = TestedAgain(row["total"] - row["left"], row["total"])
    for scan in scans:
        scan.tested_again = counted.get(scan.pk)  # type: ignore[attr-defined] # for the page alone


def elapsed(scan: ScanOccurrence) -> timedelta | None:
    """From its engine's start to its end, or to now; pauses included. None for one that never ran."""
    if scan.started_at is None:
        return None
    return (scan.engine_ended_at or scan.ended_at or timezone.now()) - scan.started_at


def requests_a_minute(scan: ScanOccurrence) -> float | None:
    """On average since it started; None while that would say little.

    One that was paused or taken over has none: its clock went on while it sent nothing.
    """
    if scan.attempt != 1 or not (scan.requests_made and scan.started_at and scan.progressed_at):
        return None
    worked = scan.progressed_at - scan.started_at
    return scan.requests_made / (worked / timedelta(minutes=1)) if worked >= SETTLING else None


def forecast(scan: ScanOccurrence) -> Forecast | None:
    """From the latest runs of the same scan that ran to their end at one go, with the same reach and speed.

    None where fewer than FEWEST_RUNS did, and for one that is not running or was interrupted. One query.
    """
    if scan.status != ScanStatus.IN_PROGRESS or scan.attempt != 1 or scan.started_at is None or scan.scan_id is None:
        return None
    earlier = ScanOccurrence.objects.filter(
        scan=scan.scan_id, pk__lt=scan.pk, ending=Ending.COMPLETED, attempt=1, specification=scan.specification_id
    )
    settings = (*REACH, "speed")
    alike = earlier.filter(**{f"configuration__{name}": scan.configuration.get(name) for name in settings})
    spans = alike.order_by("-pk").values_list("started_at", "engine_ended_at")[:MOST_RUNS]
    lengths = [ended - started for started, ended in spans if started and ended]
    if len(lengths) < FEWEST_RUNS:
        return None
    return Forecast(min(lengths), max(lengths), len(lengths), timezone.now() - scan.started_at)
