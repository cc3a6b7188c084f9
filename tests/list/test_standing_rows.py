"""A poll of the list answers the rows that stand on the page, where they stand; what is new waits to be asked for."""

import pytest

from analyses.models import Analysis
from tests.scene import an_analysis, ends, many_analyses, running

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def names(response) -> list[str]:
    return [analysis.name for analysis, _ in response.context["rows"]]


def poll(client, page):
    """What a page that looks like this is answered by its next poll."""
    return client.get(page.context["poll_url"], headers=HTMX)


def change(analysis: Analysis) -> None:
    """Anything, so that polls hear something new."""
    Analysis.objects.filter(pk=analysis.pk).update(version=analysis.version + 1000)


def test_a_new_analysis_waits_behind_a_link_until_it_is_asked_for(as_alice, alice):
    running(alice, name="Shop")
    page = as_alice.get("/?sort=name")
    an_analysis(alice, name="Attic")
    an_analysis(alice, name="Barn")
    polled = poll(as_alice, page)
    assert names(polled) == ["Shop"]
    assert "2 new analyses" in polled.content.decode()
    assert polled.context["page_url"] == "/?sort=name"
    asked = as_alice.get(polled.context["page_url"], headers=HTMX)
    assert names(asked) == ["Attic", "Barn", "Shop"]
    assert "new anal" not in asked.content.decode()


def test_the_next_poll_still_knows_what_stands_there(as_alice, alice):
    shop, _, _ = running(alice, name="Shop")
    page = as_alice.get("/")
    an_analysis(alice, name="Attic")
    polled = poll(as_alice, page)
    change(shop)
    assert names(poll(as_alice, polled)) == ["Shop"]


def test_rows_keep_their_places_when_the_order_changes(as_alice, alice):
    _, _, [held] = running(alice, name="Shop")
    running(alice, name="Mill")
    page = as_alice.get("/?sort=status")
    assert names(page) == ["Mill", "Shop"]
    ends(held)
    polled = poll(as_alice, page)
    assert names(polled) == ["Mill", "Shop"]
    assert "Put in order" in polled.content.decode()
    assert names(as_alice.get(polled.context["page_url"], headers=HTMX)) == ["Shop", "Mill"]


def test_a_row_that_fits_the_filter_no_longer_stays_and_says_what_it_is_now(as_alice, alice):
    _, _, [held] = running(alice, name="Shop")
    running(alice, name="Mill")
    page = as_alice.get("/?status=in_progress")
    ends(held)
    polled = poll(as_alice, page)
    assert names(polled) == ["Mill", "Shop"]
    assert "Completed - Verifying Results" in polled.content.decode()
    assert names(as_alice.get(polled.context["page_url"], headers=HTMX)) == ["Mill"]


def test_further_pages_do_not_refresh_themselves(as_alice, alice):
    many_analyses(alice, 60)
    assert as_alice.get("/?sort=name").context["live"]
    page = as_alice.get("/?sort=name&page=2")
    assert not page.context["live"]
    assert "every 5s" not in page.content.decode()


def test_what_is_not_shared_any_more_is_gone(as_bob, alice, team):
    shop, _, _ = running(alice, name="Shop")
    mill, _, _ = running(alice, name="Mill")
    for analysis in (shop, mill):
        analysis.teams.add(team)
    page = as_bob.get("/")
    shop.teams.remove(team)
    assert names(poll(as_bob, page)) == ["Mill"]


def test_nobody_is_answered_rows_of_others_by_their_numbers(as_charlie, alice, charlie):
    secret, _, _ = running(alice, name="Secret")
    running(charlie, name="Own")
    polled = as_charlie.get(f"/?v=0&shown={secret.pk}", headers=HTMX)
    assert "Secret" not in polled.content.decode()


@pytest.mark.parametrize("shown", ["x", "1;drop", "-1", "1..2", "9" * 19, ".".join(["7"] * 101), "１"])
def test_numbers_that_are_none_are_no_numbers(as_alice, alice, shown):
    running(alice, name="Shop")
    assert names(as_alice.get("/", {"v": "0", "shown": shown}, headers=HTMX)) == ["Shop"]


def test_a_number_twice_is_one_row(as_alice, alice):
    shop, _, _ = running(alice, name="Shop")
    assert names(as_alice.get(f"/?v=0&shown={shop.pk}.{shop.pk}", headers=HTMX)) == ["Shop"]


def test_no_link_of_a_poll_holds_what_only_polls_say(as_alice, alice):
    many_analyses(alice, 60)
    first = Analysis.objects.order_by("name").first()
    polled = as_alice.get(f"/?sort=name&v=0&shown={first.pk}", headers=HTMX).content.decode()
    assert polled.count("shown=") == 1  # in the address of the next poll
    assert "sort=-name" in polled


@pytest.mark.parametrize("rows", [3, 60])
def test_a_poll_takes_at_most_12_queries_and_one_more_where_rows_stand_elsewhere(
    as_alice, alice, rows, django_assert_max_num_queries
):
    many_analyses(alice, rows)
    page = as_alice.get("/?size=100&sort=name")
    change(Analysis.objects.first())
    with django_assert_max_num_queries(12):
        poll(as_alice, page)
    elsewhere = as_alice.get("/?size=100&name=00001")
    change(Analysis.objects.first())
    with django_assert_max_num_queries(13):
        as_alice.get(f"/?v=0&size=100&name=00001&shown={page.context['stands'].numbers}", headers=HTMX)
    assert len(elsewhere.context["rows"]) == 1
