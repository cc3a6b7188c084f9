"""Submit, withdraw and stop, from the menu of an analysis."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from analyses.models import Analysis, ScanOccurrence
from analyses.statuses import AnalysisStatus
from tests.configure.pages import text_of

ACTIONS = ["submit", "withdraw", "stop-save", "stop-delete"]


@pytest.fixture
def act(as_alice, shop):
    def post(action: str):
        return as_alice.post(reverse("analyses:action", args=[shop.pk, action]), {"name": shop.name})

    return post


def _status(analysis) -> str:
    return Analysis.objects.get(pk=analysis.pk).status


def _message(response) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


def test_submitted_twice_it_runs_once(act, shop):
    for response in (act("submit"), act("submit")):
        assert response.url == reverse("analyses:summary", args=[shop.pk])
    assert "already under way" in _message(response)
    assert shop.occurrences.count() == 1
    assert _status(shop) == AnalysisStatus.SUBMITTED


def test_one_whose_end_has_passed_is_not_submitted(act, shop):
    Analysis.objects.filter(pk=shop.pk).update(end_by=timezone.now() - timedelta(minutes=2))
    assert "end" in _message(act("submit"))
    assert _status(shop) == AnalysisStatus.SAVED


def test_a_scheduled_one_can_be_withdrawn_once(act, shop):
    Analysis.objects.filter(pk=shop.pk).update(start_at=timezone.now() + timedelta(days=1))
    act("submit")
    assert _status(shop) == AnalysisStatus.SCHEDULED
    assert "Withdrawn" in _message(act("withdraw"))
    assert _status(shop) == AnalysisStatus.SAVED
    assert "not waiting for a scheduled start" in _message(act("withdraw"))


def test_a_draft_whose_start_has_passed_is_not_started_unasked(act, shop):
    Analysis.objects.filter(pk=shop.pk).update(start_at=timezone.now() - timedelta(hours=1))
    assert "Its start time has passed." in _message(act("submit"))
    assert _status(shop) == AnalysisStatus.SAVED


@pytest.mark.parametrize("action", ["stop-save", "stop-delete"])
def test_it_can_be_stopped_once(act, shop, action):
    act("submit")
    act(action)
    stopped = _status(shop)
    assert stopped in (AnalysisStatus.STOPPED, AnalysisStatus.STOPPED_DELETING)
    assert "nothing is running" in _message(act(action))
    assert _status(shop) == stopped


@pytest.mark.parametrize("status", list(AnalysisStatus))
@pytest.mark.parametrize("action", ACTIONS)
def test_no_status_makes_an_action_fail_badly(act, shop, action, status):
    """Whatever the page showed when it was pressed: done, or a message, and never an error."""
    Analysis.objects.filter(pk=shop.pk).update(status=status)
    response = act(action)
    assert response.url == reverse("analyses:summary", args=[shop.pk])
    assert _message(response)


@pytest.mark.parametrize("action", ACTIONS)
def test_opening_an_address_does_nothing(as_alice, act, shop, action):
    act("submit")
    before = list(ScanOccurrence.objects.values()), list(Analysis.objects.values())
    response = as_alice.get(reverse("analyses:action", args=[shop.pk, action]))
    assert response.status_code == (200 if action.startswith("stop") else 302)
    assert (list(ScanOccurrence.objects.values()), list(Analysis.objects.values())) == before


@pytest.mark.parametrize("action", ["stop-save", "stop-delete"])
def test_stopping_is_asked_first_and_says_what_becomes_of_the_results(as_alice, act, shop, action):
    act("submit")
    Analysis.objects.filter(pk=shop.pk).update(high_count=3, low_count=1)
    page = as_alice.get(reverse("analyses:action", args=[shop.pk, action]))
    for words in (
        "Stop “Shop”?",
        "2 URLs, 4 findings so far",
        "Stop and keep 4 findings",
        "Stop and delete 4 findings",
    ):
        assert words in text_of(page)
    html = page.content.decode()
    assert html.index("Let it run") < html.index("Stop and keep") < html.index("Stop and delete 4")


@pytest.mark.parametrize("typed", [None, "", "shop", "Shop!"])
def test_results_are_deleted_only_when_the_name_was_typed(as_alice, shop, act, typed):
    act("submit")
    address = reverse("analyses:action", args=[shop.pk, "stop-delete"])
    answer = as_alice.post(address, {} if typed is None else {"name": typed})
    assert answer.status_code == 400
    assert "Nothing was stopped: this is not its name." in text_of(answer)
    assert _status(shop) == AnalysisStatus.SUBMITTED
    assert as_alice.post(address, {"name": " Shop "}).status_code == 302
    assert _status(shop) == AnalysisStatus.STOPPED


def test_asked_in_the_list_the_question_leads_back_to_the_list(as_alice, shop, act):
    act("submit")
    address = reverse("analyses:action", args=[shop.pk, "stop-delete"])
    page = as_alice.get(address, {"list": "name=sho"}).content.decode()
    assert 'href="/?name=sho" autofocus data-cancel' in page
    assert as_alice.post(address, {"name": "Shop", "list": "name=sho"}).url == "/?name=sho"


def test_the_question_is_not_asked_when_nothing_runs(as_alice, shop):
    response = as_alice.get(reverse("analyses:action", args=[shop.pk, "stop-delete"]))
    assert response.url == reverse("analyses:summary", args=[shop.pk])


@pytest.mark.parametrize("action", ["configure", "delete", "SUBMIT", "x"])
def test_an_unknown_action_is_404(act, action):
    assert act(action).status_code == 404


@pytest.mark.parametrize("person", ["bob", "lead"])
def test_team_mates_and_leads_may_act(client, shop, request, person):
    client.force_login(request.getfixturevalue(person))
    client.post(reverse("analyses:action", args=[shop.pk, "submit"]))
    assert shop.occurrences.get().requested_by.username == person


def test_nobody_acts_without_signing_in(client, shop):
    response = client.post(reverse("analyses:action", args=[shop.pk, "submit"]))
    assert "/sign-in/" in response.url
    assert not shop.occurrences.exists()
