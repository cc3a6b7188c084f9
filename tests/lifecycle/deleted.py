"""Results that are deleted, with everything odd that rows may hold, and what is stored of them."""

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import connection, models
from django.utils import timezone

from analyses import lifecycle, tasks
from analyses.engines.contract import CrawledPage, FoundFlaw
from analyses.lifecycle import Claim
from analyses.models import (
    Activity,
    Analysis,
    AnalysisOccurrence,
    CrawledUrl,
    DeletedRows,
    DeletedScan,
    Deletion,
    EngineLog,
    Finding,
    FindingInstance,
    Judgement,
    Retest,
    RetestOutcome,
    State,
)
from analyses.moves import Ending
from tests.scene import FLAW, running

RESULTS = (Finding, FindingInstance, Judgement, Retest, CrawledUrl, EngineLog)
KEPT = (Deletion, DeletedScan, DeletedRows)
TWO = ("http://shop.test/", "http://shop.test/more")
ODD = "\u20ac \U0001f6d2 \x01\x1f \r\n\t “quoted” \\ \ufffd &lt;script&gt;"


def stored(*tables: type[models.Model]) -> dict[str, list[tuple]]:
    """Every column of every row, as the database has them."""
    rows = {}
    for table in tables or RESULTS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table._meta.db_table} ORDER BY id")
            rows[table.__name__] = [tuple(map(_plain, row)) for row in cursor.fetchall()]
    return rows


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def flaw(number: int) -> FoundFlaw:
    return replace(
        FLAW, url=f"http://shop.test/{number}?a={ODD}", request=f"GET /{number}\r\n{ODD}", response=ODD * 200
    )


def pages(number: int) -> list[CrawledPage]:
    return [CrawledPage("GET", f"http://shop.test/{n}?{ODD}", 200 if n else None) for n in range(number)]


def found(held: Claim, flaws: int = 5, crawled: int = 5) -> None:
    lifecycle.record_found(held, [flaw(number) for number in range(flaws)])
    lifecycle.record_crawled(held, pages(crawled))
    lifecycle.record_log(held, f"It said {ODD}\n" * 100)


def judged(analysis: Analysis, actor: User, state: State = State.ACCEPTED) -> None:
    """One finding with a history: judged, commented on, tested again."""
    finding = analysis.findings.order_by("pk")[0]
    place = finding.instances.all()[0].scan_occurrence
    by, at = {"actor": actor, "actor_name": "alice"}, timezone.now()
    Judgement.objects.create(finding=finding, old_state=State.OPEN, new_state=state, comment=ODD, at=at, **by)
    Finding.objects.filter(pk=finding.pk).update(state=state)
    asked = {"asked_by": actor, "asked_by_name": "alice", "asked_at": at}
    over = {"ended_at": at, "outcome": RetestOutcome.UNKNOWN, "cause": ODD}
    Retest.objects.create(finding=finding, scan_occurrence=place, **asked, **over)


def deleted(owner: User, **fields) -> tuple[Analysis, AnalysisOccurrence, dict]:
    """An analysis that was stopped with its results deleted; what had been stored before."""
    analysis, occurrence, [held] = running(owner, "http://shop.test/", **fields)
    found(held)
    judged(analysis, owner)
    before = stored()
    lifecycle.stop(analysis, owner, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    analysis.refresh_from_db()
    return analysis, occurrence, before


def told(analysis: Analysis, action: str) -> list[tuple[str, str]]:
    entries = Activity.objects.filter(analysis=analysis, action=action).order_by("pk")
    return list(entries.values_list("actor_name", "cause"))


def swept(over: Callable[[], bool]) -> None:
    """Let the sweep come by until something is so; each time it does something."""
    for _ in range(30):
        if over():
            return
        tasks.sweep()
    raise AssertionError("it does not come to an end")
