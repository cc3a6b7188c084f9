"""The list and checked rows of it as files: what they hold, and what they leave out and say so."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis
from tests.lifecycle.test_reviewing import held
from tests.pages.test_exports import HOSTILE, assert_is_sarif
from tests.results.runs import HEADER, SQL, found, run
from tests.scene import FLAW, an_analysis, many_analyses, published, running
from tests.statuses.reading import Page

pytestmark = pytest.mark.django_db
FILES = ["analyses-csv", "analyses-json", "findings-csv", "findings-json", "findings-sarif"]
GONE = "It is not there any more, or not shared with you."
NO_RESULTS = "No run of it has published results."


def lines(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


def listed(client, form: str = "csv", **asked):
    answer = client.get(f"/export/{form}/", asked)
    return lines(answer) if form == "csv" else json.loads(answer.getvalue())


def asked(client, *analyses: Analysis | int, **more):
    return client.post("/bulk/export/", {"chosen": [getattr(one, "pk", one) for one in analyses], **more})


def told(client, *analyses: Analysis | int, file: str):
    answer = asked(client, *analyses, file=file)
    return lines(answer) if file.endswith("csv") else json.loads(answer.getvalue())


class TestTheList:
    def test_it_holds_what_the_list_shows(self, as_alice, alice):
        published(alice, name="Shop")
        [row] = listed(as_alice)
        assert (row["Name"], row["Status"], row["Owner"]) == ("Shop", "Completed - Results Available", "alice")
        assert (row["Scans"], row["With problems"], row["Critical"], row["Info"]) == ("1", "0", "1", "0")
        assert row["Link"].endswith(f"/analyses/{row['Analysis']}/")
        assert (row["Waits for review"], row["Percent done"], row["Time limit"], row["Left out"]) == ("no", "", "", "")

    def test_what_runs_has_a_limit_and_what_waits_for_a_review_has_none(self, as_alice, alice):
        running(alice, "http://a.test/", name="Runs")
        held(alice, "http://b.test/", name="Held")
        rows = {row["Name"]: row for row in listed(as_alice)}
        assert rows["Runs"]["Time limit"] != ""
        assert (rows["Held"]["Time limit"], rows["Held"]["Waits for review"]) == ("", "yes")

    def test_it_is_narrowed_and_sorted_as_the_list_is_over_all_its_pages(self, as_alice, alice):
        many_analyses(alice, 60)
        an_analysis(alice, name="Shop")
        rows = listed(as_alice, name="analysis", sort="-name", page=2, size=25)
        assert [row["Name"] for row in rows] == [f"Analysis {number:05}" for number in reversed(range(60))]

    def test_what_is_live_comes_first_as_in_the_list(self, as_alice, alice):
        running(alice, name="Live")
        an_analysis(alice, name="Draft")
        assert [row["Name"] for row in listed(as_alice)] == ["Live", "Draft"]

    def test_json_says_what_it_was_narrowed_to(self, as_alice, alice):
        running(alice, name="Shop")
        file = listed(as_alice, "json", group="running", mine="on", team="nonsense")
        assert file["filters"] == {"group": "running", "mine": "True"}
        assert [one["name"] for one in file["analyses"]] == ["Shop"]
        assert (file["more"], file["left_out"]) == (0, [])

    def test_it_holds_what_its_reader_may_see(self, as_bob, as_charlie, as_lead, alice, team):
        an_analysis(alice, name="Hers")
        an_analysis(alice, name="Ours").teams.add(team)
        assert [row["Name"] for row in listed(as_bob)] == ["Ours"]
        assert listed(as_charlie) == []
        assert {row["Name"] for row in listed(as_lead)} == {"Hers", "Ours"}

    def test_its_times_are_on_the_readers_clocks_though_written_after_the_request(self, as_alice, alice):
        at = datetime(2026, 3, 1, 23, 5, tzinfo=UTC)
        an_analysis(alice, started_at=at, ended_at=at, next_start=at)
        as_alice.cookies["timezone"] = "Asia/Tokyo"
        [row] = listed(as_alice)
        assert {row["Started"], row["Ended"], row["Next run"]} == {"2026-03-02T08:05:00+09:00"}
        assert listed(as_alice, "json")["exported_at"].endswith("+09:00")

    def test_it_is_english_whoever_asks(self, as_alice, alice):
        running(alice)
        as_alice.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
        assert listed(as_alice)[0]["Status"] == "In Progress"

    def test_no_cell_is_a_formula(self, as_alice, alice):
        an_analysis(alice, name='=HYPERLINK("http://evil.test")')
        assert listed(as_alice)[0]["Name"] == '\'=HYPERLINK("http://evil.test")'

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_it_is_sent_piece_by_piece_in_few_queries(self, as_alice, alice, form, django_assert_max_num_queries):
        many_analyses(alice, 1_200)
        with django_assert_max_num_queries(8):
            answer = as_alice.get(f"/export/{form}/")
            assert answer.streaming
            assert sum(piece.count(b"Analysis 0") for piece in answer) == 1_200
        assert answer["Content-Disposition"] == f'attachment; filename="analyses.{form}"'

    def test_it_ends_where_pages_do_and_says_how_many_there_are_besides(self, as_alice, alice, monkeypatch):
        for module in ("analyses.list_files", "analyses.views.list_files"):
            monkeypatch.setattr(f"{module}.MOST_ROWS", 2)
        many_analyses(alice, 5)
        rows = listed(as_alice)
        assert [bool(row["Name"]) for row in rows] == [True, True, False]
        assert rows[-1]["Left out"] == "3 more: a file holds at most 2."
        assert listed(as_alice, "json")["more"] == 3

    def test_in_unknown_forms_there_is_none(self, as_alice):
        assert as_alice.get("/export/exe/").status_code == 404

    def test_the_list_offers_it_with_its_own_filters(self, as_alice, alice):
        an_analysis(alice, name="Shop")
        page = as_alice.get("/?name=sho&sort=-name").content.decode()
        assert 'href="/export/csv/?name=sho&amp;sort=-name' in page
        assert "Export all that fit:" in page


class TestCheckedRows:
    def test_it_asks_what_is_wanted_and_says_what_findings_there_are_none_of(self, as_alice, alice):
        shop, draft = published(alice, name="Shop"), an_analysis(alice, name="Draft")
        page = Page(asked(as_alice, shop, draft, 999_999, list="name=x"))
        words = page.root.words()
        assert "Export 2 analyses" in words
        assert "1 of those that were chosen is left out: it is not there any more" in words
        assert "Left out, because no run of theirs has published results: Draft" in words
        buttons = {one.attributes["value"] for one in page.root.walk() if one.attributes.get("name") == "file"}
        assert buttons == {"analyses-csv", "analyses-json", "findings-csv", "findings-json", "findings-sarif"}
        assert any(one.attributes.get("href") == "/?name=x" for one in page.of_class("topline__back"))

    def test_of_what_has_no_results_no_findings_are_offered(self, as_alice, alice):
        page = Page(asked(as_alice, an_analysis(alice)))
        assert "None of them has a run with published results." in page.root.words()
        assert "findings-csv" not in str(page.root)

    def test_the_analyses_are_those_that_were_checked_and_the_others_are_named(self, as_bob, alice, team):
        shop, hers = published(alice, "http://a.test/", name="Shop"), an_analysis(alice, name="Hers")
        shop.teams.add(team)
        an_analysis(alice, name="Not checked").teams.add(team)
        first, second = told(as_bob, shop, hers, file="analyses-csv")
        assert (first["Name"], first["Left out"]) == ("Shop", "")
        assert (second["Analysis"], second["Name"], second["Left out"]) == (str(hers.pk), "", GONE)
        file = told(as_bob, shop, hers, file="analyses-json")
        assert [one["name"] for one in file["analyses"]] == ["Shop"]
        assert file["left_out"] == [{"analysis": hers.pk, "name": None, "reason": GONE}]

    def test_the_findings_are_those_of_their_latest_published_runs(self, as_alice, alice):
        shop, draft = an_analysis(alice, "http://a.test/", name="Shop"), an_analysis(alice, name="Draft")
        run(shop, alice, found(SQL))
        run(shop, alice, found(HEADER))
        published(alice, "http://b.test/", name="Not checked")
        lifecycle.submit(shop, alice)
        first, second = told(as_alice, shop, draft, file="findings-csv")
        assert (first["Analysis"], first["Category"], first["Left out"]) == ("Shop", HEADER.category, "")
        assert (second["Analysis"], second["Category"], second["Left out"]) == ("Draft", "", NO_RESULTS)
        file = told(as_alice, shop, draft, file="findings-json")
        assert [one["category"] for one in file["findings"]] == [HEADER.category]
        assert file["left_out"] == [{"analysis": draft.pk, "name": "Draft", "reason": NO_RESULTS}]

    def test_what_is_found_beyond_as_many_as_a_file_holds_is_counted(self, as_alice, alice, monkeypatch):
        monkeypatch.setattr("analyses.all_findings_files.MOST_FINDINGS", 1)
        shop = published(alice, flaws=(FLAW, replace(FLAW, parameter="q")))
        rows = told(as_alice, shop, file="findings-csv")
        assert rows[-1]["Left out"] == "1 more findings: a file holds at most 1."
        assert told(as_alice, shop, file="findings-json")["more"] == 1

    def test_sarif_has_a_run_for_each_and_what_the_standard_requires(self, as_alice, alice):
        shop, mill = (published(alice, f"http://{name}.test/", name=name) for name in ("shop", "mill"))
        draft = an_analysis(alice, name="Draft")
        log = told(as_alice, shop, mill, draft, file="findings-sarif")
        assert [one["automationDetails"]["id"] for one in log["runs"]] == [
            f"vedette/{mill.pk}/1",
            f"vedette/{shop.pk}/1",
        ]
        assert log["properties"]["leftOut"] == [{"analysis": draft.pk, "name": "Draft", "reason": NO_RESULTS}]
        for number in (0, 1):
            assert_is_sarif({**log, "runs": [log["runs"][number]]})

    @pytest.mark.parametrize(
        "file", ["analyses-csv", "analyses-json", "findings-csv", "findings-json", "findings-sarif"]
    )
    def test_nothing_of_others_is_in_any_of_them(self, as_charlie, charlie, alice, file):
        hers, own = published(alice, "http://secret.test/", name="Hers"), an_analysis(charlie, name="Own")
        content = asked(as_charlie, hers, own, file=file).getvalue().decode()
        assert "Hers" not in content
        assert "secret.test" not in content
        assert GONE in content

    def test_reasons_are_english_in_files_and_the_readers_on_the_page(self, as_alice, alice):
        as_alice.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
        draft = an_analysis(alice, name="Draft")
        assert told(as_alice, draft, file="findings-json")["left_out"][0]["reason"] == NO_RESULTS
        assert "Ausgelassen" in Page(asked(as_alice, draft, published(alice, name="Shop"))).root.words()

    def test_no_cell_is_a_formula(self, as_alice, alice):
        shop = published(alice, name="=1+1", flaws=(replace(FLAW, category=HOSTILE, parameter="@SUM(1)"),))
        assert told(as_alice, shop, file="analyses-csv")[0]["Name"] == "'=1+1"
        [row] = told(as_alice, shop, file="findings-csv")
        assert (row["Analysis"], row["Category"], row["Parameter"]) == ("'=1+1", f"'{HOSTILE}", "'@SUM(1)")

    @pytest.mark.parametrize("file", ["", "analyses-csv", "findings-csv", "findings-json"])
    @pytest.mark.parametrize("number", [2, 20])
    def test_it_takes_as_many_queries_however_many_are_checked(
        self, as_alice, alice, file, number, django_assert_max_num_queries
    ):
        many_analyses(alice, number)
        for one in range(2):
            published(alice, f"http://{one}.test/", name=f"Shop {one}")
        with django_assert_max_num_queries(9):
            answer = asked(as_alice, *Analysis.objects.all(), file=file)
            assert list(answer)

    @pytest.mark.parametrize("file", ["analyses-json", "findings-sarif"])
    def test_they_are_written_while_they_are_sent(self, as_alice, alice, file):
        assert asked(as_alice, published(alice), file=file).streaming

    def test_none_or_too_many_or_only_what_is_gone_say_so(self, as_alice, alice):
        many_analyses(alice, 101)
        for numbers, words in (
            ([], "check the analyses first, then choose “Export”"),
            (Analysis.objects.all(), "101 analyses were chosen, and at most 100"),
            ([999_999], "none of the chosen analyses is there any more"),
        ):
            answer = asked(as_alice, *numbers, list="name=x")
            assert answer.url == "/?name=x"
            assert words in as_alice.get("/").content.decode()

    def test_what_is_no_file_is_none(self, as_alice, alice):
        assert asked(as_alice, an_analysis(alice), file="secrets").status_code == 404

    def test_whoever_may_only_look_checks_rows_and_exports_them(self, as_charlie, charlie, alice, team):
        charlie.groups.set([team])
        an_analysis(alice, name="Shop").teams.add(team)
        bar = Page(as_charlie.get("/")).by_id("bulk").words()
        assert "Export…" in bar
        assert "Submit" not in bar
        assert "Delete" not in bar

    def test_an_end_is_only_told_of_what_has_ended(self, as_alice, alice):
        an_analysis(alice, ended_at=timezone.now() - timedelta(days=1))
        assert told(as_alice, Analysis.objects.get(), file="analyses-json")["analyses"][0]["time_limit"] is None
