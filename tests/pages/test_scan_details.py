"""The Scan Details tab."""

import pytest

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, Phase, Progress
from tests.scene import UNREACHED, an_analysis, prescanned, running, scans_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_it_shows_every_prescan_step_with_cause_and_advice(as_alice, alice):
    analysis = an_analysis(alice)
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    text = as_alice.get(f"/analyses/{analysis.pk}/scans/{scans_of(occurrence)[0].pk}/").content.decode()
    for part in ("Connection Error", "Name", "The name does not exist", "Check the address."):
        assert part in text


def test_it_shows_progress_and_the_pages_seen(as_alice, alice):
    analysis, _, [held] = running(alice)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, pages=12, requests_done=50, requests_total=100, current="sql"))
    lifecycle.record_crawled(held, [CrawledPage("GET", "http://shop.test/basket", 200)])
    text = as_alice.get(f"/analyses/{analysis.pk}/scans/{held.scan_id}/").content.decode()
    for part in ("Attacking", "sql", "http://shop.test/basket", "200"):
        assert part in text


def test_the_tab_opens_the_first_scan(as_alice, alice):
    analysis, occurrence, _ = running(alice, "http://a.test/", "http://b.test/")
    answer = as_alice.get(f"/analyses/{analysis.pk}/scans/")
    assert answer.url == f"/analyses/{analysis.pk}/scans/{scans_of(occurrence)[0].pk}/"


def test_a_draft_has_no_scan_yet_and_goes_to_the_summary(as_alice, alice):
    analysis = an_analysis(alice)
    assert as_alice.get(f"/analyses/{analysis.pk}/scans/").url == f"/analyses/{analysis.pk}/"


def test_a_scan_of_another_analysis_is_404(as_alice, alice):
    analysis, _, _ = running(alice)
    _, _, [other] = running(alice, name="Other")
    assert as_alice.get(f"/analyses/{analysis.pk}/scans/{other.scan_id}/").status_code == 404


def test_a_poll_with_nothing_new_takes_at_most_3_queries(as_bob, alice, team, django_assert_max_num_queries):
    analysis, _, [held] = running(alice)
    analysis.teams.add(team)
    address = as_bob.get(f"/analyses/{analysis.pk}/scans/{held.scan_id}/").context["poll_url"]
    with django_assert_max_num_queries(3):
        assert as_bob.get(address, headers=HTMX).status_code == 204
