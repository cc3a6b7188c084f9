"""What the pages of an analysis cost with a thousand scans: no query more than with one, and little to load.

The summary takes one more: its numbers are of all scans, and it shows a hundred of them.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses import lifecycle
from analyses.models import Analysis, Scan
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
MOST_WEIGHT = 300_000  # bytes, compressed as a browser gets them
PAGES = ["", "scans/{scan}/", "results/", "history/", "configuration/"]


@pytest.fixture
def thousand(alice) -> Analysis:
    """One that has been submitted."""
    analysis = Analysis.objects.create(name="Big", owner=alice, engine="scripted", scan_count=1000)
    Scan.objects.bulk_create(
        Scan(analysis=analysis, position=n, url=f"https://h{n}.example.test/a/path/{n}?q={n}") for n in range(1000)
    )
    lifecycle.submit(analysis, alice)
    return analysis


@pytest.fixture
def one(alice) -> Analysis:
    analysis = an_analysis(alice, name="Small")
    lifecycle.submit(analysis, alice)
    return analysis


def test_they_take_as_many_queries_as_with_one_and_are_light(as_alice, thousand, one):
    as_alice.get("/")  # what all pages remember for a moment is asked for here
    too_much = {}
    for page in PAGES:
        counted = []
        for analysis in (one, thousand):
            scan = analysis.occurrences.get().scans.last()
            address = f"/analyses/{analysis.pk}/{page.format(scan=scan.pk)}"
            with CaptureQueriesContext(connection) as queries:
                answer = as_alice.get(address, headers={"Accept-Encoding": "gzip"})
            assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip"), address
            counted.append(len(queries))
        weight = len(answer.content)
        if counted[1] - counted[0] not in (0, page == "") or weight > MOST_WEIGHT:
            too_much[page] = f"{counted} queries, {weight} bytes"
    assert too_much == {}
