"""Deleting an analysis: who may, what the page says, and that nothing but its record remains."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Activity, Analysis, DeletedAnalysis, Finding, Retest, SignInTest
from analyses.models.scans import Specification
from notifications.models import OutgoingMail
from tests.scene import an_analysis, ends, published, running
from tests.statuses.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def page_of(client, analysis) -> Page:
    return Page(client.get(f"/analyses/{analysis.pk}/delete/"))


def ask(client, analysis, name: str | None = None, **more) -> Page:
    sent = {"name": analysis.name if name is None else name, **more}
    return Page(client.post(f"/analyses/{analysis.pk}/delete/", sent, follow=True))


def test_the_page_says_what_is_lost_and_nothing_happens_by_opening_it(as_alice, alice):
    analysis = published(alice, "http://a.test/", "http://b.test/", name="Shop")
    words = page_of(as_alice, analysis).root.words()
    entries = Activity.objects.filter(analysis=analysis).count()
    for text in ("Delete “Shop”?", "1 run", "2 URLs and API specifications", "1 finding,", f"{entries} entries of the"):
        assert text in words
    assert "Completed - Results Available" in words
    assert Analysis.objects.filter(pk=analysis.pk).exists()


def test_it_goes_with_all_that_belongs_to_it_and_leaves_one_record(as_alice, alice, lead):
    other = published(alice, name="Bank")
    analysis = published(alice, "http://a.test/", "http://b.test/", name="Shop")
    Specification.objects.create(analysis=analysis, name="api.json", form="OpenAPI 3.1", endpoints=[], requests="")
    entries = Activity.objects.filter(analysis=analysis).count()
    mails = OutgoingMail.objects.count()
    before = _rows()
    page = ask(as_alice, analysis)
    assert page.messages() == "“Shop” has been deleted."
    record = DeletedAnalysis.objects.get()
    kept = (record.name, record.number, record.by_name, record.owner_name, record.runs, record.scans, record.findings)
    assert kept == ("Shop", analysis.pk, "alice", "alice", 1, 2, 1)
    assert record.entries == entries
    assert OutgoingMail.objects.count() == mails > 0
    assert _rows() != before
    assert {row["analysis"] for row in Activity.objects.values("analysis")} == {other.pk}
    assert set(Analysis.objects.all()) == {other}
    assert set(Finding.objects.values_list("analysis", flat=True)) == {other.pk}
    assert not Specification.objects.exists()
    assert as_alice.get(f"/analyses/{analysis.pk}/").status_code == 404


def _rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in apps.get_app_config("analyses").get_models()}


@pytest.mark.parametrize("typed", ["", "shop", "Shop 2"])
def test_another_name_deletes_nothing_and_stays_typed(as_alice, alice, typed):
    analysis = an_analysis(alice, name="Shop")
    answer = as_alice.post(f"/analyses/{analysis.pk}/delete/", {"name": typed})
    assert answer.status_code == 400
    assert "Nothing was deleted: this is not its name." in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()
    assert Analysis.objects.filter(pk=analysis.pk).exists()


def test_twice_is_once(as_alice, as_bob, alice):
    analysis = an_analysis(alice)
    ask(as_alice, analysis)
    assert ask(as_alice, analysis).messages() == "You have deleted it already."
    assert as_bob.post(f"/analyses/{analysis.pk}/delete/", {"name": analysis.name}).status_code == 404
    assert DeletedAnalysis.objects.count() == 1
    with pytest.raises(lifecycle.Refused, match="deleted already"):
        lifecycle.delete(analysis, alice)


def _scheduled(owner) -> Analysis:
    later = timezone.now() + timedelta(days=1)
    analysis = an_analysis(owner, name="Shop", start_at=later)
    lifecycle.submit(analysis, owner, start_at=later)
    return analysis


def _verifying(owner) -> Analysis:
    analysis, _, [claim] = running(owner)
    ends(claim)
    return analysis


def _winding_down(owner) -> Analysis:
    analysis, _, _ = running(owner)
    lifecycle.stop(analysis, owner, keep=False)
    return analysis


@pytest.mark.parametrize("live", [_scheduled, _verifying, _winding_down, lambda owner: running(owner)[0]])
def test_what_is_under_way_is_not_deleted(as_alice, alice, live):
    analysis = live(alice)
    analysis.refresh_from_db()
    page = ask(as_alice, analysis)
    assert page.messages().startswith("Nothing was deleted. It")
    with pytest.raises(lifecycle.Refused):
        lifecycle.delete(analysis, alice)
    menu = Page(as_alice.get(f"/analyses/{analysis.pk}/")).by_id("actions").words()
    assert "stop it, or withdraw it" in menu or "winding down" in menu
    assert Analysis.objects.filter(pk=analysis.pk).exists()


def test_what_is_being_tested_again_or_tried_out_is_not_deleted(as_alice, alice):
    analysis = published(alice)
    scan = analysis.occurrences.get().scans.get()
    retest = Retest.objects.create(
        finding=Finding.objects.get(), scan_occurrence=scan, asked_by_name="alice", asked_at=timezone.now()
    )
    assert "being tested just now" in ask(as_alice, analysis).messages()
    retest.delete()
    test = SignInTest.objects.create(user=alice, analysis=analysis, url="http://a.test/")
    assert "being tested just now" in ask(as_alice, analysis).messages()
    test.delete()
    assert "has been deleted" in ask(as_alice, analysis).messages()


def test_the_owner_and_a_lead_may_and_nobody_else(as_bob, as_lead, alice, team):
    analysis = an_analysis(alice, name="Ours")
    analysis.teams.add(team)
    assert "Only its owner or a security lead" in ask(as_bob, analysis).messages()
    assert "Only its owner" in Page(as_bob.get(f"/analyses/{analysis.pk}/")).by_id("actions").words()
    assert "has been deleted" in ask(as_lead, analysis).messages()
    assert DeletedAnalysis.objects.get().by_name == "lead"


def test_from_the_list_it_leads_back_to_the_list(as_alice, alice):
    analysis = an_analysis(alice, name="Shop")
    row = as_alice.get("/?owner=alice").content.decode()
    assert f'href="/analyses/{analysis.pk}/delete/?list=owner%3Dalice"' in row
    answer = as_alice.post(f"/analyses/{analysis.pk}/delete/", {"name": "Shop", "list": "owner=alice"})
    assert answer["Location"] == "/?owner=alice"


def test_many_are_named_and_their_number_is_typed(as_alice, alice):
    shop, bank, busy = an_analysis(alice, name="Shop"), published(alice, name="Bank"), running(alice, name="Busy")[0]
    chosen = [shop.pk, bank.pk, busy.pk]
    words = Page(as_alice.post("/bulk/delete/", {"chosen": chosen})).root.words()
    for text in ("Delete 2 analyses?", "Shop", "Bank", "1 run", "2 URLs", "1 finding", "Left as they are", "Busy"):
        assert text in words
    miscounted = as_alice.post("/bulk/delete/", {"chosen": chosen[:2], "confirmed": "3"})
    assert "Nothing was deleted: they are 2." in miscounted.content.decode()
    assert Analysis.objects.count() == 3
    report = as_alice.post("/bulk/delete/", {"chosen": chosen, "confirmed": "3"}, follow=True).content.decode()
    assert "2 of 3 done" in report
    assert f'href="/analyses/{shop.pk}/"' not in report
    assert set(Analysis.objects.all()) == {busy}
    again = as_alice.post("/bulk/delete/", {"chosen": chosen[:2], "confirmed": "2"}, follow=True).content.decode()
    assert "0 of 2 done" in again
    assert DeletedAnalysis.objects.count() == 2


def test_of_many_none_that_may_be_deleted_asks_nothing(as_bob, alice, team):
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    page = Page(as_bob.post("/bulk/delete/", {"chosen": [analysis.pk]}, follow=True))
    assert "none of the chosen analyses can be deleted" in page.messages()
