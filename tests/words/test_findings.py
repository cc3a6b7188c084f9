"""Findings in the reader's language: in whatever state they are shown, nothing of ours is in English.

What is kept of them and what programs read is the same for everybody: the log, and the files.
"""

import re
from dataclasses import replace
from itertools import product

import pytest
from django.test import Client

from analyses import lifecycle
from analyses.engines.contract import Severity
from analyses.lifecycle.comparison import Change
from analyses.models import Activity, AllowedTarget, Analysis, AuthHealth, Finding, Retest, RetestOutcome, Scan, State
from analyses.moves import Ending
from analyses.remediation import REMEDIES, UNKNOWN
from tests.results.runs import FAILED, HEADER, SQL, XSS, B, found, run
from tests.scene import an_analysis, running
from tests.words.pseudo import spoken, untranslated
from tests.words.test_pages import NAMES

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FORMS = ("csv", "json", "sarif")


@pytest.fixture
def analysis(root):
    """Four runs, of which the picture says something each: a partial one, a signed-out one, one of other targets."""
    analysis = an_analysis(root, "http://a.test/", B)
    run(analysis, root, found(SQL, XSS), found(HEADER))
    run(analysis, root, found(SQL), FAILED)
    run(analysis, root, replace(found(SQL), sign_in=AuthHealth.LOST), found(HEADER))
    Scan.objects.create(analysis=analysis, url="http://c.test/", position=2)
    new = [replace(SQL, parameter=f"at{number}") for number in range(2)]
    run(analysis, root, found(replace(SQL, request="GET /item", response="An error"), *new), found(HEADER), found())
    return analysis


@pytest.fixture
def left(as_root):
    """What an address answers in English."""

    def left(address: str, sent: dict | None = None, **asked: str) -> list[str]:
        as_root.cookies["django_language"] = "de"
        with spoken():
            answer = as_root.get(address, asked) if sent is None else as_root.post(address, sent)
        assert answer.status_code == 200, address
        return untranslated(answer.content.decode(), NAMES, set(Analysis.objects.values_list("name", flat=True)))

    return left


@pytest.fixture
def results(analysis) -> str:
    return f"/analyses/{analysis.pk}/results/"


@pytest.mark.parametrize("below", ["", "report/"])
def test_narrowed_results(left, results, below):
    for asked in (
        {},
        {"severity": "low"},
        {"state": "to-triage", "q": "nothing like that"},
        {"category": HEADER.category, "host": "b.test"},
        *({"change": change} for change in Change.values),
        *({"occurrence": number} for number in "123"),
    ):
        assert left(results + below, **asked) == [], asked


def test_every_state(left, results, analysis):
    one = Finding.objects.filter(analysis=analysis)[0]
    for state in State.values:
        Finding.objects.filter(analysis=analysis).update(state=state)
        assert left(results, finding=str(one.pk)) == left(f"{results}report/") == [], state
        assert left("/findings/", state=state) == [], state


def test_every_severity(left, results, analysis):
    for rank, severity in enumerate(Severity):
        Finding.objects.filter(analysis=analysis).update(severity=severity.value, severity_rank=rank)
        assert left(results) == left(f"{results}report/") == [], severity
        assert left("/findings/", severity=severity.value) == [], severity


def test_every_remedy():
    with spoken():
        for remedy in (UNKNOWN, *REMEDIES.values()):
            assert untranslated(f"{remedy.risk} {remedy.advice}") == []


def test_testing_again(left, results, root, analysis):
    one = Finding.objects.filter(analysis=analysis, category=SQL.category).earliest("pk")

    def shown() -> list[str]:
        return left(results, finding=str(one.pk))

    for outcome, cause in product(RetestOutcome, ("", "It was away.")):
        retest = lifecycle.ask_to_retest(one, one.instances.latest("pk").scan_occurrence, root)
        assert shown() == []
        lifecycle.begin_retest(retest.pk)
        assert shown() == []
        lifecycle.end_retest(retest.pk, outcome, cause)
        assert shown() == [], (outcome, cause)


def test_why_it_cannot_be_tested_again(left, results, analysis):
    one = Finding.objects.filter(analysis=analysis)[0]
    Finding.objects.filter(pk=one.pk).update(module="")
    assert left(results, finding=str(one.pk)) == []
    AllowedTarget.objects.all().delete()
    Finding.objects.filter(pk=one.pk).update(module="sql")
    assert left(results, finding=str(one.pk)) == []


def test_what_is_wrong_with_a_judgement(left, results, analysis):
    one = {"finding": str(Finding.objects.filter(analysis=analysis)[0].pk)}
    reasonless, long = {"state": "accepted"}, {"state": "fixed", "comment": "1" * 3_000}
    for sent in ({}, reasonless, long, {"state": "no-state", **one}, {**reasonless, **one}, {**long, **one}):
        assert left(results, sent) == [], sent


def test_findings_of_all_analyses(left, analysis):
    for asked in ({}, {"q": "nothing like that"}, {"severity": "no-severity"}, {"state": "any"}):
        assert left("/findings/", **asked) == []
    Finding.objects.update(state=State.ACCEPTED)
    assert left("/findings/") == []


def test_results_of_what_has_not_run_is_running_or_found_nothing(left, root):
    nothing = an_analysis(root, name="Draft")
    assert left(f"/analyses/{nothing.pk}/results/") == []
    run(nothing, root, found())
    assert left(f"/analyses/{nothing.pk}/results/") == []
    under_way, _, claims = running(root, name="Running", hold_results=True)
    address = f"/analyses/{under_way.pk}/results/"
    assert left(address) == []
    for claim in claims:
        lifecycle.record_found(claim, [SQL])
    assert left(address) == []
    for claim in claims:
        lifecycle.end_run(claim, Ending.COMPLETED)
        lifecycle.publish(claim)
    assert left(address) == []  # verified, and held for a reviewer


def judge(client: Client, analysis, **sent: str) -> str:
    """What is said of it."""
    answer = client.post(f"/analyses/{analysis.pk}/results/", sent, follow=True)
    return next(str(message) for message in answer.context["messages"])


def test_the_log_is_in_english_whoever_judges(as_root, root, analysis):
    one = Finding.objects.filter(analysis=analysis)[0]
    as_root.cookies["django_language"] = "de"
    with spoken():
        assert judge(as_root, analysis, state="confirmed", finding=str(one.pk)) == "⟦1 finding: ⟦Confirmed⟧.⟧"
        assert judge(as_root, analysis, state="confirmed", finding=str(one.pk)).startswith("⟦Nothing has changed")
        retest = lifecycle.ask_to_retest(one, one.instances.latest("pk").scan_occurrence, root)
        lifecycle.end_retest(retest.pk, RetestOutcome.GONE)
    assert Retest.objects.get().outcome == "gone"
    causes = list(Activity.objects.filter(analysis=analysis).order_by("-pk").values_list("cause", flat=True)[:3])
    assert causes[0].endswith(": Not there any more.")
    assert causes[2].endswith(": Confirmed.")
    assert "⟦" not in "".join(causes)


@pytest.mark.parametrize("form", FORMS)
def test_files_are_the_same_in_every_language(as_root, results, form):
    def file() -> str:
        content = b"".join(as_root.get(f"{results}export/{form}/").streaming_content).decode()
        return re.sub(r'"exported_at": "[^"]*"', "", content)

    english = file()
    assert "bound parameters" in english
    as_root.cookies["django_language"] = "de"
    with spoken():
        assert file() == english
