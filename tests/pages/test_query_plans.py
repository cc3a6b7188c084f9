"""What pages ask of large tables goes through indexes, none of which is missing. `make bench` has the times."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import CrawledPage
from analyses.models import Activity, Analysis, CrawledUrl
from tests.scene import many_analyses, running

ANALYSES = 1_000
ENTRIES = 12_000
OURS = 400
# How both databases say it: SQLite of a table or of an index from end to end, PostgreSQL of a table.
READS_ALL = r"\bSCAN {table}\b(?! USING)|Seq Scan on {table}\b"
SORTS = r"TEMP B-TREE FOR ORDER BY|Sort Key"


@pytest.fixture
def among_many(db, alice) -> Analysis:
    """An analysis that runs; most analyses, most entries of the log and most crawled URLs are of others."""
    many_analyses(alice, ANALYSES)
    analysis, _, [claim] = running(alice, name="Shop")
    other, _, [others_claim] = running(alice, name="Mill")
    now = timezone.now()
    Activity.objects.bulk_create(
        (
            Activity(
                analysis=analysis if number % (ENTRIES // OURS) == 0 else other,
                action="Note",
                cause=f"{number}",
                at=now,
            )
            for number in range(ENTRIES)
        ),
        batch_size=2_000,
    )
    lifecycle.record_crawled(claim, [CrawledPage("GET", "http://shop.test/", 200)])
    CrawledUrl.objects.bulk_create(
        CrawledUrl(scan_occurrence_id=others_claim.scan_id, digest=str(number), method="GET", url=f"http://a/{number}")
        for number in range(ENTRIES)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return analysis


def plan_of(sql: str) -> str:
    """How the database goes about a query."""
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def plans(client, address: str, table: str) -> list[str]:
    """Of each query of a page that reads the table first."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    found = [query["sql"] for query in asked if re.match(rf'SELECT\b.* FROM "{table}"', query["sql"], re.DOTALL)]
    assert found
    return [plan_of(sql) for sql in found]


def test_the_log_is_read_by_its_index_in_its_order(as_alice, among_many):
    middle = Activity.objects.filter(analysis=among_many).order_by("pk")[OURS // 2].pk
    for more in ("", f"?before={middle}"):
        found = plans(as_alice, f"/analyses/{among_many.pk}/{more}", "analyses_activity")
        (entries,) = [plan for plan in found if "activity_of_analysis" in plan]
        assert not re.search(SORTS, entries), entries


def test_no_page_of_an_analysis_reads_a_table_from_end_to_end(as_alice, among_many):
    number = among_many.occurrences.get().scans.get().pk
    scan = f"scans/{number}/"
    asked = {
        "analyses_activity": ["", f"?scan={number}", "?kind=notices"],
        "analyses_crawledurl": [scan, f"{scan}?url=shop", f"{scan}?response=4xx"],
        "analyses_analysis": ["", scan],
    }
    wrong = {
        address: plan
        for table, addresses in asked.items()
        for address in addresses
        for plan in plans(as_alice, f"/analyses/{among_many.pk}/{address}", table)
        if re.search(READS_ALL.format(table=table), plan)
    }
    assert wrong == {}


def test_such_plans_would_be_seen(db):
    """That these are the words of the database."""
    plan = plan_of("SELECT action FROM analyses_activity ORDER BY action")
    assert re.search(READS_ALL.format(table="analyses_activity"), plan)
    assert re.search(SORTS, plan)
