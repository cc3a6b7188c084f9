"""The Scan Details tab."""

import csv
import io
from dataclasses import replace

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import CrawledPage, Phase, Progress, Requests
from analyses.models import FindingInstance, ScanOccurrence
from analyses.moves import Ending
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, ScanStatus
from tests.configure.pages import text_of
from tests.scene import (
    FLAW,
    UNREACHED,
    an_analysis,
    ends,
    prescanned,
    running,
    scans_of,
    started,
)
from tests.statuses.reading import Page

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
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, pages=12, checks_done=50, checks_total=100, current="sql"))
    lifecycle.record_crawled(held, [CrawledPage("GET", "http://shop.test/basket", 200)])
    text = as_alice.get(f"/analyses/{analysis.pk}/scans/{held.scan_id}/").content.decode()
    for part in ("Attacking", "sql", "http://shop.test/basket", "200"):
        assert part in text


def test_it_counts_requests_and_checks_each_under_its_own_name(as_alice, alice):
    analysis, _, [held] = running(alice)
    made = Requests(made=1234, lost=3, turned_away=2)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 27, checks_done=27, checks_total=297, requests=made))
    shown = as_alice.get(f"/analyses/{analysis.pk}/scans/{held.scan_id}/")
    text = text_of(shown)
    for part in ("Pages found 27", "Checks done 27 of 297", "Requests made 1,234", "Running for", "Last activity"):
        assert part in text
    assert "Errors met 3 without an answer 2 turned away (401, 403, 407, 429) " in text
    assert "server errors (5xx)" not in text
    assert '<progress class="progress" max="100" value="9"' in shown.content.decode()


def test_without_a_total_there_is_no_bar_but_counters(as_alice, alice):
    analysis, _, [held] = running(alice)
    lifecycle.heartbeat(held, Progress(Phase.CRAWLING, pages=8, requests=Requests(made=20)))
    for address in ("/", f"/analyses/{analysis.pk}/", f"/analyses/{analysis.pk}/scans/{held.scan_id}/"):
        shown = as_alice.get(address)
        assert 'aria-label="Progress' not in shown.content.decode(), address
        assert "Checks done" not in text_of(shown)
    text = text_of(shown)
    assert "Pages found 8" in text
    assert "Requests made 20" in text


def test_one_that_is_verified_says_of_how_many_findings_and_shows_no_bar(as_alice, alice):
    analysis, _, [held] = running(alice)
    lifecycle.heartbeat(held, Progress(Phase.ATTACKING, 3, 213, 297, requests=Requests(made=900)))
    lifecycle.record_found(held, [FLAW, replace(FLAW, parameter="other")])
    lifecycle.end_run(held, Ending.COMPLETED)
    lifecycle.record_verification(held, {FindingInstance.objects.first().pk: True})
    for address, said in (
        (f"/analyses/{analysis.pk}/", "Verifying: 1 of 2 findings"),
        (f"/analyses/{analysis.pk}/scans/{held.scan_id}/", "Verified 1 of 2 findings"),
    ):
        shown = as_alice.get(address)
        assert said in text_of(shown)
        assert "<progress" not in shown.content.decode()
    lifecycle.publish(held)
    for address in (f"/analyses/{analysis.pk}/", f"/analyses/{analysis.pk}/scans/{held.scan_id}/"):
        shown = as_alice.get(address)
        assert "<progress" not in shown.content.decode()
        for gone in ("297", "Checks done", "Verified", "Verifying:"):
            assert gone not in text_of(shown)
    assert "Requests made 900" in text_of(shown)


def test_a_poll_hears_of_every_finding_that_was_tested_again(as_alice, alice):
    analysis, _, [held] = running(alice)
    ends(held)
    address = as_alice.get(f"/analyses/{analysis.pk}/scans/{held.scan_id}/").context["poll_url"]
    assert as_alice.get(address, headers=HTMX).status_code == 204
    lifecycle.record_verification(held, {FindingInstance.objects.get().pk: True})
    assert "Verified" in text_of(as_alice.get(address, headers=HTMX))


def test_of_an_engine_that_counts_no_requests_none_are_told(as_alice, alice):
    analysis, _, [held] = running(alice)
    lifecycle.heartbeat(held, Progress(Phase.CRAWLING, pages=8))
    assert "Requests made" not in page(as_alice, analysis, held.scan_id)


def test_the_tab_opens_the_first_scan(as_alice, alice):
    analysis, occurrence, _ = running(alice, "http://a.test/", "http://b.test/")
    answer = as_alice.get(f"/analyses/{analysis.pk}/scans/")
    assert answer.url == f"/analyses/{analysis.pk}/scans/{scans_of(occurrence)[0].pk}/"


def test_a_draft_has_no_scan_yet_and_goes_to_the_summary(as_alice, alice):
    analysis = an_analysis(alice)
    assert as_alice.get(f"/analyses/{analysis.pk}/scans/").url == f"/analyses/{analysis.pk}/"


