"""What a page may cost with 10,000 analyses and a long log: queries and bytes. `make bench` has the times."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analyses import halt, lifecycle, presence
from analyses.engines.contract import CrawledPage
from analyses.models import Activity, Analysis, CrawledUrl
from tests.lifecycle.test_reviewing import held
from tests.scene import FLAW, many_analyses, running

MOST_QUERIES = 12
MORE_QUERIES = {"results": 18, "notifications": 14}  # compares runs; sums up a month of mails
MOST_ASSETS = 60  # kilobytes of scripts and style sheets, compressed, once: browsers keep them
ANALYSES = 10_000
ENTRIES = 10_000
PAGES = 2_000


@pytest.fixture
def much(db, alice) -> Analysis:
    """An analysis that runs, with a long log, among very many others."""
    many_analyses(alice, ANALYSES)
    held(alice, name="Waits for review")
    analysis, occurrence, [claim] = running(alice, name="Shop")
    lifecycle.record_found(claim, [FLAW])
    lifecycle.record_crawled(claim, [CrawledPage("GET", "http://shop.test/", 200)])
    now = timezone.now()
    Activity.objects.bulk_create(
        (
            Activity(analysis=analysis, occurrence=occurrence, action="Note", cause=f"Entry {number}", at=now)
            for number in range(ENTRIES)
        ),
        batch_size=2_000,
    )
    CrawledUrl.objects.bulk_create(
        (
            CrawledUrl(scan_occurrence_id=claim.scan_id, digest=str(number), method="GET", url=f"http://a/{number}")
            for number in range(PAGES)
        ),
        batch_size=2_000,
    )
    return analysis


# The page, and the most kilobytes it may have before it is compressed.
BUDGET = {
    "list": ("/", 160),
    "list, 100 rows": ("/?size=100", 520),
    "list, waiting for review": ("/?held=on", 160),
    "list, found": ("/?name=analysis&sort=-findings", 160),
    "list, last page": ("/?page=9999&sort=name", 160),
    "summary": ("/analyses/{pk}/", 70),
    "activity, further back": ("/analyses/{pk}/?before={middle}", 70),
    "details": ("/analyses/{pk}/scans/{scan}/", 60),
    "configuration": ("/analyses/{pk}/configuration/", 30),
    "configure": ("/analyses/new/", 60),
    "history": ("/analyses/{pk}/history/", 30),
    "results": ("/analyses/{pk}/results/", 40),
    "templates": ("/templates/", 20),
    "findings": ("/findings/", 40),
    "queue": ("/queue/", 20),
    "calendar": ("/calendar/", 40),
    "statuses": ("/statuses/", 70),
    "help": ("/help/", 60),
    "notifications": ("/notifications/", 60),
    "account": ("/account/", 60),
}


def test_every_page_keeps_to_its_budget(as_alice, much):
    """One after the other: what makes this test long is the rows, not the pages."""
    given = {
        "pk": much.pk,
        "middle": Activity.objects.order_by("pk")[ENTRIES // 2].pk,
        "scan": much.occurrences.get().scans.get().pk,
    }
    too_much = {}
    for name, (address, kilobytes) in BUDGET.items():
        presence.missing(), halt.switch()  # what all pages of a process remember for a few seconds
        with CaptureQueriesContext(connection) as asked:
            answer = as_alice.get(address.format(**given))
        assert answer.status_code == 200
        weight = len(answer.content) // 1024
        if len(asked) > MORE_QUERIES.get(name, MOST_QUERIES) or weight > kilobytes:
            too_much[name] = f"{len(asked)} queries, {weight} KiB"
    assert too_much == {}


def test_scripts_and_style_sheets_are_light(as_alice):
    page = as_alice.get("/").content.decode()
    names = set(re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', page))
    assert {"css/base.css", "js/app.js"} <= names
    together = sum(len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in names)
    assert together // 1024 <= MOST_ASSETS
