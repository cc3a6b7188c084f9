"""Saved views: what the list is narrowed to, under a name, for one person."""

import pytest

from analyses.models import SavedView
from analyses.saved_views import MOST_VIEWS, kept_parameters
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db
FAILED = "attention=on&sort=-ended"


@pytest.fixture(autouse=True)
def _something_to_list(alice, team):
    an_analysis(alice).teams.add(team)


def saved(client, name: str = "Failed", query: str = FAILED):
    return client.post("/views/", {"name": name, "list": query}, follow=True)


def names(response) -> list[str]:
    return [view.name for view in response.context["views"]]


def test_it_is_saved_listed_and_marked(as_alice):
    response = saved(as_alice)
    assert response.redirect_chain == [(f"/?{FAILED}", 302)]
    page = response.content.decode()
    assert '<a href="/?attention=on&amp;sort=-ended" aria-current="page">Failed</a>' in page
    assert "“Failed” is saved" in page
    assert 'aria-current="page">Failed' not in as_alice.get("/").content.decode()


def test_each_has_their_own(as_alice, as_bob):
    saved(as_alice)
    assert names(as_alice.get("/")) == ["Failed"]
    assert names(as_bob.get("/")) == []
    saved(as_bob)
    assert SavedView.objects.count() == 2


def test_the_same_name_replaces_it(as_alice):
    saved(as_alice)
    saved(as_alice, "FAILED", "status=saved")
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("FAILED", "status=saved")


def test_only_what_is_known_is_kept(as_alice):
    saved(as_alice, query="name=a%26b&evil=1&v=3&page=7&size=50&sort=;drop&status=&next=//evil.test/")
    assert SavedView.objects.get().query == "name=a%26b&size=50"


def test_the_same_choice_in_another_order_is_the_same_view(as_alice):
    saved(as_alice)
    response = as_alice.get("/?sort=-ended&v=12&attention=on&status=")
    assert response.context["active_view"] == SavedView.objects.get()
    assert kept_parameters({"sort": "-ended", "attention": "on"}) == FAILED


@pytest.mark.parametrize("query", ["", "page=3", "evil=1", "sort=evil", "name=" + "x" * 9_000])
def test_nothing_chosen_is_no_view(as_alice, query):
    assert "Nothing is filtered or sorted" in saved(as_alice, query=query).content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_name_that_is_none_is_refused_and_the_list_stays(as_alice, name):
    response = saved(as_alice, name)
    assert response.redirect_chain == [(f"/?{FAILED}", 302)]
    assert "Not saved." in response.content.decode()
    assert not SavedView.objects.exists()


def test_there_are_at_most_20(as_alice):
    for number in range(MOST_VIEWS):
        saved(as_alice, f"View {number:02}")
    assert "as many as there may be" in saved(as_alice, "One more").content.decode()
    saved(as_alice, "View 07", "status=saved")
    assert SavedView.objects.count() == 20
    assert SavedView.objects.get(name="View 07").query == "status=saved"


def test_it_is_deleted_and_the_list_stays(as_alice):
    saved(as_alice)
    view = SavedView.objects.get()
    response = as_alice.post(f"/views/{view.pk}/delete/", follow=True)
    assert response.redirect_chain == [(f"/?{FAILED}", 302)]
    assert not SavedView.objects.exists()


def test_nobody_else_deletes_it(as_alice, as_bob, as_lead):
    saved(as_alice)
    for client in (as_bob, as_lead):
        assert client.post(f"/views/{SavedView.objects.get().pk}/delete/").status_code == 404
    assert as_alice.get(f"/views/{SavedView.objects.get().pk}/delete/").status_code == 405


def test_a_hostile_name_is_text(as_alice):
    assert "<b>x</b>" not in saved(as_alice, "<b>x</b>").content.decode()


def test_one_query_lists_them_all(as_alice, django_assert_max_num_queries):
    for number in range(MOST_VIEWS):
        saved(as_alice, f"View {number:02}")
    as_alice.get("/")
    with django_assert_max_num_queries(12):
        assert len(names(as_alice.get("/"))) == 20
