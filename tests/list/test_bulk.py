"""The same action on many analyses: each for itself, with a word on every one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import AllowedTarget, Analysis, AnalysisOccurrence, FindingInstance
from tests.scene import FLAW, an_analysis, many_analyses, published, running, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _allowed():
    AllowedTarget.objects.create(pattern="*.test")


def asked(client, action: str, *analyses: Analysis, **more):
    numbers = [analysis.pk for analysis in analyses]
    return client.post("/bulk/", {"action": action, "chosen": numbers, **more}, follow=True)


def outcomes(response) -> dict[str, tuple[bool, str]]:
    return {one["name"]: (one["done"], one["text"]) for one in response.context["outcomes"]}


def test_each_is_done_or_says_why_not(as_alice, alice):
    draft, busy = an_analysis(alice, name="Draft"), running(alice, name="Busy")[0]
    foreign = an_analysis(alice, "https://elsewhere.example/", name="Elsewhere")
    report = outcomes(asked(as_alice, "submit", busy, draft, foreign))
    assert report["Draft"] == (True, "Submitted. The prescan begins as soon as a worker is free.")
    assert report["Busy"] == (
        False,
        "Submit is not possible now: it is already under way (In Progress).",
    )
    assert report["Elsewhere"] == (False, "Not submitted: some of its addresses are not allowed targets.")
    assert status(draft) == "Submitted"
    assert status(foreign) == "Saved for Later"


def test_running_ones_are_stopped_and_keep_their_results(as_alice, alice):
    shop, mill = running(alice, name="Shop")[0], running(alice, name="Mill")[0]
    response = asked(as_alice, "stop-save", shop, mill, list="name=x")
    assert [done for done, _ in outcomes(response).values()] == [True, True]
    assert {status(shop), status(mill)} == {"Stopped - Saving Results"}
    assert 'href="/?name=x"' in response.content.decode()


def test_scheduled_ones_are_withdrawn(as_alice, alice):
    later = timezone.now() + timedelta(days=1)
    waits = an_analysis(alice, name="Waits", start_at=later)
    lifecycle.submit(waits, alice, start_at=later)
    never = an_analysis(alice, name="Never")
    report = outcomes(asked(as_alice, "withdraw", waits, never))
    assert [done for done, _ in report.values()] == [True, False]
    assert status(waits) == "Saved for Later"


def test_deleting_results_asks_first_and_names_them(as_alice, alice):
    shop, _, [held] = running(alice, name="Shop <1>")
    lifecycle.record_found(held, [FLAW])
    idle = an_analysis(alice, name="Idle")
    response = asked(as_alice, "stop-delete", shop, idle, list="name=x")
    page = response.content.decode()
    assert response.redirect_chain == []
    assert "Stop and delete results of 1 analysis?" in page
    assert "Shop &lt;1&gt;" in page
    assert "1 finding" in page
    assert "Nothing is running." in page.partition("Left as they are")[2]
    assert f'name="chosen" value="{idle.pk}"' not in page
    assert status(shop) == "In Progress"
    miscounted = asked(as_alice, "stop-delete", shop, confirmed="2")
    assert "Nothing was stopped: they are 1." in miscounted.content.decode()
    assert status(shop) == "In Progress"
    done = outcomes(asked(as_alice, "stop-delete", shop, confirmed="1"))
    assert done["Shop <1>"] == (True, "Stopping. Its results are being deleted.")
    assert status(shop) == "Stopped - Deleting Results"
    assert FindingInstance.objects.exists()  # until its engine has ended


def test_nothing_to_delete_asks_nothing(as_alice, alice):
    response = asked(as_alice, "stop-delete", an_analysis(alice))
    assert "possible for none of the chosen analyses" in response.content.decode()


def test_what_somebody_may_not_see_is_not_there(as_bob, as_charlie, alice, team):
    ours, hers = running(alice, name="Ours")[0], running(alice, name="Hers")[0]
    ours.teams.add(team)
    response = asked(as_bob, "stop-save", ours, hers)
    assert outcomes(response)["Ours"][0] is True
    assert outcomes(response)[""] == (False, "It is not there any more, or not shared with you.")
    assert "Hers" not in response.content.decode()
    assert status(hers) == "In Progress"
    assert "Hers" not in asked(as_charlie, "stop-delete", hers).content.decode()
    asked(as_charlie, "stop-delete", hers, confirmed="1")
    assert status(hers) == "In Progress"


def test_twice_is_once(as_alice, alice):
    draft = an_analysis(alice)
    asked(as_alice, "submit", draft, draft)
    asked(as_alice, "submit", draft)
    assert AnalysisOccurrence.objects.count() == 1


@pytest.mark.parametrize("chosen", [[], [""], ["x", "-1", "1e3", "٣"]])
def test_nothing_chosen_says_what_to_do(as_alice, alice, chosen):
    an_analysis(alice)
    response = as_alice.post("/bulk/", {"action": "submit", "chosen": chosen, "list": "status=saved"}, follow=True)
    assert response.redirect_chain == [("/?status=saved", 302)]
    assert "check the analyses first" in response.content.decode()


def test_at_most_100(as_alice, alice):
    many_analyses(alice, 101)
    response = asked(as_alice, "submit", *Analysis.objects.all())
    assert "101 analyses were chosen, and at most 100" in response.content.decode()
    assert not AnalysisOccurrence.objects.exists()


@pytest.mark.parametrize("action", ["pause", "configure", "evil"])
def test_only_what_is_offered(as_alice, alice, action):
    assert as_alice.post("/bulk/", {"action": action, "chosen": [an_analysis(alice).pk]}).status_code == 404


def test_enter_on_a_checkbox_is_no_action(as_alice, alice):
    draft = an_analysis(alice)
    assert "choose with a button" in asked(as_alice, "", draft).content.decode()
    assert status(draft) == "Saved for Later"


def test_the_report_stays_and_is_ones_own(as_alice, as_bob, alice):
    assert as_alice.get("/bulk/").url == "/"
    asked(as_alice, "submit", an_analysis(alice, name="Shop"))
    page = as_alice.get("/bulk/").content.decode()
    assert "Submit: 1 of 1 done" in page
    assert as_bob.get("/bulk/").url == "/"


def test_published_ones_run_again(as_alice, alice):
    shop = published(alice, name="Shop")
    assert outcomes(asked(as_alice, "submit", shop))["Shop"][0] is True
    assert status(shop) == "Submitted"
