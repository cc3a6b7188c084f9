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
        return as_alice.post(reverse("analyses:action", args=[shop.pk, action]))

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
    assert response.status_code == (200 if action == "stop-delete" else 302)
    assert (list(ScanOccurrence.objects.values()), list(Analysis.objects.values())) == before


def test_deleting_results_is_asked_first_and_says_what_is_lost(as_alice, act, shop):
    act("submit")
    Analysis.objects.filter(pk=shop.pk).update(high_count=3, low_count=1)
    page = as_alice.get(reverse("analyses:action", args=[shop.pk, "stop-delete"]))
    assert "“Shop”" in text_of(page)
    assert "4 findings on 2 URLs" in text_of(page)


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
