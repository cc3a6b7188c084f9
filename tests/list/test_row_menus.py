"""The menu of each row: what is possible now, and why the rest is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.access import actions_for, latest_occurrence
from analyses.actions import Action
from analyses.models import Analysis
from tests.scene import an_analysis, ends, many_analyses, prescanned, published, running, status

pytestmark = pytest.mark.django_db


def rows_of(client, **asked) -> dict:
    return {analysis.pk: choices for analysis, choices in client.get("/", asked).context["rows"]}


def _in_many_situations(owner) -> None:
    an_analysis(owner, name="Draft")
    running(owner, name="Running")
    published(owner, name="Published")
    paused, _, _ = running(owner, name="Paused")
    lifecycle.pause(paused, owner)
    later = timezone.now() + timedelta(days=1)
    lifecycle.submit(an_analysis(owner, name="Scheduled", start_at=later), owner, start_at=later)
    lifecycle.submit(an_analysis(owner, name="Due"), owner)
    _, _, claims = running(owner, name="Held", hold_results=True)
    for held in claims:
        ends(held)
        lifecycle.publish(held)
    running(owner, "http://a.test/", "http://b.test/", name="Verifying", hold_results=True)
    withdrawn = an_analysis(owner, name="Withdrawn", start_at=later)
    lifecycle.submit(withdrawn, owner, start_at=later)
    lifecycle.withdraw(withdrawn, owner)
    stopping, _, _ = running(owner, name="Stopping")
    lifecycle.stop(stopping, owner, keep=True)
    again = published(owner, name="Again")
    prescanned(lifecycle.submit(again, owner))


@pytest.mark.parametrize("who", ["alice", "lead"])
def test_it_offers_what_the_summary_offers(as_alice, as_lead, alice, lead, settings, who):
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 20, 0
    _in_many_situations(alice)
    client, user = (as_alice, alice) if who == "alice" else (as_lead, lead)
    rows = rows_of(client)
    assert len(rows) == 11
    for analysis in Analysis.objects.all():
        assert rows[analysis.pk] == actions_for(user, analysis, latest_occurrence(analysis)), analysis.name


def test_as_many_queries_for_many_rows_as_for_few(as_alice, alice, settings, django_assert_max_num_queries):
    settings.SCAN_CAPACITY, settings.SCANS_PER_HOST = 20, 0
    _in_many_situations(alice)
    many_analyses(alice, 80)
    with django_assert_max_num_queries(12):
        as_alice.get("/?size=100")


def test_what_is_not_possible_says_why(as_alice, alice):
    analysis, _, _ = running(alice)
    page = as_alice.get("/").content.decode()
    entry = page.partition(f'id="do-{analysis.pk}-submit"')[2].partition("</li>")[0]
    assert 'aria-disabled="true"' in entry
    assert "It is already under way (In Progress)." in entry
    assert f'href="/analyses/{analysis.pk}/actions/stop-save/?list="' in page


def test_asked_in_the_list_it_leads_back_to_the_list(as_alice, alice):
    analysis, _, _ = running(alice, name="Shop")
    asked = {"list": "name=sho&page=1&v=7&evil=//evil.test/"}
    response = as_alice.post(f"/analyses/{analysis.pk}/actions/stop-save/", asked, follow=True)
    assert response.redirect_chain == [("/?name=sho&page=1", 302)]
    assert "Shop: Stopping. Results found so far are kept." in response.content.decode()
    again = as_alice.post(f"/analyses/{analysis.pk}/actions/stop-save/", asked, follow=True)
    assert "Shop: Stop and save results is not possible now" in again.content.decode()
    assert status(analysis) == "Stopped - Saving Results"


def test_every_action_has_its_entry(as_alice, alice):
    analysis = an_analysis(alice)
    page = as_alice.get("/").content.decode()
    for action in Action:
        assert page.count(f'id="do-{analysis.pk}-{action.value}"') == 1
