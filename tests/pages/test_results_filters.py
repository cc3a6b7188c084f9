"""Narrowing the findings of a run: all of it in the address, and quick however many there are."""

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses.engines.contract import Severity
from analyses.lifecycle.triaging import triage
from analyses.models import Finding, FindingInstance, State
from tests.configure.pages import text_of
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
OTHER_SQL = replace(SQL, url="http://b.test/item?id=1", parameter="sort")


@pytest.fixture
def analysis(alice):
    """Two runs. SQL stays, XSS is gone, the header and the other SQL are new."""
    analysis = an_analysis(alice, A, B)
    run(analysis, alice, found(SQL, XSS), found())
    run(analysis, alice, found(SQL), found(HEADER, OTHER_SQL))
    return analysis


def page(client, analysis, headers=None, **query):
    return client.get(f"/analyses/{analysis.pk}/results/", query, headers=headers)


def shown(response) -> list[tuple[str, str]]:
    """Host and category of each finding on the page."""
    return [(finding.host, finding.category.split()[0]) for finding, *_ in response.context["findings"]]


SQL_A, SQL_B, XSS_A, HEADER_B = ("a.test", "SQL"), ("b.test", "SQL"), ("a.test", "Reflected"), ("b.test", "HTTP")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [SQL_A, SQL_B, HEADER_B]),
        ({"severity": "low"}, [HEADER_B]),
        ({"change": "new"}, [SQL_B, HEADER_B]),
        ({"change": "still"}, [SQL_A]),
        ({"change": "gone"}, [XSS_A]),
        ({"change": "untested"}, []),
        ({"host": "b.test"}, [SQL_B, HEADER_B]),
        ({"category": "SQL Injection"}, [SQL_A, SQL_B]),
        ({"category": "SQL Injection", "change": "new"}, [SQL_B]),
        ({"q": "sort"}, [SQL_B]),
        ({"q": "ITEM b.test"}, [SQL_B]),
        ({"q": "100%"}, []),
        ({"q": "\0"}, [SQL_A, SQL_B, HEADER_B]),
        ({"state": "to-triage"}, [SQL_A, SQL_B, HEADER_B]),
        ({"state": "fixed"}, []),
        ({"severity": "worst", "change": "odd", "page": "x"}, [SQL_A, SQL_B, HEADER_B]),
        ({"occurrence": "1"}, [SQL_A, XSS_A]),
    ],
)
def test_what_is_asked_for_is_shown(as_alice, analysis, query, expected):
    assert shown(page(as_alice, analysis, **query)) == expected


def test_one_scan(as_alice, analysis):
    second = analysis.occurrences.get(number=2).scans.get(url=B)
    assert shown(page(as_alice, analysis, scan=second.pk)) == [SQL_B, HEADER_B]


def test_by_state_and_what_is_left_to_triage(as_alice, alice, analysis):
    triage(analysis, [Finding.objects.get(parameter="sort").pk], State.CONFIRMED, alice)
    assert shown(page(as_alice, analysis, state="confirmed")) == [SQL_B]
    assert shown(page(as_alice, analysis, state="to-triage")) == [SQL_A, HEADER_B]
    text = text_of(page(as_alice, analysis))
    assert "To triage 2 Open 2 Confirmed 1" in text
    assert "1 triaged" in text


def test_the_numbers_beside_a_filter_are_what_it_would_show(as_alice, analysis):
    for query in ({}, {"severity": "critical"}, {"change": "new"}, {"host": "b.test"}, {"q": "item"}):
        response = page(as_alice, analysis, **query)
        facets = response.context["shown"]
        assert facets.count == len(shown(response))
        for word, number in facets.severities:
            assert len(shown(page(as_alice, analysis, **query | {"severity": word}))) == number
        for word, _, number in facets.changes:
            assert len(shown(page(as_alice, analysis, **query | {"change": word}))) == number
        for word, _, number in facets.states:
            assert len(shown(page(as_alice, analysis, **query | {"state": word}))) == number


def test_links_keep_what_else_was_asked_for(as_alice, analysis):
    text = page(as_alice, analysis, host="b.test", severity="low").content.decode()
    assert "?host=b.test&amp;severity=low&amp;change=new" in text
    assert '<option translate="no" selected>b.test</option>' in text


def test_what_is_gone_is_shown_where_the_run_before_saw_it(as_alice, analysis):
    assert "http://a.test/search?q=1" in text_of(page(as_alice, analysis, change="gone"))


def test_the_first_run_is_compared_with_nothing(as_alice, analysis):
    text = text_of(page(as_alice, analysis, occurrence=1))
    assert "Compared with" not in text
    assert "New" not in text


def test_a_partial_run_says_that_nothing_is_gone_by_it(as_alice, alice, analysis):
    run(analysis, alice, found(SQL), FAILED)
    text = text_of(page(as_alice, analysis))
    assert "Not tested again 2" in text
    assert "Gone 0" in text
    assert "Of run #2, these scans were not repeated to their end in the same way: http://b.test/ ." in text
    assert "Gone 0" in text
    assert shown(page(as_alice, analysis, change="untested")) == [SQL_B, HEADER_B]