def test_a_stranger_gets_404(client, alice, charlie):
    analysis, occurrence, _ = running(alice)
    address = f"/analyses/{analysis.pk}/scans/{scans_of(occurrence)[0].pk}/"
    client.force_login(charlie)
    for more in ("", "crawled/", "pictures/", "pictures/1/"):
        assert client.get(f"{address}{more}").status_code == 404


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


def page(client, analysis, scan_pk: int) -> str:
    answer = client.get(f"/analyses/{analysis.pk}/scans/{scan_pk}/")
    assert answer.status_code == 200
    return text_of(answer)


class TestHowFast:
    """The rate is what was recorded, and is not told where it would say little."""

    @pytest.fixture
    def at_work(self, alice, time_machine):
        time_machine.move_to(timezone.now(), tick=False)
        analysis, _, [held] = running(alice)
        return analysis, held

    def beat(self, held, time_machine, seconds: float, requests: int):
        time_machine.shift(seconds)
        lifecycle.heartbeat(held, Progress(Phase.ATTACKING, requests=Requests(made=requests)))

    def test_it_is_the_mean_since_the_start(self, as_alice, at_work, time_machine):
        analysis, held = at_work
        self.beat(held, time_machine, 120, 300)
        assert "Requests a minute 150 on average" in page(as_alice, analysis, held.scan_id)

    def test_it_does_not_fall_while_nothing_is_recorded(self, as_alice, at_work, time_machine):
        analysis, held = at_work
        self.beat(held, time_machine, 120, 300)
        time_machine.shift(600)
        assert "Requests a minute 150 on average" in page(as_alice, analysis, held.scan_id)

    def test_in_the_first_minute_there_is_none(self, as_alice, at_work, time_machine):
        analysis, held = at_work
        self.beat(held, time_machine, 59, 300)
        assert "Requests a minute" not in page(as_alice, analysis, held.scan_id)

    def test_one_that_was_interrupted_has_none(self, as_alice, at_work, time_machine):
        analysis, held = at_work
        lifecycle.release(held)
        again = lifecycle.claim(held.scan_id)
        self.beat(again, time_machine, 120, 300)
        assert "Requests a minute" not in page(as_alice, analysis, held.scan_id)


class TestHowLongYet:
    """A range from the scan's own complete runs, with their number; nothing where there are too few."""

    @pytest.fixture
    def earlier(self, alice, time_machine):
        """An analysis of so many runs, each of so many minutes, and a new one that has been running for one."""

        def ran(*minutes: int, ending: Ending = Ending.COMPLETED, **changed):
            time_machine.move_to(timezone.now(), tick=False)
            analysis = an_analysis(alice)
            for length in minutes:
                held = self.under_way(analysis, alice)
                time_machine.shift(length * 60)
                ends(held, ending, finds=False)
                if ending is Ending.COMPLETED:
                    lifecycle.publish(held)
            analysis.scans.update(**changed)
            held = self.under_way(analysis, alice)
            time_machine.shift(60)
            lifecycle.heartbeat(held, Progress(Phase.CRAWLING, pages=1))
            return analysis, held

        return ran

    def under_way(self, analysis, alice):
        occurrence = lifecycle.submit(analysis, alice)
        prescanned(occurrence)
        return started(scans_of(occurrence)[0])

    def test_three_runs_make_a_range(self, as_alice, earlier):
        analysis, held = earlier(4, 8, 6)
        assert "Time left: 3 min to 7 min, if it takes as long as its last 3 complete runs." in page(
            as_alice, analysis, held.scan_id
        )

    @pytest.mark.parametrize(
        ("minutes", "change"),
        [
            ((4, 8), {}),
            ((4, 8, 6), {"ending": Ending.ERROR}),
            ((4, 8, 6), {"scope": "page"}),
            ((4, 8, 6), {"username": "somebody"}),
            ((4, 8, 6), {"speed": "slow"}),
        ],
    )
    def test_too_few_that_are_alike_make_none(self, as_alice, earlier, minutes, change):
        analysis, held = earlier(*minutes, **change)
        assert "Time left" not in page(as_alice, analysis, held.scan_id)

    def test_when_it_takes_longer_than_all_of_them_it_says_so(self, as_alice, earlier, time_machine):
        analysis, held = earlier(4, 8, 6)
        time_machine.shift(8 * 60)
        text = page(as_alice, analysis, held.scan_id)
        assert "longer than any of its last 3 complete runs, which took 4 min to 8 min." in text
        assert "Time left" not in text

    def test_an_ended_scan_has_none(self, as_alice, earlier):
        analysis, held = earlier(4, 8, 6)
        ends(held, finds=False)
        assert "Time left" not in page(as_alice, analysis, held.scan_id)


