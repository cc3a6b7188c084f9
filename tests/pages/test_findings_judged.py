"""Judging findings of several analyses at once, on the page that lists them all."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analyses.forms import triage as forms
from analyses.models import Activity, Finding, Judgement, State
from tests.configure.pages import text_of
from tests.results.runs import HEADER, SQL, XSS, found, run
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
PAGE = "/findings/"


@pytest.fixture
def shop(alice):
    analysis = an_analysis(alice, name="Shop")
    run(analysis, alice, found(SQL, XSS))
    return analysis


@pytest.fixture
def mill(alice):
    analysis = an_analysis(alice, name="Mill")
    run(analysis, alice, found(HEADER))
    return analysis


def judge(client, *findings: int, query: str = "", **sent):
    return client.post(f"{PAGE}{query}", {"finding": findings, "state": "confirmed", **sent}, follow=True)


def every() -> list[int]:
    return list(Finding.objects.order_by("pk").values_list("pk", flat=True))


def states() -> dict[str, str]:
    return dict(Finding.objects.values_list("category", "state"))


def test_findings_of_several_analyses_are_judged_with_one_comment(as_alice, shop, mill, breaches):
    answer = judge(as_alice, *every(), query="?severity=info", state="accepted", comment="Until March.")
    assert set(states().values()) == {State.ACCEPTED}
    assert set(Judgement.objects.values_list("comment", "actor_name")) == {("Until March.", "alice")}
    told = dict(Activity.objects.filter(action="Findings triaged").values_list("analysis__name", "cause"))
    assert told["Shop"] == "2 findings: Accepted risk. “Until March.”"
    assert told["Mill"].startswith("HTTP Secure Headers at GET b.test/: Accepted risk.")
    assert answer.redirect_chain == [(f"{PAGE}?severity=info", 302)]
    assert "3 findings: Accepted risk." in text_of(answer)
    assert breaches() == []


def test_what_is_refused_says_why_and_holds_nothing_up(as_alice, alice, bob, shop, mill):
    others = an_analysis(bob, name="Secret of Bob")
    run(others, bob, found(SQL))
    theirs = Finding.objects.get(analysis=others)
    Finding.objects.filter(analysis=mill).update(state=State.CONFIRMED)
    answer = judge(as_alice, *every(), 999_999_999)
    text = text_of(answer)
    assert "Confirmed: 2 of 5 done" in text
    assert "HTTP Secure Headers GET b.test/ Mill Not done It is that already, and there was no comment to keep." in text
    assert f"Finding {theirs.pk} Not done It is not there any more, or not shared with you." in text
    assert "Finding 999999999 Not done It is not there any more, or not shared with you." in text
    assert "SQL Injection GET a.test/item Shop Done Confirmed" in text
    assert "Secret of Bob" not in text
    theirs.refresh_from_db()
    assert theirs.state == State.OPEN
    assert text_of(as_alice.get(f"{PAGE}judged/")) == text_of(answer)


def test_without_a_report_there_is_the_list(as_alice):
    assert as_alice.get(f"{PAGE}judged/").url == PAGE


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"state": "false_positive"}, "Say why: whoever reads this later will ask. (False positive)"),
        ({"state": ""}, "Choose what it is."),
        ({"state": "reopened"}, "reopened"),
        ({"comment": "x" * 2_001}, "Shorten it to 2,000 characters."),
    ],
)
def test_the_rules_are_those_of_the_results_page_and_nothing_typed_is_lost(as_alice, shop, mill, sent, said):
    one = Finding.objects.get(category="SQL Injection").pk
    answer = judge(as_alice, one, query="?q=sql", **sent)
    assert said in text_of(answer)
    page = answer.content.decode()
    assert f'name="finding" value="{one}" form="bulk"' in page
    assert page.count(" checked>") == 1
    assert sent.get("comment", "") in page
    assert states() == dict.fromkeys(states(), State.OPEN)


def test_nothing_selected_or_too_many_is_said(as_alice, shop, monkeypatch):
    assert "No finding was selected." in text_of(judge(as_alice))
    assert "No finding was selected." in text_of(judge(as_alice, every="on"))
    monkeypatch.setattr(forms, "MOST_SELECTED", 1)
    assert "At most 1 findings of several analyses" in text_of(judge(as_alice, *every()))
    assert Judgement.objects.count() == 0


def test_who_may_not_judge_has_nothing_to_select_and_is_refused(client, shop, team):
    reader = User.objects.create_user("reader")
    reader.groups.add(team)
    shop.teams.add(team)
    client.force_login(reader)
    page = client.get(PAGE).content.decode()
    assert "SQL Injection" in page
    assert 'name="finding"' not in page
    assert judge(client, *every()).status_code == 403


def test_judging_many_findings_costs_as_many_queries_as_judging_two(as_alice, alice, shop):
    run(shop, alice, found(SQL, XSS, *[replace(SQL, parameter=f"p{number}") for number in range(40)]))
    asked = []
    for chosen in (every()[:2], every()[2:]):
        with CaptureQueriesContext(connection) as queries:
            as_alice.post(PAGE, {"finding": chosen, "state": "confirmed"})
        asked.append(len(queries))
    assert asked[0] == asked[1]
