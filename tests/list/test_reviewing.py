"""What waits for a reviewer, as the list says and finds it, and how it is published from there."""

import pytest

from analyses import lifecycle
from tests.lifecycle.test_reviewing import held
from tests.scene import ends, published, running, status
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db
WAITS = "Waits for review"


def names(client, **asked) -> list[str]:
    return [analysis.name for analysis in client.get("/", asked).context["page"]]


def row(client, analysis) -> str:
    return Page(client.get("/")).by_id(f"analysis-{analysis.pk}").words()


def tile(client) -> str:
    """What the strip says of it; empty where there is no such tile."""
    words = Page(client.get("/")).of_class("strip")[0].words()
    return words.partition(f" {WAITS} ")[2].partition("Published")[0].strip()


def test_it_says_that_it_waits_and_no_end(as_alice, alice):
    analysis = held(alice, name="Held")
    words = row(as_alice, analysis)
    assert f"Completed - Verifying Results {WAITS}" in words
    assert "limit " not in words.partition(WAITS)[2].partition("Actions")[0]
    summary = Page(as_alice.get(f"/analyses/{analysis.pk}/"))
    assert WAITS in summary.by_id(f"status-{analysis.pk}").words()
    assert "Ends by" not in summary.root.words()
    assert "Time limit" not in summary.root.words()


def test_what_is_still_being_verified_does_not(as_alice, alice):
    analysis, _, [claim] = running(alice, hold_results=True)
    ends(claim)
    assert status(analysis) == "Completed - Verifying Results"
    assert WAITS not in row(as_alice, analysis)


def test_it_is_over_when_it_is_published_and_a_new_run_does_not_wait(as_alice, as_lead, alice, lead):
    analysis = held(alice)
    lifecycle.publish_results(analysis, lead)
    assert WAITS not in row(as_alice, analysis)
    assert tile(as_lead) == "0"


def test_the_list_can_be_narrowed_to_it(as_alice, alice):
    held(alice, name="Held")
    published(alice, name="Published")
    assert names(as_alice, held="on") == ["Held"]
    page = as_alice.get("/?held=on").content.decode()
    assert 'name="held" id="id_held" checked' in page


def test_whoever_may_publish_sees_how_many_wait_and_nobody_else_is_asked(as_alice, as_lead, alice):
    held(alice, name="Held")
    published(alice, name="Published")
    assert tile(as_lead) == f"1 : {WAITS}"
    assert 'href="/?held=on"' in as_lead.get("/").content.decode()
    assert tile(as_alice) == ""


def test_a_lead_publishes_many_at_once_and_others_are_told_why_not(as_alice, as_lead, alice):
    two = [held(alice, "http://a.test/", name="One"), held(alice, "http://b.test/", name="Two")]
    chosen = {"action": "publish", "chosen": [analysis.pk for analysis in two]}
    report = Page(as_alice.post("/bulk/", chosen, follow=True)).root.words()
    assert "0 of 2 done" in report
    assert "Only a security lead publishes" in report
    assert "2 of 2 done" in Page(as_lead.post("/bulk/", chosen, follow=True)).root.words()
    assert {status(analysis) for analysis in two} == {"Completed - Results Available"}


def test_only_a_lead_is_offered_to_publish_many(as_alice, as_lead, alice):
    held(alice)
    button = 'value="publish" class="button'
    assert button in as_lead.get("/").content.decode()
    assert button not in as_alice.get("/").content.decode()
