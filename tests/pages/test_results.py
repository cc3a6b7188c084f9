"""The results page."""

from dataclasses import replace

import pytest

from analyses import lifecycle
from analyses.engines.contract import Severity
from tests.scene import FLAW, an_analysis, published, running

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert('from the target')</script>"


def page(client, analysis, **query) -> str:
    return client.get(f"/analyses/{analysis.pk}/results/", query).content.decode()


def test_it_lists_findings_with_evidence_advice_and_the_outcome_of_verification(as_alice, alice):
    flaw = replace(FLAW, request="GET /item?id=1' HTTP/1.1", response="syntax error near", info="SQL error")
    text = page(as_alice, published(alice, flaws=(flaw,)))
    for part in (
        "SQL Injection",
        "/item",
        "id",
        "GET /item?id=1",
        "syntax error near",
        "bound parameters",
        "Could not be",
        "CWE-89",
        "OWASP A03:2021 Injection",
    ):
        assert part in text


def test_evidence_of_the_target_is_text_and_nothing_else(as_alice, alice):
    flaw = replace(
        FLAW, request=HOSTILE, response=HOSTILE, info=HOSTILE, parameter=HOSTILE, url=f"http://x.test/{HOSTILE}"
    )
    text = page(as_alice, published(alice, flaws=(flaw,)))
    assert HOSTILE not in text
    assert "from the target" in text


def test_a_request_is_there_as_a_command_and_what_was_hidden_of_it_is_said(as_alice, alice):
    flaw = replace(FLAW, request="GET /item?id=1' HTTP/1.1\nHost: shop.test\nCookie: a=•••", response="syntax error")
    text = page(as_alice, published(alice, flaws=(flaw,)))
    assert "curl --include --globoff --path-as-is --request GET &#x27;http://shop.test/item?id=1" in text
    assert "Where it says •••, a secret was left out" in text


def test_where_a_request_is_not_known_there_is_no_command(as_alice, alice):
    text = page(as_alice, published(alice, flaws=(replace(FLAW, request="", response="syntax error"),)))
    assert "syntax error" in text
    assert "curl" not in text


def test_the_worst_come_first_and_one_severity_can_be_chosen(as_alice, alice):
    low = replace(FLAW, category="HTTP Secure Headers", severity=Severity.LOW)
    analysis = published(alice, flaws=(low, FLAW))
    found = as_alice.get(f"/analyses/{analysis.pk}/results/").context["findings"]
    assert [finding.category for finding, *_ in found] == ["SQL Injection", "HTTP Secure Headers"]
    found = as_alice.get(f"/analyses/{analysis.pk}/results/", {"severity": "low"}).context["findings"]
    assert [finding.category for finding, *_ in found] == ["HTTP Secure Headers"]


def test_without_results_it_says_what_is_missing(as_alice, alice):
    assert "results" in page(as_alice, an_analysis(alice)).lower()
    analysis, _, _ = running(alice, name="Running")
    assert as_alice.get(f"/analyses/{analysis.pk}/results/").status_code == 200


@pytest.mark.parametrize("number", [2, 60])
def test_the_number_of_queries_does_not_grow_with_the_findings(as_alice, alice, number, django_assert_max_num_queries):
    flaws = tuple(replace(FLAW, url=f"http://shop.test/page{n}") for n in range(number))
    analysis = published(alice, flaws=flaws)
    with django_assert_max_num_queries(18):
        page(as_alice, analysis)


def test_whoever_reads_a_further_page_while_the_run_goes_on_is_not_refreshed(as_alice, alice):
    analysis, _, [held] = running(alice)
    lifecycle.record_found(held, [replace(FLAW, url=f"http://shop.test/{number}") for number in range(30)])
    assert 'hx-trigger="every 5s"' in page(as_alice, analysis)
    assert 'hx-trigger="every 5s"' not in page(as_alice, analysis, page=2)
