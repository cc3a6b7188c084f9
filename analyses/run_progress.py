"""What the summary says of a run as a whole: how much is done, how much of its time is used. Constant queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from analyses.lifecycle.how_far import how_far
from analyses.models import AnalysisOccurrence, ScanOccurrence
from analyses.scan_progress import TestedAgain, count_tested_again
from analyses.statuses import Group

MOST_NAMED = 4  # modules at work
HOW_FAR = ("due_count", "done_count", "pages", "percent")
NEEDED = ("occurrence", "status", "ended_at", "current", "requests_made")


@dataclass(frozen=True)
class TimeLimit:
    """Of a run that scans: when it ends at the latest, and how much of its time is used."""

    deadline: datetime
    left: timedelta
    allowed: timedelta

    @property
    def percent(self) -> int:
        """How much of the time is used, 0 to 100."""
        used = self.allowed - self.left
        return max(0, min(100, int(100 * used / self.allowed))) if self.allowed else 100


@dataclass(frozen=True)
class RunProgress:
    """Its numbers over all its scans. What nobody knows is None."""

    due: int  # scans that run, or have run
    done: int
    pages: int
    percent: int | None
    requests: int | None
    current: list[str]  # modules at work
    tested_again: TestedAgain | None
    lasted: timedelta | None
    limit: TimeLimit | None


def run_progress(
    run: AnalysisOccurrence, shown: list[ScanOccurrence], *, are_all: bool, is_latest: bool
) -> RunProgress:
    """Of a run, whichever it is. `shown` are scans of it that were read already, and maybe all of them.

    No query for the latest run while they are all; three at most.
    """
    far = {name: getattr(run.analysis, name) for name in HOW_FAR} if is_latest else how_far(run.pk)
    scans = shown
    if not are_all:
        scans = list(run.scans.order_by().only(*NEEDED))
        count_tested_again(scans)
    counted = [scan.requests_made for scan in scans if scan.requests_made is not None]
    tested = [found for scan in scans if (found := getattr(scan, "tested_again", None))]
    at_work, now = run.shown.group is Group.RUNNING, timezone.now()
    return RunProgress(
        due=far["due_count"],
        done=far["done_count"],
        pages=far["pages"],
        percent=far["percent"],
        requests=sum(counted) if counted else None,
        current=sorted({scan.current for scan in scans if scan.is_going_on and scan.current})[:MOST_NAMED],
        tested_again=_all_of(tested) if run.shown.group is Group.VERIFYING and tested else None,
        lasted=(run.ended_at or now) - run.started_at if run.started_at else None,
        limit=_limit(run, now) if at_work else None,
    )


def _all_of(tested: list[TestedAgain]) -> TestedAgain:
    return TestedAgain(sum(one.done for one in tested), sum(one.total for one in tested))


def _limit(run: AnalysisOccurrence, now: datetime) -> TimeLimit | None:
    if not run.deadline or not run.started_at:
        return None
    return TimeLimit(run.deadline, max(timedelta(0), run.deadline - now), run.deadline - run.started_at)
