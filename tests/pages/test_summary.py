"""The summary page."""

import pytest

from analyses import lifecycle
from analyses.moves import Ending
from tests.scene import UNREACHED, an_analysis, ends, prescanned, published, running, scans_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(client, analysis, **query) -> str:
    return client.get(f"/analyses/{analysis.pk}/", query).content.decode()


def test_a_stranger_gets_404(as_charlie, alice):
    analysis, _, _ = running(alice)
    scan = analysis.occurrences.get().scans.get()
    for path in ("", "configure/", "results/", "scans/", f"scans/{scan.pk}/"):
        assert as_charlie.get(f"/analyses/{analysis.pk}/{path}").status_code == 404
    for action in ("submit", "withdraw", "stop-save", "stop-delete"):
        assert as_charlie.post(f"/analyses/{analysis.pk}/actions/{action}/").status_code == 404
    assert analysis.occurrences.get().status == "in_progress"


def test_a_team_mate_sees_it(as_bob, alice, team):
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    assert "Shop" in page(as_bob, analysis)


def test_what_does_not_exist_is_404(as_alice):
    assert as_alice.get("/analyses/999999/").status_code == 404


def test_it_says_the_status_and_what_to_do(as_alice, alice):
    analysis = an_analysis(alice)
    prescanned(lifecycle.submit(analysis, alice), UNREACHED)
    text = page(as_alice, analysis)
    assert "All Verifications Failed" in text
    assert "correct the settings" in text
    assert "The name does not exist" in text


def test_a_draft_lists_its_configured_urls(as_alice, alice):
    assert "http://a.test/" in page(as_alice, an_analysis(alice, "http://a.test/"))


def test_the_log_tells_every_action_and_status_newest_first(as_alice, alice):
    analysis = published(alice)
    text = page(as_alice, analysis)
    order = ["Completed - Verifying Results", "Prescanning", "Submitted", "Created"]
    places = [text.rindex(word) for word in order]
    assert places == sorted(places)
    assert "alice" in text


def test_the_log_continues_page_by_page_and_misses_nothing(as_alice, alice):
    analysis = an_analysis(alice)
    for number in range(120):
        lifecycle.edited(analysis, alice, f"change number {number:03}.")
    seen, before = "", None
    for _ in range(3):
        response = as_alice.get(f"/analyses/{analysis.pk}/", {"before": before} if before else {})
        seen += response.content.decode()
        before = response.context["log"].older_than
    assert before is None
    assert all(f"change number {number:03}." in seen for number in range(120))


def test_the_log_of_one_scan(as_alice, alice):
    analysis, occurrence, claims = running(alice, "http://a.test/", "http://b.test/")
    ends(claims[0], Ending.ERROR, finds=False, cause="It crashed.")
    first, second = scans_of(occurrence)
    log = as_alice.get(f"/analyses/{analysis.pk}/", {"scan": first.pk}).context["log"]
    assert {line.entry.scan_occurrence_id for _, lines in log.days for line in lines} == {first.pk}
    assert "It crashed." not in page(as_alice, analysis, scan=second.pk).split('id="log')[-1]


def test_actions_that_are_possible_now_can_be_pressed_and_the_others_say_why_not(as_alice, alice):
    analysis, _, _ = running(alice)
    text = page(as_alice, analysis)
    assert f"/analyses/{analysis.pk}/actions/stop-save/" in text
    assert f"/analyses/{analysis.pk}/actions/stop-delete/" in text
    assert f"/analyses/{analysis.pk}/actions/submit/" not in text
    assert "already under way" in text


def test_a_poll_with_nothing_new_takes_at_most_3_queries(as_bob, alice, team, django_assert_max_num_queries):
    analysis, _, _ = running(alice)
    analysis.teams.add(team)
    address = as_bob.get(f"/analyses/{analysis.pk}/").context["poll_url"]
    with django_assert_max_num_queries(3):
        assert as_bob.get(address, headers=HTMX).status_code == 204


def test_a_poll_shows_the_new_status(as_alice, alice):
    analysis, _, [held] = running(alice)
    address = as_alice.get(f"/analyses/{analysis.pk}/").context["poll_url"]
    ends(held)
    answer = as_alice.get(address, headers=HTMX).content.decode()
    assert "Completed - Verifying Results" in answer
    assert "<html" not in answer


def test_it_polls_while_something_is_live_and_no_longer(as_alice, alice):
    analysis, _, [held] = running(alice)
    assert "every 5s" in page(as_alice, analysis)
    ends(held)
    lifecycle.publish(held)
    assert "every 5s" not in page(as_alice, analysis)


@pytest.mark.parametrize("number", [2, 100])
def test_the_number_of_queries_does_not_grow_with_the_scans(as_alice, alice, number, django_assert_max_num_queries):
    analysis = an_analysis(alice, *[f"http://{n}.test/" for n in range(number)])
    prescanned(lifecycle.submit(analysis, alice), *[UNREACHED] * number)
    with django_assert_max_num_queries(12):
        page(as_alice, analysis)
