"""From the menus of an analysis to its results as files and to its history, and from each question back."""

import pytest

from tests.scene import an_analysis, published, running
from tests.statuses.reading import Element, Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NOTHING = "There are no findings of its latest run."


def item(menu: Element, name: str) -> Element:
    """An entry of a menu: a link, or what says why it is none."""
    return next(one for one in menu.of_class("menu__item") if one.words().startswith(name))


def menus(client, analysis) -> list[Element]:
    """Analysis Actions, and the menu of the row."""
    summary, rows = Page(client.get(f"/analyses/{analysis.pk}/")), Page(client.get("/"))
    return [summary.by_id("actions"), rows.by_id(f"menu-{analysis.pk}")]


def test_results_are_exported_from_both_menus_where_there_are_some(as_alice, alice):
    analysis = published(alice)
    for menu in menus(as_alice, analysis):
        address = item(menu, "Export results").attributes["href"]
        assert address == f"/analyses/{analysis.pk}/results/#exports"
    assert Page(as_alice.get(f"/analyses/{analysis.pk}/results/")).by_id("exports").words().startswith("Export")


@pytest.mark.parametrize("make", [an_analysis, lambda owner: running(owner)[0]], ids=["draft", "running"])
def test_where_there_are_none_both_menus_say_so(as_alice, alice, make):
    for menu in menus(as_alice, make(alice)):
        entry = item(menu, "Export results")
        assert entry.attributes.get("aria-disabled") == "true"
        assert entry.of_class("menu__reason")[0].words() == NOTHING


def test_the_history_is_viewed_from_both_menus_by_whoever_may_only_look(as_charlie, charlie, alice, team):
    charlie.groups.set([team])
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    for menu in menus(as_charlie, analysis):
        assert item(menu, "View history").attributes["href"] == f"/analyses/{analysis.pk}/history/"


def test_they_stand_after_duplicate(as_alice, alice):
    for menu in menus(as_alice, published(alice)):
        names = [one.words() for one in menu.of_class("menu__item")]
        at = names.index("Duplicate")
        assert names[at + 1 : at + 3] == ["Export results", "View history"]


@pytest.mark.parametrize(
    ("asked", "name", "leads_to"),
    [("", "Shop", "/analyses/{}/"), ("?list=owner%3Dalice", "All Dynamic Analysis Scans", "/?owner=alice")],
)
def test_the_question_before_deleting_has_a_way_back_above_it(as_alice, alice, asked, name, leads_to):
    analysis = an_analysis(alice, name="Shop")
    [back] = Page(as_alice.get(f"/analyses/{analysis.pk}/delete/{asked}")).of_class("topline__back")
    assert (back.words(), back.attributes["href"]) == (name, leads_to.format(analysis.pk))


@pytest.mark.parametrize(("address", "more"), [("/bulk/delete/", {}), ("/bulk/", {"action": "stop-delete"})])
def test_the_questions_about_many_have_one_too(as_alice, alice, address, more):
    analysis = running(alice)[0] if more else an_analysis(alice)
    page = Page(as_alice.post(address, {"chosen": [analysis.pk], "list": "owner=alice", **more}))
    [back] = page.of_class("topline__back")
    assert (back.words(), back.attributes["href"]) == ("All Dynamic Analysis Scans", "/?owner=alice")
