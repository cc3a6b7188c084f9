"""Deleted results on the pages: how long that can be undone, who can, and what is said when it cannot."""

import pytest
from django.contrib.auth.models import Group

from analyses import lifecycle
from analyses.models import FindingInstance
from analyses.moves import Ending
from tests.configure.pages import text_of
from tests.scene import FLAW, let_pass, running, status

pytestmark = pytest.mark.django_db
BUTTON = "Undo deleting results"


@pytest.fixture
def shop(alice, team):
    """Its results were deleted just now."""
    analysis, _, [held] = running(alice)
    analysis.teams.add(team)
    lifecycle.record_found(held, [FLAW])
    lifecycle.stop(analysis, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    return analysis


def summary(client, analysis) -> str:
    return text_of(client.get(f"/analyses/{analysis.pk}/"))


def undone(client, analysis):
    return client.post(f"/analyses/{analysis.pk}/actions/undo-delete/", follow=True)


def test_the_summary_says_who_deleted_what_and_until_when_it_can_be_undone(as_alice, alice, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00", tick=False)
    analysis, _, [held] = running(alice)
    lifecycle.record_found(held, [FLAW])
    lifecycle.stop(analysis, alice, keep=False)
    assert "The results of this run are deleted by alice. Until Sun 1 Mar 2026, 11:00" in summary(as_alice, analysis)
    lifecycle.end_run(held, Ending.STOPPED)
    words = (
        "1 finding of this run was deleted by alice. Until Sun 1 Mar 2026, 11:00 this can be undone, unless a new run"
    )
    assert words in summary(as_alice, analysis)


def test_the_button_brings_the_results_back(as_alice, shop):
    page = as_alice.get(f"/analyses/{shop.pk}/").content.decode()
    assert page.count(f'action="/analyses/{shop.pk}/actions/undo-delete/"') == 2  # there, and in the menu
    answer = undone(as_alice, shop)
    assert "Undone: what was deleted is kept." in text_of(answer)
    assert "this can be undone" not in text_of(answer)
    assert status(shop) == "Stopped - Verifying Partial Results"
    assert "SQL Injection" in text_of(as_alice.get(f"/analyses/{shop.pk}/results/"))


def test_until_then_no_page_knows_of_them(as_alice, shop):
    for path in (f"/analyses/{shop.pk}/results/", "/findings/", f"/analyses/{shop.pk}/history/"):
        assert "SQL Injection" not in text_of(as_alice.get(path))
    for form in ("csv", "json", "sarif"):
        answer = as_alice.get(f"/analyses/{shop.pk}/results/export/{form}/")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"SQL Injection" not in body


def test_a_second_press_says_that_there_is_nothing_to_undo(as_alice, shop):
    undone(as_alice, shop)
    assert "No results of its last run have been deleted." in text_of(undone(as_alice, shop)).replace(": no", ": No")


def test_when_the_time_is_over_neither_button_nor_words_are_left(client, alice, shop, settings, time_machine):
    let_pass(time_machine, settings.UNDO_SECONDS + 1)
    client.force_login(alice)
    assert "Somebody stopped it and had its results deleted." in summary(client, shop)
    assert "this can be undone" not in summary(client, shop)
    assert "what was deleted is gone for good" in text_of(undone(client, shop))
    assert not FindingInstance.objects.exists()


def test_whoever_may_not_stop_it_reads_of_it_and_may_not_undo_it(client, bob, shop):
    bob.groups.remove(Group.objects.get(name="Submitters"))
    client.force_login(bob)
    page = client.get(f"/analyses/{shop.pk}/").content.decode()
    assert "can be undone" in page
    assert "undo-delete/" not in page
    assert "not possible for you" in text_of(undone(client, shop))
    assert not FindingInstance.objects.exists()


def test_of_a_strangers_there_is_nothing_to_undo(client, charlie, shop):
    client.force_login(charlie)
    assert undone(client, shop).status_code == 404
    assert not FindingInstance.objects.exists()


def test_opening_the_address_undoes_nothing(as_alice, shop):
    as_alice.get(f"/analyses/{shop.pk}/actions/undo-delete/")
    assert not FindingInstance.objects.exists()


def test_the_list_offers_it_too(as_alice, shop):
    assert f"/analyses/{shop.pk}/actions/undo-delete/" in as_alice.get("/").content.decode()


FOR_HOW_LONG = {3600: "For 1 h this can be undone", 5400: "For 1 h 30 min this can", 0: "This cannot be undone."}


@pytest.mark.parametrize(("seconds", "words"), FOR_HOW_LONG.items())
def test_the_question_says_for_how_long_it_can_be_undone(as_alice, alice, settings, seconds, words):
    settings.UNDO_SECONDS = seconds
    analysis = running(alice)[0]
    assert words in text_of(as_alice.get(f"/analyses/{analysis.pk}/actions/stop-delete/"))
    asked = {"action": "stop-delete", "chosen": analysis.pk}
    assert words in text_of(as_alice.post("/bulk/", asked))
