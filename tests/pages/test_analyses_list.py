"""All Dynamic Analysis Scans."""

import re

import pytest

from analyses import lifecycle
from analyses.engines.contract import Phase, Progress
from analyses.models import Analysis
from analyses.statuses import AnalysisStatus
from tests.scene import (
    UNREACHED,
    an_analysis,
    ends,
    let_pass,
    many_analyses,
    prescanned,
    published,
    running,
    scans_of,
    started,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def shown(response) -> list[str]:
    return [analysis.name for analysis in response.context["page"]]


def poll_address(response) -> str:
    return response.context["poll_url"]


def test_it_shows_name_status_scans_and_owner(as_alice, alice):
    published(alice, name="Shop")
    page = as_alice.get("/").content.decode()
    for text in ("Shop", "Completed - Results Available", "alice"):
        assert text in page


def test_only_what_the_user_may_see(as_alice, as_bob, as_charlie, as_lead, alice, team):
    an_analysis(alice, name="Mine")
    an_analysis(alice, name="Ours").teams.add(team)
    assert shown(as_alice.get("/")) == ["Ours", "Mine"]
    assert shown(as_bob.get("/")) == ["Ours"]
    assert shown(as_charlie.get("/")) == []
    assert shown(as_lead.get("/")) == ["Ours", "Mine"]


def test_find_by_a_part_of_the_name(as_alice, alice):
    an_analysis(alice, name="Web shop")
    an_analysis(alice, name="Intranet")
    assert shown(as_alice.get("/", {"name": "SHOP"})) == ["Web shop"]


@pytest.mark.parametrize("status", list(AnalysisStatus))
def test_filter_by_status_offers_every_status_and_finds_it(as_alice, alice, status):
    many_analyses(alice, 2 * len(AnalysisStatus))
    response = as_alice.get("/", {"status": status.value})
    assert {analysis.status for analysis in response.context["page"]} == {status}
    choices = dict(
        choice for _, group in response.context["filter"].form.fields["status"].choices[1:] for choice in group
    )
    assert choices[status.value] == f"{status.label} (2)"


def test_a_filter_that_makes_no_sense_is_left_out(as_alice, alice):
    an_analysis(alice, name="Shop")
    response = as_alice.get("/?status=nonsense&page=minus&size=1e9&sort=;drop")
    assert shown(response) == ["Shop"]


def test_nothing_found_says_so_and_leads_back(as_alice, alice):
    an_analysis(alice, name="Shop")
    page = as_alice.get("/", {"name": "nowhere"}).content.decode()
    assert "Clear" in page


def test_the_first_run_leads_to_a_new_analysis(as_alice):
    assert "/analyses/new/" in as_alice.get("/").content.decode()


COLUMNS = ["name", "status", "scans", "progress", "findings", "started", "ended", "next", "owner"]


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_sorts_both_ways(as_alice, alice, column):
    many_analyses(alice, 30)
    up = as_alice.get("/", {"sort": column, "size": 100})
    down = as_alice.get("/", {"sort": f"-{column}", "size": 100})
    assert shown(up) == list(reversed(shown(down)))


def test_without_a_percentage_an_analysis_comes_last_both_ways_and_the_row_has_no_bar(as_alice, alice):
    done, half, untold = (running(alice, f"http://{name}.test/", name=name) for name in ("done", "half", "untold"))
    for (_, _, [held]), checks in ((done, 90), (half, 50)):
        lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 1, checks_done=checks, checks_total=100))
    lifecycle.heartbeat(untold[2][0], Progress(Phase.CRAWLING, pages=7))
    assert shown(as_alice.get("/", {"sort": "progress"})) == ["half", "done", "untold"]
    page = as_alice.get("/", {"sort": "-progress"})
    assert shown(page) == ["done", "half", "untold"]
    rows = page.content.decode().split("<tr id=")[1:]
    assert ["<progress" in row for row in rows] == [True, True, False]
    assert "7 pages" in rows[2]


def test_where_nobody_can_say_how_far_it_is_the_scans_that_are_over_are_counted(as_alice, alice, settings):
    settings.SCAN_CAPACITY = 3
    analysis = an_analysis(alice, *[f"http://{name}.test/" for name in "abcd"])
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence, UNREACHED)
    first, *others = [started(scan) for scan in scans_of(occurrence)[1:]]
    lifecycle.heartbeat(others[0], Progress(Phase.CRAWLING, pages=7))
    ends(first, finds=False)
    page = as_alice.get("/").content.decode()
    assert "1 of 3 scans done" in page
    assert "<progress" not in page


def test_it_is_paged(as_alice, alice):
    many_analyses(alice, 60)
    assert len(shown(as_alice.get("/"))) == 25
    assert len(shown(as_alice.get("/", {"page": 3}))) == 10
    assert len(shown(as_alice.get("/", {"size": 100}))) == 60


def test_a_poll_that_finds_nothing_new_is_answered_204(as_alice, alice):
    running(alice)
    address = poll_address(as_alice.get("/?name=shop"))
    assert "name=shop" in address
    assert as_alice.get(address, headers=HTMX).status_code == 204


def test_a_poll_gets_the_changed_rows_only(as_alice, alice):
    analysis, _, _ = running(alice)
    address = poll_address(as_alice.get("/"))
    lifecycle.stop(analysis, alice, keep=True)
    answer = as_alice.get(address, headers=HTMX)
    assert "Stopped - Saving Results" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_poll_hears_of_a_change_whose_clock_is_behind(as_alice, alice, time_machine):
    """The clock of another machine, one that is put back, or a change that was begun first and committed last."""
    shop, web = an_analysis(alice, name="Shop"), an_analysis(alice, name="Web")
    lifecycle.submit(web, alice)
    address = poll_address(as_alice.get("/"))
    let_pass(time_machine, -3)
    lifecycle.submit(shop, alice)
    assert as_alice.get(address, headers=HTMX).status_code == 200


def test_a_list_without_anything_live_does_not_poll(as_alice, alice):
    an_analysis(alice)
    assert "every 5s" not in as_alice.get("/").content.decode()
    running(alice, name="Running")
    assert "every 5s" in as_alice.get("/").content.decode()


@pytest.mark.parametrize("rows", [3, 60, 300])
def test_it_takes_at_most_12_queries_whatever_the_number_of_rows(as_alice, alice, rows, django_assert_max_num_queries):
    many_analyses(alice, rows)
    with django_assert_max_num_queries(12):
        as_alice.get("/", {"size": 100})


def test_a_poll_with_nothing_new_takes_at_most_3_queries(as_bob, alice, team, django_assert_max_num_queries):
    running(alice)[0].teams.add(team)
    address = poll_address(as_bob.get("/"))
    with django_assert_max_num_queries(3):
        assert as_bob.get(address, headers=HTMX).status_code == 204


def test_signed_out_a_page_leads_to_sign_in_and_a_poll_says_so(client, alice):
    assert client.get("/").url.startswith("/sign-in/")
    assert client.get("/", headers=HTMX).status_code == 401


def test_a_hostile_name_is_shown_as_text(as_alice, alice):
    an_analysis(alice, name="<script>alert(1)</script>")
    assert "<script>alert(1)" not in as_alice.get("/").content.decode()


def test_every_row_leads_to_its_summary(as_alice, alice):
    analysis = an_analysis(alice)
    assert re.search(rf'href="/analyses/{analysis.pk}/"', as_alice.get("/").content.decode())
    assert Analysis.objects.count() == 1
