"""Findings: what stands open over all analyses that a person may see."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from analyses import all_findings, all_findings_files, lifecycle
from analyses.engines.contract import Severity
from analyses.lifecycle.triaging import triage
from analyses.models import Analysis, AnalysisOccurrence, Finding, State
from dashboard.accounts.models import ChosenZone
from tests.configure.pages import text_of
from tests.results.runs import HEADER, SQL, XSS, found, run
from tests.scene import an_analysis, ends, running

pytestmark = pytest.mark.django_db
PAGE = "/findings/"


@pytest.fixture
def shop(alice):
    analysis = an_analysis(alice, name="Shop")
    run(analysis, alice, found(SQL, XSS))
    return analysis


def shown(client, **asked) -> list[str]:
    return [finding.category for finding in client.get(PAGE, asked).context["page"]]


def test_the_worst_stand_first_over_all_analyses(as_alice, alice, shop):
    run(an_analysis(alice, name="Mill"), alice, found(HEADER, SQL))
    assert shown(as_alice) == ["SQL Injection", "SQL Injection", XSS.category, HEADER.category]


def test_each_leads_to_where_it_is_judged(as_alice, shop):
    page = as_alice.get(PAGE)
    finding = Finding.objects.get(category="SQL Injection")
    assert f'href="{reverse("analyses:results", args=[shop.pk])}?finding={finding.pk}"' in page.content.decode()
    assert "GET a.test /item in id" in text_of(page)


def test_findings_of_others_are_not_there(client, bob, charlie, lead, shop, team):
    for person, number in ((bob, 0), (charlie, 0), (lead, 2)):
        client.force_login(person)
        assert len(shown(client)) == number
    shop.teams.add(team)
    client.force_login(bob)
    assert len(shown(client)) == 2


def test_what_the_latest_run_did_not_see_any_more_is_left_out(as_alice, alice, shop):
    run(shop, alice, found(XSS))
    assert shown(as_alice) == [XSS.category]


def test_what_is_not_published_yet_does_not_count(as_alice, alice, shop):
    _, _, [held] = running(alice, name="Mill")
    ends(held)
    assert shown(as_alice) == ["SQL Injection", XSS.category]
    lifecycle.publish(held)
    assert len(shown(as_alice)) == 3


def test_only_what_the_latest_published_run_saw_counts_whatever_a_later_one_sees(as_alice, alice, shop):
    run(shop, alice, found(XSS))
    Analysis.objects.filter(pk=shop.pk).update(hold_results=True)
    shop.refresh_from_db()
    run(shop, alice, found(SQL, XSS))
    assert shown(as_alice) == [XSS.category]


def test_a_run_under_way_takes_nothing_away(as_alice, alice, shop):
    lifecycle.submit(shop, alice)
    assert shown(as_alice) == ["SQL Injection", XSS.category]


def test_settled_ones_are_shown_when_they_are_asked_for(as_alice, alice, shop):
    triage(shop, [Finding.objects.get(category="SQL Injection").pk], State.FALSE_POSITIVE, alice, "A test page.")
    triage(shop, [Finding.objects.get(category=XSS.category).pk], State.CONFIRMED, alice, "")
    assert shown(as_alice) == [XSS.category]
    assert shown(as_alice, state="to-triage") == []
    assert shown(as_alice, state="false_positive") == ["SQL Injection"]
    assert len(shown(as_alice, state="any")) == 2


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"severity": "critical"}, 1),
        ({"severity": "medium"}, 2),
        ({"q": "search"}, 1),
        ({"q": "item id"}, 1),
        ({"q": "%"}, 0),
        ({"analysis": "sho"}, 2),
        ({"analysis": "mill"}, 0),
        ({"business_unit": "retail"}, 0),
    ],
)
def test_what_they_can_be_narrowed_to(as_alice, shop, asked, number):
    assert len(shown(as_alice, **asked)) == number


def test_what_is_no_choice_is_said_and_left_out(as_alice, shop):
    page = as_alice.get(PAGE, {"severity": "worst", "state": "lost", "page": "x"})
    assert text_of(page).count("This is no choice, and is left out.") == 2
    assert len(page.context["page"]) == 2


def test_nothing_open_is_said(as_alice, alice):
    an_analysis(alice)
    assert "Nothing stands open" in text_of(as_alice.get(PAGE))
    assert "Nothing matches" in text_of(as_alice.get(PAGE, {"q": "x"}))


@pytest.mark.parametrize("number", [3, 60])
def test_the_number_of_queries_stays_the_same(as_alice, alice, number, django_assert_max_num_queries):
    for n in range(2):
        flaws = [replace(SQL, url=f"http://a.test/{k}", severity=Severity.LOW) for k in range(number)]
        run(an_analysis(alice, name=f"Shop {n}"), alice, found(*flaws))
    with django_assert_max_num_queries(7):
        assert as_alice.get(PAGE).context["page"].paginator.count == 2 * number


def test_no_more_are_counted_than_anybody_reads(as_alice, shop, monkeypatch):
    monkeypatch.setattr(all_findings, "MOST_ROWS", 1)
    pages = as_alice.get(PAGE).context["page"].paginator
    assert (pages.count, pages.total) == (1, "more than 1")


def test_it_says_how_many_there_are(as_alice, shop):
    assert "2 findings" in text_of(as_alice.get(PAGE))
    assert "1 finding " in text_of(as_alice.get(PAGE, {"severity": "critical"}))


def test_they_stand_in_the_order_that_is_asked_for(as_alice, alice, shop):
    run(an_analysis(alice, name="Mill"), alice, found(HEADER))
    assert shown(as_alice, order="newest") == [HEADER.category, "SQL Injection", XSS.category]
    assert shown(as_alice, order="analysis") == [HEADER.category, "SQL Injection", XSS.category]
    assert shown(as_alice, order="worst") == ["SQL Injection", XSS.category, HEADER.category]


@pytest.mark.parametrize(("zone", "number"), [("UTC", 1), ("Asia/Tokyo", 3)])
def test_what_is_new_since_a_day_on_the_readers_clocks(client, alice, shop, zone, number):
    ChosenZone.objects.create(user=alice, zone=zone)
    client.force_login(alice)
    run(an_analysis(alice, name="Mill"), alice, found(HEADER))
    begins = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # the next day in Tokyo
    AnalysisOccurrence.objects.filter(analysis=shop).update(submitted_at=begins)
    assert len(shown(client, since="2026-11-24")) == number
    assert len(shown(client, since="2026-11-23")) == 3
    assert len(shown(client, since="no day")) == 3


class TestAsFiles:
    def rows(self, client, **asked) -> list[dict[str, str]]:
        text = client.get(f"{PAGE}export/csv/", asked).getvalue().decode().removeprefix("\ufeff")
        return list(csv.DictReader(io.StringIO(text)))

    def test_they_hold_what_the_page_lists_on_all_its_pages(self, as_alice, shop, monkeypatch):
        monkeypatch.setattr(all_findings, "FINDINGS", 1)
        first, second = self.rows(as_alice, page="2")
        assert (first["Analysis"], first["Category"], first["CWE"]) == ("Shop", "SQL Injection", "CWE-89")
        assert first["Link"].endswith(f"/analyses/{shop.pk}/results/?finding={first['Finding']}")
        assert [row["Category"] for row in self.rows(as_alice, q="search")] == [second["Category"]] == [XSS.category]
        told = json.loads(as_alice.get(f"{PAGE}export/json/", {"severity": "critical"}).getvalue())
        assert [one["category"] for one in told["findings"]] == ["SQL Injection"]

    def test_their_times_are_on_the_readers_clocks_though_written_after_the_request(self, client, alice, shop):
        ChosenZone.objects.create(user=alice, zone="Asia/Kolkata")
        client.force_login(alice)
        told = json.loads(client.get(f"{PAGE}export/json/").getvalue())
        times = [told["exported_at"], *(one["first_seen"] for one in told["findings"])]
        times += [row["First seen"] for row in self.rows(client)]
        assert {time[-6:] for time in times} == {"+05:30"}

    def test_they_hold_nothing_of_others(self, client, bob, shop):
        client.force_login(bob)
        assert self.rows(client) == []
        assert json.loads(client.get(f"{PAGE}export/json/").getvalue())["findings"] == []

    def test_no_cell_is_a_formula_and_there_is_an_end(self, as_alice, alice, monkeypatch):
        run(an_analysis(alice, name="=1+1"), alice, found(SQL, XSS))
        monkeypatch.setattr(all_findings_files, "MOST_FINDINGS", 1)
        (row,) = self.rows(as_alice)
        assert row["Analysis"] == "'=1+1"

    def test_the_page_offers_them_with_its_own_filters(self, as_alice, shop):
        page = as_alice.get(PAGE, {"severity": "critical"}).content.decode()
        for form in ("csv", "json"):
            assert re.search(rf'href="{PAGE}export/{form}/\?[^"]*severity=critical', page), re.findall(
                "export[^>]*", page
            )
        assert as_alice.get(f"{PAGE}export/xml/").status_code == 404
