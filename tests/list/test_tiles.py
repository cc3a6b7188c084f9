"""The figures above the list: each is the number of the analyses that its link shows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis
from analyses.moves import Ending
from analyses.statuses import AnalysisStatus
from tests.lifecycle.test_reviewing import held
from tests.pages.test_analyses_list import shown
from tests.scene import UNREACHED, an_analysis, ends, many_analyses, prescanned, published, running
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db


def tiles(client, **asked) -> dict[str, tuple[int, str]]:
    """What each is called, with its number and its parameters."""
    return {str(tile.label): (tile.number, tile.asked) for tile in client.get("/", asked).context["tiles"]}


def behind(client, label: str) -> list[str]:
    """The names that the list shows where a figure leads to."""
    page = Page(client.get("/"))
    strip = page.of_class("strip")[0]
    link = next(one for one in strip.walk() if one.name == "a" and one.words().endswith(label))
    return sorted(shown(client.get(f"{link.attributes['href']}&size=100")))


@pytest.fixture
def some_of_each(alice) -> None:
    """Of every status one, and some that ended within the last week, or longer ago."""
    many_analyses(alice, len(AnalysisStatus))
    held(alice, "http://held.test/", name="Held")
    running(alice, "http://runs.test/", name="Runs")
    published(alice, "http://new.test/", name="New")
    published(alice, "http://old.test/", name="Old")
    _, _, [claim] = running(alice, "http://stopped.test/", name="Broken")
    ends(claim, Ending.ERROR, finds=False)
    prescanned(lifecycle.submit(an_analysis(alice, "http://away.test/", name="Away"), alice), UNREACHED)
    now = timezone.now()
    Analysis.objects.filter(name="Old").update(ended_at=now - timedelta(days=7, seconds=1))
    Analysis.objects.filter(name="New").update(ended_at=now - timedelta(days=6, hours=23))


def test_every_number_is_the_number_of_rows_behind_its_link(as_lead, some_of_each):
    found = tiles(as_lead)
    assert list(found) == ["Running", "Waiting", "Needs attention", "Waits for review", "Published in 7 days"]
    assert all(number for number, _ in found.values())
    behind_it = {label: len(shown(as_lead.get(f"/?{asked}&size=100"))) for label, (_, asked) in found.items()}
    assert behind_it == {label: number for label, (number, _) in found.items()}


def test_each_leads_to_what_it_counts(as_lead, some_of_each):
    assert "Runs" in behind(as_lead, "Running")
    assert "Held" not in behind(as_lead, "Running")
    assert behind(as_lead, "Waits for review") == ["Held"]
    assert behind(as_lead, "Published in 7 days") == ["New"]
    assert {"Broken", "Away"} <= set(behind(as_lead, "Needs attention"))


def test_they_count_all_of_them_whatever_the_list_is_narrowed_to(as_alice, some_of_each):
    assert tiles(as_alice, name="nowhere") == tiles(as_alice)


def test_they_count_what_their_reader_may_see(as_bob, as_charlie, alice, team):
    running(alice, "http://a.test/", name="Ours")[0].teams.add(team)
    running(alice, "http://b.test/", name="Hers")
    published(alice, "http://c.test/", name="Hers too")
    assert tiles(as_bob)["Running"] == (1, "group=running")
    assert behind(as_bob, "Running") == ["Ours"]
    assert [number for number, _ in tiles(as_charlie).values()] == [0] * 4
    assert tiles(as_bob)["Published in 7 days"][0] == 0


def test_the_one_whose_analyses_are_shown_is_marked(as_alice, alice):
    running(alice)
    assert 'aria-current="true"' not in as_alice.get("/?group=running&mine=on").content.decode()
    assert 'aria-current="true"' in as_alice.get("/?group=running").content.decode()


def test_none_leads_nowhere(as_alice, alice):
    an_analysis(alice)
    assert Page(as_alice.get("/")).of_class("strip")[0].words().startswith("Running 0 Waiting 0")


@pytest.mark.parametrize(
    ("group", "number"), [("running", 10), ("waiting", 3), ("published", 3), ("ended", 6), ("draft", 1)]
)
def test_a_group_of_statuses_is_offered_among_the_further_filters(as_alice, alice, group, number):
    many_analyses(alice, len(AnalysisStatus))
    page = as_alice.get("/", {"group": group, "size": 100})
    assert len(shown(page)) == number
    assert 'id="more-filters" open' in page.content.decode()
    assert f'<option value="{group}" selected>' in page.content.decode()


def test_groups_leave_no_status_out_and_none_is_in_two(as_alice, alice):
    many_analyses(alice, len(AnalysisStatus))
    field = as_alice.get("/").context["filter"].form.fields["group"]
    names = [name for group, _ in field.choices if group for name in shown(as_alice.get("/", {"group": group}))]
    assert len(names) == len(set(names)) == len(AnalysisStatus)


@pytest.mark.parametrize(("days", "found"), [("1", "A"), ("7", "ABC"), ("30", "ABCDE")])
def test_what_ended_lately_is_found_to_the_second(as_alice, alice, days, found):
    for name, hours in zip("ABCDEF", (23, 25, 7 * 24 - 1, 7 * 24 + 1, 30 * 24 - 1, 30 * 24 + 1), strict=True):
        an_analysis(alice, name=name, ended_at=timezone.now() - timedelta(hours=hours))
    an_analysis(alice, name="Never")
    assert set(shown(as_alice.get("/", {"ended": days}))) == set(found)


@pytest.mark.parametrize("asked", ["group=nonsense", "ended=2", "ended=-1", "group=running%00"])
def test_what_is_no_choice_is_said_and_left_out(as_alice, alice, asked):
    an_analysis(alice, name="Shop")
    page = as_alice.get(f"/?{asked}")
    assert shown(page) == ["Shop"]
    assert "This is no choice, and is left out." in page.content.decode()
