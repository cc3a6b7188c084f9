"""What has changed since somebody last looked: each person's own strip above the list, marked as seen by a button."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.last_looks import changes_for
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, AnalysisOccurrence, Finding, LastLook, State
from tests.results.runs import HEADER, SQL, XSS, found, run
from tests.scene import UNREACHED, an_analysis, let_pass, prescanned, published, running

pytestmark = pytest.mark.django_db


def strip(client) -> str:
    """The strip in words; empty when there is none."""
    page = client.get("/").content.decode()
    part = re.search(r'<section class="changes .*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", part[0]).split()) if part else ""


def mark(client, **sent):
    """Press the button of the page as it is now, or with what was `sent` by an earlier one."""
    page = client.get("/").content.decode()
    until = re.search(r'name="until" value="([^"]+)"', page)
    return client.post("/seen/", {"until": until[1] if until else "", **sent}, follow=True)


def failed(owner, name: str) -> Analysis:
    analysis = an_analysis(owner, name=name)
    prescanned(lifecycle.submit(analysis, owner), UNREACHED)
    return analysis


def test_it_counts_what_ended_and_what_was_found(as_alice, alice):
    published(alice, name="Shop", flaws=(SQL, XSS))
    failed(alice, "Bank")
    assert "1 failed 2 finished 1 with new results 2 new findings Mark as seen" in strip(as_alice)


def test_nothing_new_is_no_strip(as_alice, alice):
    running(alice)
    assert strip(as_alice) == ""


def test_what_is_marked_as_seen_is_gone_and_what_comes_later_is_new(as_alice, alice, time_machine):
    failed(alice, "Bank")
    answer = mark(as_alice)
    assert "Marked as seen" in answer.content.decode()
    assert strip(as_alice) == ""
    let_pass(time_machine, 60)
    failed(alice, "Shop")
    assert "New since you last looked" in strip(as_alice)
    assert "1 failed 1 finished Mark" in strip(as_alice)


def test_two_people_see_different_strips(as_alice, as_bob, as_charlie, alice, team, time_machine):
    failed(alice, "Ours").teams.add(team)
    failed(alice, "Mine")
    assert "2 failed" in strip(as_alice)
    assert "1 failed" in strip(as_bob)
    assert strip(as_charlie) == ""
    mark(as_bob)
    assert strip(as_bob) == ""
    assert "2 failed" in strip(as_alice)


def test_what_came_while_somebody_read_is_not_marked_with_the_rest(as_alice, alice, time_machine):
    failed(alice, "Read")
    shown = re.search(r'name="until" value="([^"]+)"', as_alice.get("/").content.decode())[1]
    let_pass(time_machine, 5)
    failed(alice, "Meanwhile")
    mark(as_alice, until=shown)
    assert "1 failed" in strip(as_alice)


def test_a_mark_is_never_put_back_nor_into_the_future(as_alice, alice):
    for until in ("2999-01-01T00:00:00+00:00", "1999-01-01T00:00:00+00:00", "yesterday", "2026-11-01T00:00:00"):
        as_alice.post("/seen/", {"until": until})
    at = LastLook.objects.get(user=alice).at
    assert timezone.now() - timedelta(minutes=1) < at <= timezone.now()


def test_what_others_judged_is_news_and_what_one_judged_oneself_is_not(as_alice, as_bob, alice, bob, team):
    analysis = published(alice, flaws=(SQL, XSS))
    analysis.teams.add(team)
    triage(analysis, Finding.objects.values_list("pk", flat=True)[:1], State.FIXED, bob, "Mended.")
    triage(analysis, Finding.objects.values_list("pk", flat=True), State.CONFIRMED, bob, "Yes.")
    assert "1 fixed" in strip(as_alice)
    assert "fixed" not in strip(as_bob)


def test_what_was_fixed_and_is_seen_again_is_reopened(as_alice, as_bob, alice, team):
    analysis = an_analysis(alice)
    run(analysis, alice, found(SQL))
    triage(analysis, Finding.objects.values_list("pk", flat=True), State.FIXED, alice, "Mended.")
    run(analysis, alice, found(SQL, HEADER))
    assert "1 reopened" in strip(as_alice)


def test_a_run_without_some_of_its_targets_is_incomplete(as_alice, alice):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/")
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    lifecycle.started(lifecycle.claim(occurrence.scans.last().pk))
    assert strip(as_alice).endswith("1 incomplete Mark as seen")


def test_runs_of_one_analysis_count_once(as_alice, alice):
    analysis = an_analysis(alice)
    for _ in range(3):
        run(analysis, alice, found(SQL))
    assert "1 finished" in strip(as_alice)


def test_whoever_was_away_for_long_reads_of_the_last_30_days(as_alice, alice):
    failed(alice, "Old")
    failed(alice, "New")
    long_ago = timezone.now() - timedelta(days=40)
    AnalysisOccurrence.objects.filter(analysis__name="Old").update(ended_at=long_ago)
    LastLook.objects.create(user=alice, at=long_ago - timedelta(days=1))
    assert "New in the last 30 days 1 failed" in strip(as_alice)


def test_it_takes_one_query_however_much_there_is(alice, django_assert_num_queries):
    for number in range(3):
        published(alice, name=f"Shop {number}", flaws=(SQL,))
    with django_assert_num_queries(1):
        changes = changes_for(alice, Analysis.objects.visible_to(alice))
    assert (changes.finished, changes.new) == (3, 3)


def test_polls_do_not_ask_for_it_and_move_nothing(as_alice, alice):
    running(alice)
    failed(alice, "Bank")
    poll = as_alice.get("/", headers={"HX-Request": "true"})
    assert "Mark as seen" not in poll.content.decode()


def test_afterwards_the_list_is_as_it_was(as_alice, alice):
    failed(alice, "Bank")
    answer = as_alice.post("/seen/", {"list": "owner=alice&sort=-name"})
    assert answer["Location"] == "/?owner=alice&sort=-name"
