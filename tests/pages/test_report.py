"""The report to print."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses.lifecycle.triaging import triage
from analyses.models import AnalysisOccurrence, Finding, State
from tests.configure.pages import text_of
from tests.pages.test_results_filters import _many
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
HOSTILE = "</pre></script><b>\u2028"
ASKED = replace(SQL, request="GET /item?id=1%27", response="HTTP/1.1 500\n\nnear 'OR': syntax error")


@pytest.fixture
def analysis(alice):
    """Two runs: SQL stays and is a false positive, XSS is gone, the header is new."""
    analysis = an_analysis(alice, A, B, name='Shop: "Ümlaut"\r\n<b>')
    run(analysis, alice, found(ASKED, XSS), found())
    run(analysis, alice, found(ASKED), found(HEADER))
    triage(analysis, [Finding.objects.get(parameter="id").pk], State.FALSE_POSITIVE, alice, "A test page.")
    return analysis


def report_of(client, analysis, **query):
    return client.get(f"/analyses/{analysis.pk}/results/report/", query)


def test_it_tells_everything_a_reader_needs(as_alice, analysis):
    text = text_of(report_of(as_alice, analysis))
    for part in (
        "Run #2, Completed - Results Available",
        "Compared with run #1: 1 new, 1 still there, 1 gone, 0 not tested again.",
        "GET a.test/item in id",
        "False positive , first seen in run #1.",
        "CWE-89",
        "bound parameters",
        "http://a.test/item?id=1",
    ):
        assert part in text


def test_it_says_what_was_scanned_how_long_it_took_and_who_judged(as_alice, alice):
    analysis, sql = an_analysis(alice, A, B), replace(SQL, wstg=("WSTG-INPV-05",))
    run(analysis, alice, found(sql, XSS), found(HEADER))
    triage(analysis, [Finding.objects.get(parameter="id").pk], State.ACCEPTED, alice, "Behind a wall.")
    occurrence = run(analysis, alice, found(sql), FAILED)
    occurrence.scans.filter(url=A).update(pages=41)
    AnalysisOccurrence.objects.filter(pk=occurrence.pk).update(
        started_at=datetime(2026, 11, 24, 2, tzinfo=UTC), ended_at=datetime(2026, 11, 24, 4, 14, tzinfo=UTC)
    )
    text = text_of(report_of(as_alice, analysis))
    assert "What was scanned The run took 2 h 14 min. 2 targets." in text
    assert f"{A} The address and everything below it 41 Complete {B}" in text
    assert "0 Connection Error: The name does not exist" in text
    assert "Judged Accepted risk by alice, " in text
    assert ": Behind a wall." in text
    assert "WSTG-INPV-05" in text
    assert f"Of run #1, these scans were not repeated to their end in the same way: {B} ." in text
    assert "1 gone, 1 not tested again" in text


def test_of_very_many_targets_the_first_are_listed(as_alice, analysis, monkeypatch):
    monkeypatch.setattr("analyses.report.MOST_SCANS", 1)
    assert "1 more is listed under Scan Details." in text_of(report_of(as_alice, analysis))


def test_it_says_that_it_is_narrowed(as_alice, analysis):
    text = text_of(report_of(as_alice, analysis, severity="low", q="b.test"))
    assert "This report is narrowed: severity “Low”, text “b.test”." in text
    assert "SQL Injection" not in text
    assert "Critical 0 High 0 Medium 0 Low 1 Info 0 All 1" in text


def test_it_is_bounded_and_says_what_is_left_out(as_alice, analysis, monkeypatch):
    monkeypatch.setattr("analyses.report.MOST_PRINTED", 1)
    assert "1 more finding is not in this report." in text_of(report_of(as_alice, analysis))


def test_what_a_target_wrote_is_text(as_alice, alice):
    analysis = an_analysis(alice)
    written = dict.fromkeys(("category", "info", "parameter", "request", "response"), HOSTILE)
    run(analysis, alice, found(replace(SQL, **written)))
    page = report_of(as_alice, analysis).content.decode()
    assert "</script><b>" not in page
    assert page.count("&lt;/pre&gt;&lt;/script&gt;&lt;b&gt;") >= len(written)


def test_it_begins_with_what_it_comes_to(as_alice, analysis):
    page = report_of(as_alice, analysis)
    text = text_of(page)
    assert "In short Critical 1 High 0 Medium 0 Low 1 Info 0 All 2 By state: 1 Open, 1 False positive." in text
    assert "Severity Category Findings To triage Critical SQL Injection 1 0 Low HTTP Secure Headers 1 1" in text
    sql = Finding.objects.get(parameter="id")
    assert f'<a href="#finding-{sql.pk}">SQL Injection</a>' in page.content.decode()
    assert text.index("In short") < text.index("What was scanned") < text.index("GET a.test/item")


def test_it_draws_the_runs_before_with_their_numbers(as_alice, analysis):
    page = report_of(as_alice, analysis).content.decode()
    assert '<svg class="trend__picture"' in page
    assert '<details class="trend__numbers" open>' in page
    assert "trend__picture" not in report_of(as_alice, analysis, occurrence="1").content.decode()


def test_each_finding_has_what_was_sent_and_answered(as_alice, analysis):
    text = text_of(report_of(as_alice, analysis))
    assert "Request GET /item?id=1%27 Response HTTP/1.1 500 near 'OR': syntax error In Vedette:" in text


def test_a_report_for_others_has_it_not_and_each_leads_to_the_other(as_alice, analysis):
    page = report_of(as_alice, analysis, evidence="none", severity="critical").content.decode()
    assert "syntax error" not in page
    assert 'href="?evidence=&amp;severity=critical">With requests and responses</a>' in page
    page = report_of(as_alice, analysis, severity="critical").content.decode()
    assert 'href="?severity=critical&amp;evidence=none">Without requests and responses</a>' in page


def test_what_is_long_is_cut_and_says_so(as_alice, analysis, monkeypatch):
    monkeypatch.setattr("analyses.report.LONGEST_PART", 12)
    text = text_of(report_of(as_alice, analysis))
    assert f"Response HTTP/1.1 500 The first 12 of {len(ASKED.response)} characters." in text
    assert "syntax error" not in text


def test_where_there_is_no_room_the_worst_have_their_evidence_and_the_others_say_where_it_is(
    as_alice, alice, monkeypatch
):
    analysis = an_analysis(alice, A, B)
    run(analysis, alice, found(ASKED, replace(XSS, request="GET /search", response="<p>")), found(HEADER))
    monkeypatch.setattr("analyses.report.MOST_EVIDENCE", len(ASKED.request + ASKED.response))
    text = text_of(report_of(as_alice, analysis))
    assert "syntax error" in text
    assert "GET /search" not in text
    assert "The request and the response of the last finding are left out" in text


def test_however_many_findings_make_a_page_of_bounded_size_in_as_many_queries(as_alice, analysis, monkeypatch):
    monkeypatch.setattr("analyses.report.MOST_PRINTED", 50)
    asked = []
    for numbers in (range(30), range(30, 1_000)):
        _many(analysis, numbers)
        with CaptureQueriesContext(connection) as queries:
            page = report_of(as_alice, analysis)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert len(page.content) < 150_000
    assert "952 more findings are not in this report." in text_of(page)
    for form in ("csv", "json", "sarif"):
        assert f'href="/analyses/{analysis.pk}/results/export/{form}/' in page.content.decode()
