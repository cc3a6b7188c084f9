"""Rows to measure pages with: many analyses, long logs, and a scan under way that has crawled much."""

from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, FoundFlaw, Severity
from analyses.models import Activity, Analysis, Scan, ScanOccurrence
from analyses.prescan.contract import Outcome, PrescanResult, Step
from analyses.statuses import ANALYSIS_LIVE, AnalysisStatus

FEW = 25  # are a team member's own
CRAWLED = 2_000
AT_ONCE = 2_000
SITE = "https://shop.example.com/"


def grow_to(size: int, owner: User, member: User) -> None:
    """Add analyses of every status until there are `size` of them; of every hundred beyond the first, one is live."""
    now, present = timezone.now(), Analysis.objects.count()
    every = AnalysisStatus.values
    ended = [status for status in every if status not in ANALYSIS_LIVE]
    live = [status for status in every if status in ANALYSIS_LIVE]

    def status(number: int) -> str:
        if number < len(every):
            return every[number]
        return live[number // 100 % len(live)] if number % 100 == 0 else ended[number % len(ended)]

    Analysis.objects.bulk_create(
        (
            Analysis(
                name=f"Shop {number:06}",
                owner=owner if number >= FEW else member,
                status=status(number),
                started_at=now - timedelta(hours=number),
                ended_at=now - timedelta(hours=number),
                scan_count=number % 9,
                high_count=number % 5,
            )
            for number in range(present, size)
        ),
        batch_size=AT_ONCE,
    )
    look_at_tables()


def look_at_tables() -> None:
    """What a database does now and then by itself."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def busy_log(size: int) -> tuple[int, int]:
    """The number of an analysis whose log has as many entries as there are analyses, and that of one in its middle."""
    busy, log = Analysis.objects.order_by("pk")[0], Activity.objects.order_by("pk")
    now = timezone.now()
    entries = (Activity(analysis=busy, action="Note", cause=f"{n}", at=now) for n in range(log.count(), size))
    Activity.objects.bulk_create(entries, batch_size=AT_ONCE)
    return busy.pk, log[size // 2].pk


def spread_log(entries: int, of_one: int, one: ScanOccurrence) -> None:
    """Write entries of all analyses in turn; `of_one` of them, in between, are about one scan."""
    analyses, now, every = list(Analysis.objects.values_list("pk", flat=True)), timezone.now(), entries // of_one
    run = one.occurrence

    def written() -> Iterator[Activity]:
        for number in range(entries):
            about = {"analysis_id": analyses[number % len(analyses)]}
            if number % every == 0:
                about = {"analysis_id": run.analysis_id, "occurrence_id": run.pk, "scan_occurrence_id": one.pk}
            yield Activity(**about, action="Progress", cause=f"Entry {number}", target=SITE, at=now)

    Activity.objects.bulk_create(written(), batch_size=AT_ONCE)
    look_at_tables()


def scan_under_way(owner: User) -> ScanOccurrence:
    """A scan that runs, with pages that it has crawled and a finding."""
    analysis = Analysis.objects.create(name="Under way", owner=owner)
    Scan.objects.create(analysis=analysis, url=SITE)
    run = lifecycle.submit(analysis, owner)
    claimed, scan = lifecycle.begin_prescan(run.pk), run.scans.get()
    assert claimed is not None  # noqa: S101 - nobody else works on this database
    lifecycle.record_prescan(claimed, scan, PrescanResult(steps=(Step("Connection", Outcome.PASSED),)))
    lifecycle.finish_prescan(claimed)
    held = lifecycle.claim(scan.pk)
    assert held is not None  # noqa: S101 - every slot is free
    lifecycle.started(held)
    lifecycle.record_crawled(held, [CrawledPage("GET", f"{SITE}{number}", 200) for number in range(CRAWLED)])
    lifecycle.record_found(held, [FoundFlaw("SQL Injection", Severity.CRITICAL, "GET", f"{SITE}?id=1", "id", "sql")])
    return scan
