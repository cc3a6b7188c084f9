"""The findings as files."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from analyses.exports import cell
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, Finding, State
from tests.pages.test_results_filters import _many
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
FORMS = ["csv", "json", "sarif"]
HOSTILE = '=HYPERLINK("http://evil.test")</script><b>\u2028'
EVIDENCE = "Cookie: session=secret-of-somebody"
SCHEMA = json.loads((Path(__file__).parents[1] / "sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


@pytest.fixture
def analysis(alice):
    """Two runs: SQL stays and is a false positive, XSS is gone, the header is new."""
    analysis = an_analysis(alice, A, B, name='Shop: "Ümlaut"\r\n<b>')
    sql = replace(SQL, request=EVIDENCE, response=EVIDENCE, info="near ';'")
    run(analysis, alice, found(sql, XSS), found())
    run(analysis, alice, found(sql), found(HEADER))
    triage(analysis, [Finding.objects.get(parameter="id").pk], State.FALSE_POSITIVE, alice, "A test page.")
    return analysis


def fetch(client, analysis, form: str, **query):
    return client.get(f"/analyses/{analysis.pk}/results/export/{form}/", query)


def text(client, analysis, form: str, **query) -> str:
    return fetch(client, analysis, form, **query).getvalue().decode()


def rows(client, analysis, **query) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(client, analysis, "csv", **query).removeprefix("\ufeff"))))


def sarif(client, analysis, **query) -> dict:
    return json.loads(text(client, analysis, "sarif", **query))


def test_csv_has_a_line_for_each_finding(as_alice, analysis):
    first, second = rows(as_alice, analysis)
    assert (first["Category"], first["Severity"], first["State"]) == ("SQL Injection", "critical", "False positive")
    assert (first["Change"], first["CWE"], first["Host"], first["Path"]) == ("Still there", "CWE-89", "a.test", "/item")
    assert (first["Places"], first["First place"]) == ("1", "http://a.test/item?id=1")
    assert (first["First seen in run"], first["Last seen in run"]) == ("1", "2")
    assert (second["Category"], second["Change"]) == ("HTTP Secure Headers", "New")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", "\n", " =", "＝", "\u00a0@"])
def test_no_cell_is_a_formula(start):
    safe = cell(f"{start}1+1")
    assert safe.startswith("'")
    assert safe.replace("'", "") == f"{start}1+1"


def test_what_a_target_wrote_is_no_formula_in_the_file(as_alice, alice):
    hostile = replace(SQL, category=HOSTILE, parameter="@SUM(1)", module="-x", url=f"http://a.test/={HOSTILE}")
    analysis = an_analysis(alice)
    run(analysis, alice, found(hostile))
    [row] = rows(as_alice, analysis)
    assert (row["Category"], row["Parameter"], row["Found by"]) == (f"'{HOSTILE}", "'@SUM(1)", "'-x")
    for form in ("json", "sarif"):
        assert json.loads(text(as_alice, analysis, form))


def test_json_tells_what_it_is_and_all_of_each_finding(as_alice, analysis):
    exported = json.loads(text(as_alice, analysis, "json"))
    assert exported["analysis"]["name"] == analysis.name
    assert (exported["run"]["number"], exported["compared_with_run"], exported["count"]) == (2, 1, 2)
    first = exported["findings"][0]
    assert (first["category"], first["state"], first["change"]) == ("SQL Injection", "false_positive", "Still there")
    assert first["places"] == [{"url": "http://a.test/item?id=1", "info": "near ';'", "tested_again": "not_retested"}]
    assert first["references"][0] == {"name": "CWE-89", "link": "https://cwe.mitre.org/data/definitions/89.html"}


def test_sarif_has_what_the_standard_requires(as_alice, alice, analysis):
    run(analysis, alice, found(SQL), FAILED)
    for query in ({}, {"change": "gone"}, {"occurrence": "2"}, {"occurrence": "1"}, {"q": "nowhere"}):
        assert_is_sarif(sarif(as_alice, analysis, **query))


def assert_is_sarif(log: dict) -> None:
    """The schema of SARIF 2.1.0, and the rules of the standard that no schema holds (sections 3.13 to 3.52)."""
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert log["$schema"] == SCHEMA["id"]
    [only] = log["runs"]
    driver = only["tool"]["driver"]
    assert driver["name"] == "Vedette"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for result in only["results"]:
        assert result["ruleId"] in ids
        assert result["message"]["text"]
        assert result["locations"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert urlsplit(uri).scheme in ("http", "https")
            assert uri.isascii()
            assert not set(uri) & set(' "<>\\^`{|}')


@pytest.mark.parametrize(
    "spoil",
    [
        {"level": "fatal"},
        {"message": {}},
        {"baselineState": "gone"},
        {"suppressions": [{"kind": "none"}]},
        {"partialFingerprints": {"vedette/v1": 1}},
        {"unknown": True},
    ],
)
def test_what_is_no_sarif_is_refused(as_alice, analysis, spoil):
    log = sarif(as_alice, analysis)
    log["runs"][0]["results"][0].update(spoil)
    with pytest.raises(jsonschema.ValidationError):
        assert_is_sarif(log)


def test_sarif_says_what_is_dismissed_and_what_has_changed(as_alice, analysis):
    first, second = sarif(as_alice, analysis)["runs"][0]["results"]
    assert first["suppressions"][0]["justification"] == "False positive: A test page."
    assert (first["baselineState"], second["baselineState"]) == ("unchanged", "new")
    assert "suppressions" not in second
    [gone] = sarif(as_alice, analysis, change="gone")["runs"][0]["results"]
    assert gone["baselineState"] == "absent"


def test_sarif_gives_the_reason_of_the_judgement_and_not_what_was_said_later(as_alice, analysis, alice):
    triage(analysis, [Finding.objects.get(parameter="id").pk], State.FALSE_POSITIVE, alice, "Looked at it again.")
    first, _ = sarif(as_alice, analysis)["runs"][0]["results"]
    assert first["suppressions"][0]["justification"] == "False positive: A test page."


def test_sarif_names_the_run_that_it_compares_with_as_that_run_names_itself(as_alice, analysis):
    earlier, latest = (sarif(as_alice, analysis, occurrence=number)["runs"][0] for number in "12")
    assert latest["baselineGuid"] == earlier["automationDetails"]["guid"] != latest["automationDetails"]["guid"]
    assert "baselineGuid" not in earlier


def test_sarif_addresses_are_addresses_whatever_the_target_is_called(as_alice, alice):
    analysis = an_analysis(alice)
    run(analysis, alice, found(replace(SQL, url=f"http://a.test/ö ?q={HOSTILE}{{|}}^`\\")))
    assert_is_sarif(sarif(as_alice, analysis))


@pytest.mark.parametrize("form", FORMS)
def test_filters_of_the_page_are_those_of_the_file(as_alice, analysis, form):
    whole = text(as_alice, analysis, form)
    low = text(as_alice, analysis, form, severity="low")
    assert "a.test/item" in whole
    assert "a.test/item" not in low
    assert "b.test" in low
    assert "search" in text(as_alice, analysis, form, change="gone")


@pytest.mark.parametrize("form", FORMS)
def test_what_was_sent_and_answered_is_in_no_file(as_alice, analysis, form):
    assert "secret-of-somebody" not in text(as_alice, analysis, form)


@pytest.mark.parametrize("form", FORMS)
def test_it_is_a_download_with_a_plain_name_that_nobody_keeps(as_alice, analysis, form):
    answer = fetch(as_alice, analysis, form)
    assert answer["Content-Disposition"] == f'attachment; filename="shop-umlaut-b-run-2-findings.{form}"'
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    Analysis.objects.update(name="店")
    assert 'filename="analysis-run-2-findings.' in fetch(as_alice, analysis, form)["Content-Disposition"]


@pytest.mark.parametrize("path", [*(f"export/{form}/" for form in FORMS), "report/"])
def test_a_stranger_gets_404(as_charlie, analysis, path):
    assert as_charlie.get(f"/analyses/{analysis.pk}/results/{path}").status_code == 404


@pytest.mark.parametrize("path", ["export/csv/", "report/"])
def test_without_a_run_and_in_unknown_forms_there_is_nothing(as_alice, alice, analysis, path):
    draft = an_analysis(alice, name="Draft")
    assert as_alice.get(f"/analyses/{draft.pk}/results/{path}").status_code == 404
    assert as_alice.get(f"/analyses/{analysis.pk}/results/{path}", {"occurrence": 9}).status_code == 404
    assert fetch(as_alice, analysis, "exe").status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_many_findings_are_sent_piece_by_piece(as_alice, analysis, form, django_assert_max_num_queries):
    _many(analysis, range(1_200))
    answer = fetch(as_alice, analysis, form)
    assert answer.streaming
    with django_assert_max_num_queries(12):  # one more for each 500
        pieces = list(answer)
    assert len(pieces) > 1_000
    assert b"".join(pieces).decode().count("/page/") >= 1_200


def test_the_page_offers_them_with_its_own_filters(as_alice, analysis):
    page = as_alice.get(f"/analyses/{analysis.pk}/results/", {"severity": "low"}).content.decode()
    for path in (*(f"export/{form}/" for form in FORMS), "report/"):
        assert f'href="/analyses/{analysis.pk}/results/{path}?severity=low' in page
