"""Results that wait for a reviewer, prescans, and schedules that ended themselves, as the pages show them."""

import pytest
from django.contrib.auth.models import User

from analyses import lifecycle, presence
from analyses.models import AllowedTarget, Analysis
from analyses.moves import Ending
from tests.lifecycle.test_reviewing import held
from tests.scene import UNREACHED, an_analysis, ends, let_pass, prescanned, running, scans_of, status
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def allowed(db, settings) -> None:
    settings.SCRIPTED_ENGINE = True
    AllowedTarget.objects.create(pattern="*.test")


def summary(client, analysis: Analysis) -> Page:
    return Page(client.get(f"/analyses/{analysis.pk}/"))


def said(page: Page) -> str:
    return page.of_class("analysis-status")[0].words()


def ask(client, analysis: Analysis, action: str) -> Page:
    return Page(client.post(f"/analyses/{analysis.pk}/actions/{action}/", follow=True))


# --- Held for a reviewer ---


def test_the_page_says_for_whom_it_waits_and_not_that_publishing_follows(as_alice, alice):
    analysis = held(alice)
    page = summary(as_alice, analysis)
    assert "They wait for a security lead, who reviews and publishes them." in page.root.words()
    assert "A security lead reviews the results and publishes them" in said(page)
    assert "follows by itself" not in page.root.words()
    [scan] = scans_of(analysis.occurrences.get())
    details = Page(as_alice.get(f"/analyses/{analysis.pk}/scans/{scan.pk}/"))
    assert "A security lead reviews the results" in details.of_class("next-step")[0].words()
    results = Page(as_alice.get(f"/analyses/{analysis.pk}/results/")).root.words()
    assert "Verified, and not published yet: a security lead reviews them" in results
    assert "Not final" not in results


def test_while_it_is_verified_the_page_says_what_comes_afterwards(as_alice, alice):
    analysis, _, [claim] = running(alice, hold_results=True)
    ends(claim)
    assert "Afterwards, a security lead reviews the results" in said(summary(as_alice, analysis))
    assert summary(as_alice, analysis).reasons()["publish"] == "No verified results of it wait for a reviewer."


def test_the_owner_cannot_publish_and_is_told_who_can(as_alice, alice):
    analysis = held(alice)
    reason = "Only a security lead publishes results that wait for a review."
    assert summary(as_alice, analysis).reasons()["publish"] == reason
    told = ask(as_alice, analysis, "publish").messages()
    assert told == f"Publish results is not possible for you. {reason}"
    assert status(analysis) == "Completed - Verifying Results"


@pytest.mark.parametrize("superuser", [False, True])
def test_a_security_lead_or_superuser_publishes(client, alice, lead, superuser):
    who = User.objects.create_superuser("root", "root@example.test") if superuser else lead
    client.force_login(who)
    analysis = held(alice)
    assert "publish" in summary(client, analysis).actions()
    assert "Published." in ask(client, analysis, "publish").messages()
    assert status(analysis) == "Completed - Results Available"
    assert "publish" not in summary(client, analysis).actions()


def test_publishing_is_never_done_by_opening_an_address(client, alice, lead):
    client.force_login(lead)
    analysis = held(alice)
    page = Page(client.get(f"/analyses/{analysis.pk}/actions/publish/", follow=True))
    assert "Nothing was done" in page.messages()
    assert status(analysis) == "Completed - Verifying Results"


# --- Prescan only ---


def test_a_prescan_is_asked_for_under_analysis_actions(as_alice, alice):
    analysis = an_analysis(alice, "http://a.test/", "http://b.test/", "http://c.test/")
    assert "prescan-only" in summary(as_alice, analysis).actions()
    assert "prescanned only" in ask(as_alice, analysis, "prescan-only").messages()
    prescanned(analysis.occurrences.get(), UNREACHED)
    page = summary(as_alice, analysis)
    assert "Prescan only: 2 of 3 scans passed. Nothing was scanned." in said(page)
    assert "Somebody stopped it" not in page.root.words()
    assert "submitted" in page.root.words()
    assert "to be prescanned only" in page.root.words()
    assert ("Status: Prescanning → Stopped", "It was to be prescanned only: 2 of 3 passed.") in page.log()


def test_targets_that_are_not_allowed_are_not_prescanned_either(as_alice, alice):
    analysis = an_analysis(alice, "http://a.elsewhere.example/")
    assert "not allowed targets" in ask(as_alice, analysis, "prescan-only").messages()
    assert not analysis.occurrences.exists()


def test_an_earlier_prescan_still_says_what_it_was(as_alice, alice):
    analysis = an_analysis(alice)
    prescanned(lifecycle.submit(analysis, alice, prescan_only=True))
    lifecycle.submit(analysis, alice)
    page = Page(as_alice.get(f"/analyses/{analysis.pk}/?occurrence=1"))
    assert "Prescan only: 1 of 1 scan passed." in said(page)
    history = Page(as_alice.get(f"/analyses/{analysis.pk}/history/"))
    assert "Prescan only" in history.by_id("run-1").words()
    assert "Prescan only" not in history.by_id("run-2").words()
    results = Page(as_alice.get(f"/analyses/{analysis.pk}/results/?occurrence=1"))
    assert results.root.words().count("Prescan only: 1 of 1 scan passed.") == 2


# --- Schedules ---


def test_a_schedule_that_has_ended_itself_says_so_and_what_to_do(as_alice, alice):
    analysis = an_analysis(alice, repeat="daily", repeat_off_after=1)
    prescanned(lifecycle.submit(analysis, alice), UNREACHED)
    page = summary(as_alice, analysis)
    assert "Its schedule has ended: its last run failed. Correct what the activity log tells" in page.root.words()
    ask(as_alice, analysis, "submit")
    assert "Its schedule has ended" not in summary(as_alice, analysis).root.words()


def test_one_that_is_run_now_says_that_it_waits_for_a_worker(as_alice, alice, time_machine):
    presence.say_present("worker@here", "default")
    analysis = an_analysis(alice, repeat="daily")
    lifecycle.submit(analysis, alice, start_at=analysis.created_at.replace(year=analysis.created_at.year + 1))
    assert "run-now" in summary(as_alice, analysis).actions()
    assert "does not wait for its time" in ask(as_alice, analysis, "run-now").messages()
    let_pass(time_machine, 1)
    page = summary(as_alice, analysis)
    assert "It waits for a worker to begin its prescan." in page.root.words()
    assert page.reasons()["run-now"] == "It begins as soon as a worker is free."


def test_what_still_winds_down_does_not_offer_to_be_submitted(as_alice, alice):
    analysis, _, [claim] = running(alice)
    lifecycle.stop(analysis, alice, keep=False)
    reason = "Its last run is still winding down. Try again in a moment."
    assert summary(as_alice, analysis).reasons()["submit"] == reason
    lifecycle.end_run(claim, Ending.STOPPED)
    assert "submit" in summary(as_alice, analysis).actions()
