"""The History tab, and the read-only pages of earlier runs that it leads to."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from analyses import lifecycle
from analyses.engines.contract import Severity
from analyses.models import AnalysisOccurrence, Finding, FindingInstance, ScanOccurrence
from analyses.moves import Ending
from analyses.statuses import AnalysisStatus
from tests.configure.pages import text_of
from tests.scene import FLAW, UNREACHED, an_analysis, prescanned, published, scans_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LOW = replace(FLAW, category="HTTP Secure Headers", severity=Severity.LOW)


def run_again(analysis, owner, *flaws) -> AnalysisOccurrence:
    """One more run, with these findings."""
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence)
    for scan in scans_of(occurrence):
        held = lifecycle.claim(scan.pk)
        lifecycle.started(held)
        lifecycle.record_found(held, flaws)
        lifecycle.end_run(held, Ending.COMPLETED)
        lifecycle.publish(held)
    return occurrence


@pytest.fixture
def thrice(alice):
    """An analysis of two targets with three runs: they found a critical flaw on both, nothing, and a low one."""
    analysis = published(alice, "http://a.test/", "http://b.test/")
    run_again(analysis, alice)
    run_again(analysis, alice, LOW)
    return analysis


def history(client, analysis, **query):
    return client.get(f"/analyses/{analysis.pk}/history/", query)


def row(response, number: int) -> str:
    found = re.search(rf'<tr id="run-{number}">(.*?)</tr>', response.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_every_run_is_there_newest_first_with_its_findings(as_alice, thrice):
    page = history(as_alice, thrice)
    assert [run.number for run, _ in page.context["runs"]] == [3, 2, 1]
    assert "1 Low" in row(page, 3)
    assert "None" in row(page, 2)
    assert "1 Critical" in row(page, 1)  # found on both targets, and one flaw all the same
    for number in (1, 2, 3):
        assert "Completed - Results Available" in row(page, number)
        assert "by alice" in row(page, number)


def test_duration_scans_and_problems_of_each(as_alice, alice, thrice):
    occurrence = lifecycle.submit(thrice, alice)
    prescanned(occurrence, UNREACHED, UNREACHED)
    began = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
    first = thrice.occurrences.filter(number=1)
    first.update(started_at=began, ended_at=began + timedelta(hours=2, minutes=14))
    page = history(as_alice, thrice)
    assert "2 h 14 min 2" in row(page, 1)
    assert "All Verifications Failed" in row(page, 4)
    assert "2 2 with problems" in row(page, 4)
    assert "None" not in row(page, 4)  # nothing was found because nothing was scanned


def test_a_run_of_the_schedule_says_so(as_alice, alice):
    analysis = an_analysis(alice, repeat="daily", start_at=timezone.now() + timedelta(hours=1))
    lifecycle.submit(analysis, alice)
    AnalysisOccurrence.objects.update(requested_by=None)
    assert "by its schedule" in row(history(as_alice, analysis), 1)


def test_a_withdrawn_run_says_so(as_alice, alice):
    analysis = an_analysis(alice)
    lifecycle.submit(analysis, alice, start_at=timezone.now() + timedelta(hours=1))
    lifecycle.withdraw(analysis, alice)
    assert "Withdrawn" in row(history(as_alice, analysis), 1)
    page = as_alice.get(f"/analyses/{analysis.pk}/", {"occurrence": 1})
    assert "You are looking at run 1 of 1" in text_of(page)


def test_without_a_run_it_says_what_will_stand_there(as_alice, alice):
    assert "It has not run yet." in text_of(history(as_alice, an_analysis(alice)))


def test_every_row_leads_to_its_run_and_the_newest_to_the_summary(as_alice, thrice):
    page = history(as_alice, thrice).content.decode()
    summary = f"/analyses/{thrice.pk}/"
    for href in (f'"{summary}"', f'"{summary}?occurrence=2"', f'"{summary}?occurrence=1"'):
        assert f"<a href={href}><span" in page
    assert "?occurrence=3" not in page


def test_the_tab_is_on_every_page(as_alice, thrice):
    for path in ("", "results/", "history/", f"scans/{thrice.occurrences.last().scans.first().pk}/"):
        assert (
            f'href="/analyses/{thrice.pk}/history/"' in as_alice.get(f"/analyses/{thrice.pk}/{path}").content.decode()
        )


def _many_runs(analysis, number: int) -> None:
    now = timezone.now()
    finding = Finding.objects.create(analysis=analysis, fingerprint="x", category="X", severity="high", severity_rank=1)
    for place in range(1, number + 1):
        run = AnalysisOccurrence.objects.create(
            analysis=analysis, number=place, status=AnalysisStatus.COMPLETED, engine="scripted", submitted_at=now,
            duration=timedelta(hours=1), started_at=now, ended_at=now, requested_by=analysis.owner,
        )  # fmt: skip
        scan = ScanOccurrence.objects.create(occurrence=run, url="http://a.test/", status="completed_available")
        FindingInstance.objects.create(finding=finding, scan_occurrence=scan, digest="x", url="http://a.test/")


def test_it_is_paged(as_alice, alice):
    analysis = an_analysis(alice)
    _many_runs(analysis, 60)
    numbers = [run.number for page in (1, 2, 3) for run, _ in history(as_alice, analysis, page=page).context["runs"]]
    assert numbers == list(range(60, 0, -1))


@pytest.mark.parametrize("number", [1, 25, 200])
def test_the_number_of_queries_does_not_grow_with_the_runs(as_alice, alice, number, django_assert_max_num_queries):
    analysis = an_analysis(alice)
    _many_runs(analysis, number)
    with django_assert_max_num_queries(7):
        page = history(as_alice, analysis)
    assert "1 High" in row(page, number)


def test_a_poll_with_nothing_new_takes_at_most_3_queries(as_bob, alice, team, django_assert_max_num_queries):
    analysis = an_analysis(alice)
    analysis.teams.add(team)
    lifecycle.submit(analysis, alice)
    address = history(as_bob, analysis).context["poll_url"]
    with django_assert_max_num_queries(3):
        assert as_bob.get(address, headers=HTMX).status_code == 204


@pytest.mark.parametrize("path", ["history/", "?occurrence=1", "results/?occurrence=1", "scans/?occurrence=1"])
def test_missing_and_forbidden_look_the_same(as_charlie, as_bob, thrice, team, path):
    assert as_charlie.get(f"/analyses/{thrice.pk}/{path}").status_code == 404
    assert as_charlie.get(f"/analyses/999999/{path}").status_code == 404
    thrice.teams.add(team)
    assert as_bob.get(f"/analyses/{thrice.pk}/{path}", follow=True).status_code == 200


class TestAnEarlierRun:
    def test_every_page_of_it_says_which_it_is_and_leads_to_the_latest(self, as_alice, thrice):
        for path, latest in (("", ""), ("results/", "results/"), ("scans/", "scans/")):
            page = as_alice.get(f"/analyses/{thrice.pk}/{path}", {"occurrence": 1}, follow=True)
            assert "You are looking at run 1 of 3. Nothing of it can be changed. Go to the latest" in text_of(page)
            assert f'<a href="/analyses/{thrice.pk}/{latest}">Go to the latest</a>' in page.content.decode()

    def test_the_tabs_stay_with_it(self, as_alice, thrice):
        page = as_alice.get(f"/analyses/{thrice.pk}/", {"occurrence": 2}).content.decode()
        for path in ("", "scans/", "results/"):
            assert f'href="/analyses/{thrice.pk}/{path}?occurrence=2"' in page

    def test_its_summary_is_read_only_and_tells_its_own_story(self, as_alice, alice, thrice):
        lifecycle.edited(thrice, alice, "Said of the analysis")
        page = as_alice.get(f"/analyses/{thrice.pk}/", {"occurrence": 1})
        text = text_of(page)
        assert "Analysis Actions" not in text
        assert "1 Critical" in text
        assert "1 Low" not in text
        lines = [line for _, lines in page.context["log"].days for line in lines]
        assert lines
        assert {line.entry.occurrence.number for line in lines} == {1}
        assert {scan.occurrence.number for scan in page.context["scans"]} == {1}

    def test_its_results_are_what_it_found(self, as_alice, thrice):
        page = as_alice.get(f"/analyses/{thrice.pk}/results/", {"occurrence": 1})
        assert [finding.category for finding, *_ in page.context["findings"]] == ["SQL Injection"]
        assert "?occurrence=1&amp;severity=critical" in page.content.decode()
        assert "2 places" in text_of(page)
        page = as_alice.get(f"/analyses/{thrice.pk}/results/", {"occurrence": 2})
        assert "This run found nothing" in text_of(page)

    def test_its_scans_belong_to_it(self, as_alice, thrice):
        first = thrice.occurrences.get(number=1).scans.first()
        answer = as_alice.get(f"/analyses/{thrice.pk}/scans/", {"occurrence": 1})
        assert answer.url == f"/analyses/{thrice.pk}/scans/{first.pk}/"
        assert as_alice.get(answer.url, {"occurrence": 2}).status_code == 404

    def test_it_is_not_live_while_a_later_one_is(self, as_alice, alice, thrice):
        lifecycle.submit(thrice, alice)
        assert "every 5s" in as_alice.get(f"/analyses/{thrice.pk}/").content.decode()
        for path in ("", "results/", "scans/"):
            page = as_alice.get(f"/analyses/{thrice.pk}/{path}", {"occurrence": 1}, follow=True)
            assert "every 5s" not in page.content.decode()

    def test_the_latest_by_its_number_is_the_page_as_it_always_is(self, as_alice, thrice):
        text = text_of(as_alice.get(f"/analyses/{thrice.pk}/", {"occurrence": 3}))
        assert "You are looking" not in text
        assert "Analysis Actions" in text

    @pytest.mark.parametrize("number", ["0", "4", "-1", "x", "1e3", "٣", "9" * 40, " 1"])
    @pytest.mark.parametrize("path", ["", "results/", "scans/"])
    def test_an_unknown_number_is_404(self, as_alice, thrice, path, number):
        assert as_alice.get(f"/analyses/{thrice.pk}/{path}", {"occurrence": number}).status_code == 404

    def test_it_takes_no_more_queries_than_the_latest(self, as_alice, thrice, django_assert_max_num_queries):
        for path, most in (("", 15), ("results/", 20)):
            with django_assert_max_num_queries(most):
                as_alice.get(f"/analyses/{thrice.pk}/{path}", {"occurrence": 1})


def test_only_the_first_page_refreshes_itself(as_alice, thrice, alice, monkeypatch):
    monkeypatch.setattr("analyses.views.history.RUNS", 2)
    prescanned(lifecycle.submit(thrice, alice))
    assert "every 5s" in history(as_alice, thrice).content.decode()
    assert "every 5s" not in history(as_alice, thrice, page=2).content.decode()


class TestTheCourse:
    """The small line in the heading: how the findings of published runs went."""

    def test_it_goes_through_them_from_the_oldest_to_the_newest(self, client, alice, thrice):
        client.force_login(alice)
        answer = history(client, thrice)
        page = answer.content.decode()
        assert 'aria-label="Findings of these runs, from the oldest to the newest: 1, 0, 1"' in page
        assert 'points="30,30 110,170 190,30"' in page
        assert "Findings 1 → 1" in text_of(answer)

    def test_one_run_has_none(self, client, alice):
        client.force_login(alice)
        assert "sparkline" not in history(client, published(alice, "http://a.test/")).content.decode()
