"""Judging findings, and what becomes of it when they are seen again."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from analyses import lifecycle
from analyses.lifecycle.triaging import SEEN_AGAIN, triage
from analyses.models import Activity, Finding, Judgement, State
from tests.results.runs import SQL, XSS, found, run
from tests.scene import an_analysis, published, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis(alice):
    """One run that found two flaws."""
    analysis = an_analysis(alice)
    run(analysis, alice, found(SQL, XSS))
    return analysis


def judged(analysis, state: State, by, *flaws, comment: str = "") -> int:
    wanted = Finding.objects.filter(analysis=analysis, category__in=[flaw.category for flaw in flaws])
    return triage(analysis, wanted.values_list("pk", flat=True), state, by, comment)


def state_of(flaw) -> str:
    return Finding.objects.get(category=flaw.category).get_state_display()


def test_a_judgement_is_kept_with_who_when_and_why(analysis, bob):
    assert judged(analysis, State.FALSE_POSITIVE, bob, SQL, comment="A test page.") == 1
    assert (state_of(SQL), state_of(XSS)) == ("False positive", "Open")
    judgement = Judgement.objects.get()
    assert (judgement.old_state, judgement.new_state, judgement.comment) == ("open", "false_positive", "A test page.")
    assert (judgement.actor, judgement.actor_name) == (bob, "bob")


def test_it_stands_in_the_activity_log_and_the_page_hears_of_it(analysis, bob, breaches):
    version = analysis.version
    judged(analysis, State.CONFIRMED, bob, SQL)
    entry = Activity.objects.get(action="Findings triaged")
    assert (entry.actor_name, entry.new_status) == ("bob", "")
    assert entry.cause == "SQL Injection at GET a.test/item in id: Confirmed."
    judged(analysis, State.ACCEPTED, bob, SQL, XSS, comment="Until May.")
    assert Activity.objects.filter(action="Findings triaged").last().cause == "2 findings: Accepted risk. “Until May.”"
    analysis.refresh_from_db()
    assert analysis.version > version
    assert breaches() == []


def test_the_same_state_again_is_nothing_new_but_a_comment_is(analysis, alice, bob):
    judged(analysis, State.CONFIRMED, alice, SQL)
    assert judged(analysis, State.CONFIRMED, bob, SQL) == 0
    assert judged(analysis, State.CONFIRMED, bob, SQL, XSS) == 1
    assert judged(analysis, State.CONFIRMED, bob, SQL, comment="I saw it too.") == 1
    assert [judgement.is_comment for judgement in Judgement.objects.order_by("pk")] == [False, False, True]


@pytest.mark.parametrize("state", [State.FALSE_POSITIVE, State.ACCEPTED, State.REOPENED])
def test_without_a_reason_nobody_dismisses_a_finding_and_nobody_reopens_one(analysis, alice, state):
    with pytest.raises(ValueError):
        judged(analysis, state, alice, SQL)
    assert state_of(SQL) == "Open"


def test_findings_of_other_analyses_are_left_alone(analysis, alice):
    other = published(alice, name="Other", flaws=(XSS,))
    theirs = Finding.objects.get(analysis=other)
    assert triage(analysis, [theirs.pk], State.FIXED, alice) == 0
    theirs.refresh_from_db()
    assert theirs.state == State.OPEN


def test_what_was_fixed_and_is_seen_again_is_reopened(analysis, alice, breaches):
    judged(analysis, State.FIXED, alice, SQL)
    later = run(analysis, alice, found(SQL, XSS))
    assert (state_of(SQL), state_of(XSS)) == ("Reopened", "Open")
    judgement = Judgement.objects.latest("pk")
    assert (judgement.actor_name, judgement.old_state, judgement.comment) == ("system", "fixed", SEEN_AGAIN)
    entry = Activity.objects.get(action="Finding reopened")
    assert (entry.actor_name, entry.occurrence) == ("system", later)
    assert entry.cause == f"SQL Injection at GET a.test/item in id. {SEEN_AGAIN}"
    assert breaches() == []


@pytest.mark.parametrize("state", [State.OPEN, State.CONFIRMED, State.FALSE_POSITIVE, State.ACCEPTED])
def test_any_other_judgement_stays_however_often_it_is_seen(analysis, alice, state):
    judged(analysis, state, alice, SQL, comment="Because.")
    run(analysis, alice, found(SQL))
    assert Finding.objects.get(category=SQL.category).state == state


def test_what_is_not_seen_again_stays_fixed(analysis, alice):
    judged(analysis, State.FIXED, alice, SQL)
    run(analysis, alice, found(XSS))
    assert state_of(SQL) == "Fixed"


def test_what_the_same_run_reports_again_reopens_nothing(alice):
    analysis, _, [held] = running(alice)
    lifecycle.record_found(held, [SQL])
    judged(analysis, State.FIXED, alice, SQL)
    lifecycle.record_found(held, [SQL])
    assert state_of(SQL) == "Fixed"


def test_the_database_knows_no_other_state(analysis):
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.update(state="forgotten")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_judging_while_the_same_findings_are_stored_waits_and_does_not_fail(alice):
    flaws = [SQL, XSS]
    analysis, _, [held] = running(alice)
    lifecycle.record_found(held, flaws)
    pks = list(Finding.objects.order_by("-pk").values_list("pk", flat=True))
    failures: list[Exception] = []

    def often(verb) -> None:
        try:
            for number in range(30):
                verb(number)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=often, args=[lambda n: lifecycle.record_found(held, flaws[:: 1 if n % 2 else -1])]),
        threading.Thread(target=often, args=[lambda n: triage(analysis, pks, State.CONFIRMED, alice, f"{n}")]),
        threading.Thread(target=often, args=[lambda n: triage(analysis, pks[::-1], State.FIXED, alice, f"{n}")]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Judgement.objects.count() == 2 * 2 * 30
    for finding in Finding.objects.all():
        states = list(finding.judgements.order_by("pk").values_list("old_state", "new_state"))
        assert [old for old, _ in states] == ["open", *(new for _, new in states[:-1])]
        assert finding.state == states[-1][1]
