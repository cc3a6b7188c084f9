"""How many findings each run had, as a picture."""

import re
from dataclasses import replace

import pytest

from analyses.lifecycle.triaging import triage
from analyses.models import AuthHealth, Finding, Scan, State
from analyses.trend import HEIGHT, RUNS, STEP, trend_until
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, found, run
from tests.scene import an_analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis(alice):
    """Three flaws, two, and a partial run with one."""
    analysis = an_analysis(alice, A, B)
    run(analysis, alice, found(SQL, XSS), found(HEADER))
    run(analysis, alice, found(SQL, XSS), found())
    run(analysis, alice, found(SQL), FAILED)
    return analysis


def bars(analysis, number: int = 3) -> list[tuple[int, int, bool]]:
    return [(bar.run.number, bar.total, bar.is_partial) for bar in trend_until(_run(analysis, number)).bars]


def _run(analysis, number: int):
    return analysis.occurrences.get(number=number)


def test_every_run_with_results_has_a_bar_and_a_partial_one_says_so(analysis):
    assert bars(analysis) == [(1, 3, False), (2, 2, False), (3, 1, True)]


def test_of_an_earlier_run_it_ends_there_and_one_run_is_no_trend(analysis):
    assert bars(analysis, 2) == [(1, 3, False), (2, 2, False)]
    assert trend_until(_run(analysis, 1)) is None


def test_what_was_dismissed_is_in_none_of_them_and_what_was_fixed_is(analysis, alice):
    pks = {finding.category: finding.pk for finding in Finding.objects.all()}
    triage(analysis, [pks[SQL.category]], State.FALSE_POSITIVE, alice, "It is a test page.")
    triage(analysis, [pks[HEADER.category]], State.FIXED, alice)
    assert bars(analysis) == [(1, 2, False), (2, 1, False), (3, 0, True)]


def test_bars_are_as_high_as_their_numbers(analysis):
    first, second, _ = trend_until(_run(analysis, 3)).bars
    assert (first.height, second.height) == (HEIGHT, HEIGHT * 2 / 3)
    parts = list(first.parts)
    assert [part.severity for part in parts] == ["critical", "medium", "low"]
    assert parts[0].y + parts[0].height == HEIGHT  # the worst at the bottom
    assert parts[-1].y == 0


def test_runs_that_found_nothing_have_bars_without_height(alice):
    analysis = an_analysis(alice)
    run(analysis, alice, found())
    run(analysis, alice, found())
    assert [bar.height for bar in trend_until(_run(analysis, 2)).bars] == [0, 0]


def test_no_more_than_the_latest(alice):
    analysis = an_analysis(alice)
    for _ in range(RUNS + 1):
        run(analysis, alice, found(SQL))
    assert [bar.run.number for bar in trend_until(_run(analysis, RUNS + 1)).bars] == list(range(2, RUNS + 2))


def test_the_page_shows_it_with_its_numbers(as_alice, analysis):
    text = as_alice.get(f"/analyses/{analysis.pk}/results/").content.decode()
    assert 'aria-label="Findings of 3 runs: 3 in run 1, 1 in run 3."' in text
    assert len(re.findall(r'<rect class="trend__part ', text)) == 6
    assert len(re.findall(r'<rect class="trend__partial"', text)) == 1
    row = re.search(r'<th scope="row"><a href="[^"]*occurrence=3">#3</a>.*?</tr>', text)[0]
    assert "partial" in row
    assert re.findall(r'<td class="number">(\d+)</td>', row) == ["1", "0", "0", "0", "0", "1"]


def test_it_takes_three_queries(analysis, django_assert_max_num_queries):
    last = _run(analysis, 3)
    with django_assert_max_num_queries(3):
        list(trend_until(last).bars)


class TestTheLine:
    """It joins what may be compared, and nothing else."""

    def lines(self, analysis) -> list[list[int]]:
        return [[bar.run.number for bar in line] for line in self.trend(analysis).lines]

    def trend(self, analysis):
        return trend_until(analysis.occurrences.order_by("-number")[0])

    def test_a_partial_run_does_not_lower_it(self, analysis, alice):
        run(analysis, alice, found(SQL, XSS), found())
        trend = self.trend(analysis)
        assert [bar.total for bar in trend.bars] == [3, 2, 1, 2]
        assert [bar.total for line in trend.lines for bar in line] == [3, 2, 2]
        assert trend.notes == ["Run #3 is not on the line: it is partial and may have missed something."]

    @pytest.mark.parametrize("health", [AuthHealth.LOST, AuthHealth.FAILED])
    def test_neither_does_one_that_was_signed_out(self, analysis, alice, health):
        run(analysis, alice, replace(found(), sign_in=health), found())
        assert self.lines(analysis) == [[1, 2]]
        assert self.trend(analysis).notes[1].startswith("Run #4 is not on the line: it was signed out")

    def test_other_targets_break_it(self, analysis, alice):
        Scan.objects.create(analysis=analysis, url="http://c.test/", position=2)
        run(analysis, alice, found(SQL), found(), found())
        assert self.lines(analysis) == [[1, 2], [4]]
        assert self.trend(analysis).notes[-1] == "The line begins anew at run #4: it had other targets."

    @pytest.mark.parametrize(
        ("setting", "reason"),
        [
            ({"scope": "page"}, "other limits of what is scanned"),
            ({"allowed_hosts": "http://more.a.test/"}, "other limits of what is scanned"),
            ({"excluded_urls": "http://a.test/admin/"}, "other limits of what is scanned"),
            ({"username": "somebody"}, "other sign-ins"),
        ],
    )
    def test_other_settings_break_it_and_the_line_goes_on_from_there(self, analysis, alice, setting, reason):
        analysis.scans.filter(url=A).update(**setting)
        run(analysis, alice, found(SQL), found())
        run(analysis, alice, found(SQL), found())
        assert self.lines(analysis) == [[1, 2], [4, 5]]
        assert self.trend(analysis).notes[-1] == f"The line begins anew at run #4: it had {reason}."

    def test_what_does_not_limit_a_scan_breaks_nothing(self, analysis, alice):
        analysis.scans.update(speed="slow", user_agent="Mozilla/5.0")
        run(analysis, alice, found(SQL), found())
        assert self.lines(analysis) == [[1, 2, 4]]

    def test_the_page_draws_it_and_says_why_it_breaks(self, as_alice, analysis, alice):
        analysis.scans.filter(url=A).update(scope="page")
        run(analysis, alice, found(SQL), found())
        text = as_alice.get(f"/analyses/{analysis.pk}/results/").content.decode()
        assert text.count('<polyline class="trend__line"') == 1
        assert f'points="{STEP // 2},0.0 {STEP + STEP // 2},24.0"' in text
        assert text.count('<circle class="trend__point"') == 3
        assert "<li>Run #3 is not on the line: it is partial and may have missed something.</li>" in text
        assert "<li>The line begins anew at run #4: it had other limits of what is scanned.</li>" in text