class TestTheFileOfCrawledUrls:
    @pytest.fixture
    def scan(self, alice) -> ScanOccurrence:
        _, _, [held] = running(alice)
        pages = [CrawledPage("GET", "http://shop.test/basket", 200), CrawledPage("POST", "=1+1", None)]
        lifecycle.record_crawled(held, pages)
        return ScanOccurrence.objects.select_related("occurrence").get(pk=held.scan_id)

    def fetch(self, client, scan, **query):
        return client.get(f"/analyses/{scan.occurrence.analysis_id}/scans/{scan.pk}/crawled/", query)

    def rows(self, answer) -> list[list[str]]:
        return list(csv.reader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))

    def test_it_has_a_line_for_each_and_no_formula(self, as_alice, scan):
        assert self.rows(self.fetch(as_alice, scan)) == [
            ["Method", "URL", "Response"],
            ["GET", "http://shop.test/basket", "200"],
            ["POST", "'=1+1", ""],
        ]

    def test_it_has_what_the_page_is_narrowed_to_and_the_page_leads_to_it(self, as_alice, scan):
        assert [row[1] for row in self.rows(self.fetch(as_alice, scan, url="basket"))] == [
            "URL",
            "http://shop.test/basket",
        ]
        analysis = scan.occurrence.analysis_id
        shown = as_alice.get(f"/analyses/{analysis}/scans/{scan.pk}/", {"url": "bask&et"}).content.decode()
        assert "crawled/" not in shown  # nothing to download
        shown = as_alice.get(f"/analyses/{analysis}/scans/{scan.pk}/", {"url": "basket"}).content.decode()
        assert f'href="/analyses/{analysis}/scans/{scan.pk}/crawled/?url=basket" download' in shown

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"method": "POST"}, ["'=1+1"]),
            ({"response": "2xx"}, ["http://shop.test/basket"]),
            ({"response": "none"}, ["'=1+1"]),
            ({"response": "4xx"}, []),
            ({"method": "POST", "response": "2xx"}, []),
            ({"method": "BREW", "response": "7xx"}, ["http://shop.test/basket", "'=1+1"]),
        ],
    )
    def test_by_method_and_response_too_the_page_and_the_file_agree(self, as_alice, scan, query, found):
        assert [row[1] for row in self.rows(self.fetch(as_alice, scan, **query))][1:] == found
        answer = as_alice.get(f"/analyses/{scan.occurrence.analysis_id}/scans/{scan.pk}/", query)
        assert len(answer.context["crawled"]) == len(found)
        assert ("No crawled URL fits this search." in text_of(answer)) is (found == [])

    def test_it_is_a_download_that_nobody_keeps(self, as_alice, scan):
        answer = self.fetch(as_alice, scan)
        assert answer["Content-Disposition"] == f'attachment; filename="scan-{scan.pk}-crawled-urls.csv"'
        assert "no-store" in answer["Cache-Control"]


def test_the_end_of_the_engines_log_is_shown_as_text_and_downloaded_whole(as_alice, as_charlie, alice):
    _, occurrence, [held] = running(alice)
    page = f"/analyses/{occurrence.analysis_id}/scans/{held.scan_id}/"
    assert "Engine log" not in text_of(as_alice.get(page))
    assert as_alice.get(f"{page}engine-log/").status_code == 404
    lifecycle.record_log(held, "".join(f"line {number}\n" for number in range(300)) + "<script>alert(1)</script>\0\n")
    shown = as_alice.get(page).content.decode()
    assert "line 299\n&lt;script&gt;alert(1)&lt;/script&gt;\ufffd" in shown
    assert "line 101\n" in shown
    assert "line 100\n" not in shown  # 200 lines
    answer = as_alice.get(f"{page}engine-log/")
    assert answer.content.decode().startswith("line 0\n")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="scan-{held.scan_id}-engine.log"'
    assert as_charlie.get(f"{page}engine-log/").status_code == 404


class TestTheHead:
    """Of a run with one scan, status and advice are told once: where its cause is."""

    def head(self, client, held) -> tuple[str, str]:
        """What the head of the page says below the name, and what the head of the scan says."""
        page = Page(client.get(f"/analyses/{held.analysis_id}/scans/{held.scan_id}/"))
        [above], [below] = page.of_class("page-header__text"), page.of_class("scan-head")
        return above.words().removeprefix("Shop").strip(), below.words()

    def test_tells_them_once_where_there_is_one_scan(self, as_alice, alice):
        _, _, [held] = running(alice)
        above, below = self.head(as_alice, held)
        assert above == ""
        assert below.count("In Progress") == below.count(str(SCAN[ScanStatus.IN_PROGRESS].advice)) == 1

    def test_tells_the_analyses_status_too_where_it_has_another_name(self, as_alice, alice):
        _, _, [held] = running(alice)
        ends(held, Ending.LOCKOUT)
        assert self.head(as_alice, held)[0] == "Completed - Verifying Partial Results"

    def test_tells_both_where_there_are_several_scans(self, as_alice, alice):
        _, _, [held, _] = running(alice, "http://a.test/", "http://b.test/")
        above, below = self.head(as_alice, held)
        assert str(ANALYSIS[AnalysisStatus.IN_PROGRESS].advice) in above
        assert str(SCAN[ScanStatus.IN_PROGRESS].advice) in below

    def test_says_of_one_that_has_failed_so_in_the_title(self, as_alice, alice):
        _, _, [held] = running(alice)
        ends(held, Ending.ERROR, finds=False)
        page = Page(as_alice.get(f"/analyses/{held.analysis_id}/scans/{held.scan_id}/"))
        assert page.of_class("page-header__text")[0].attributes["data-echo"] == "failed"