def test_a_run_that_found_nothing_leads_to_what_is_gone(as_alice, alice, analysis):
    run(analysis, alice, found(), found())
    text = text_of(page(as_alice, analysis))
    assert "Gone 3" in text
    assert "This run found nothing." in text


def test_nothing_fits(as_alice, analysis):
    assert "no finding like that" in text_of(page(as_alice, analysis, q="nowhere"))


def test_a_single_finding_is_shown_whatever_became_of_it(as_alice, analysis):
    gone = Finding.objects.get(category=XSS.category)
    response = page(as_alice, analysis, finding=gone.pk)
    assert shown(response) == [XSS_A]
    assert "All findings of this run" in text_of(response)


def _many(analysis, numbers: range) -> None:
    """Findings in two places each, in both runs."""
    flaws = [
        Finding(
            analysis=analysis, fingerprint=f"f{n}", category=f"Flaw {n % 40}", severity=list(Severity)[n % 5],
            severity_rank=n % 5, method="GET", host=f"{n % 30}.test", path=f"/page/{n}",
        )
        for n in numbers
    ]  # fmt: skip
    Finding.objects.bulk_create(flaws, batch_size=500)
    scans = [scan for occurrence in analysis.occurrences.all() for scan in occurrence.scans.all()]
    FindingInstance.objects.bulk_create(
        [
            FindingInstance(
                finding=flaw, scan_occurrence=scan, digest=f"{flaw.fingerprint}", url=f"http://{flaw.host}/"
            )
            for flaw in flaws
            for scan in scans
        ],
        batch_size=500,
    )


def test_five_hundred_findings_cost_as_many_queries_as_thirty_and_little_to_send(as_alice, analysis):
    asked = []
    for numbers in (range(30), range(30, 500)):
        _many(analysis, numbers)
        for narrowed in ({"q": "page", "severity": "high"}, {}):
            with CaptureQueriesContext(connection) as queries:
                response = page(as_alice, analysis, headers={"accept-encoding": "gzip"}, **narrowed)
            asked.append(len(queries))
            assert len(shown(response)) > 5
    assert asked[:2] == asked[2:]
    assert max(asked) <= 22
    assert response.context["page"].paginator.count == 503
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.content) < 12 * 1024


def test_five_thousand_findings_are_paged(as_alice, analysis, django_assert_max_num_queries):
    _many(analysis, range(5_000))
    with django_assert_max_num_queries(22):
        response = page(as_alice, analysis, page=200)
    assert response.context["page"].start_index() == 4_976
    assert response.context["page"].paginator.count == 5_003
    assert len(shown(response)) == 25


def test_what_is_gone_and_what_was_not_tested_are_told_apart_by_the_scans_they_are_of(as_alice, alice):
    """A note that nothing is gone would contradict the number beside it."""
    analysis = an_analysis(alice, A, B)
    run(analysis, alice, found(SQL, XSS), found(HEADER))
    run(analysis, alice, found(), FAILED)
    text = text_of(page(as_alice, analysis))
    assert "Gone 2" in text
    assert "Not tested again 1" in text
    assert "in the same way: http://b.test/ . What they had found and this run has not is “Not tested again”." in text


def test_of_many_scans_that_were_not_repeated_the_first_are_named(as_alice, alice):
    analysis = an_analysis(alice, *[f"http://host{number}.test/" for number in range(8)])
    run(analysis, alice, *[found(replace(SQL, url=f"http://host{number}.test/")) for number in range(8)])
    run(analysis, alice, found(), *[FAILED] * 7)
    assert "http://host5.test/ and 2 more." in text_of(page(as_alice, analysis))


def test_findings_are_grouped_by_severity_and_category(as_alice, alice):
    analysis = an_analysis(alice, A)
    run(analysis, alice, found(SQL, replace(SQL, parameter="sort"), XSS))
    groups = re.findall(r'<h3 class="finding-group">(.*?)</h3>', page(as_alice, analysis).content.decode())
    assert [" ".join(re.sub("<[^>]*>", "", group).split()) for group in groups] == [
        "Critical SQL Injection 2",
        f"Medium {XSS.category} 1",
    ]
    rows = re.findall(
        r'<summary class="finding__summ.*?</summary>', page(as_alice, analysis).content.decode(), re.DOTALL
    )
    assert not [row for row in rows if "Injection" in row or "Critical" in row]  # said once, above them
    one = page(as_alice, analysis, finding=Finding.objects.filter(parameter="sort").get().pk)
    assert "finding-group" not in one.content.decode()
    assert "Critical SQL Injection GET a.test /item in sort" in text_of(one)


def test_a_group_tells_how_many_there_are_on_all_pages(as_alice, alice):
    analysis = an_analysis(alice, A)
    run(analysis, alice, found(*[replace(SQL, parameter=f"p{number}") for number in range(30)], XSS))
    for query in ({}, {"page": "2"}):
        assert "Critical SQL Injection 30 " in text_of(page(as_alice, analysis, **query))
