"""New, still there, gone, not tested again: in comparison with an earlier run."""

import pytest

from analyses import lifecycle
from analyses.lifecycle.comparison import compared
from analyses.models import AuthHealth, Scan
from analyses.moves import Ending
from tests.results.runs import FAILED, HEADER, SQL, XSS, A, B, Scanned, found, run
from tests.scene import an_analysis, prescanned, scans_of, started

pytestmark = pytest.mark.django_db


def changes(occurrence) -> dict[str, str]:
    """What has become of each finding, by its category's first word."""
    return {finding.category.split()[0]: finding.change for finding in compared(occurrence).findings()}


@pytest.fixture
def analysis(alice):
    return an_analysis(alice, A, B)


def test_the_first_run_is_compared_with_nothing(analysis, alice):
    first = run(analysis, alice, found(SQL), found())
    assert compared(first).before is None
    assert changes(first) == {"SQL": ""}


def test_new_still_there_and_gone(analysis, alice):
    first = run(analysis, alice, found(SQL, XSS), found())
    second = run(analysis, alice, found(SQL), found(HEADER))
    assert compared(second).before == first
    assert changes(second) == {"SQL": "still", "Reflected": "gone", "HTTP": "new"}
    assert changes(first) == {"SQL": "", "Reflected": ""}  # what came later changes nothing of it


def test_what_comes_back_is_new_again(analysis, alice):
    run(analysis, alice, found(SQL), found())
    run(analysis, alice, found(), found())
    assert changes(run(analysis, alice, found(SQL), found())) == {"SQL": "new"}


@pytest.mark.parametrize(
    "scan",
    [
        FAILED,
        Scanned(ending=Ending.ERROR),
        Scanned((XSS,), ending=Ending.ERROR),
        Scanned(ending=Ending.UNREACHABLE),
        Scanned(sign_in=AuthHealth.LOST),
        Scanned(sign_in=AuthHealth.FAILED),
    ],
)
def test_what_was_not_scanned_to_its_end_makes_nothing_gone(analysis, alice, scan):
    run(analysis, alice, found(SQL), found(HEADER))
    second = run(analysis, alice, scan, found())
    seen = changes(second)
    assert seen["SQL"] == "untested"
    assert seen["HTTP"] == "gone"  # its scan did run to its end
    assert compared(second).is_partial


def test_a_run_that_is_still_at_work_makes_nothing_gone(analysis, alice):
    run(analysis, alice, found(SQL), found(HEADER))
    occurrence = lifecycle.submit(analysis, alice)
    prescanned(occurrence)
    [first, _] = [started(scan) for scan in scans_of(occurrence)]
    lifecycle.record_found(first, [XSS])
    assert changes(occurrence) == {"Reflected": "new", "SQL": "untested", "HTTP": "untested"}


def test_a_partial_run_between_is_passed_over(analysis, alice):
    first = run(analysis, alice, found(SQL), found(HEADER))
    run(analysis, alice, found(SQL), FAILED)
    third = run(analysis, alice, found(SQL), found(HEADER))
    assert compared(third).before == first
    assert changes(third) == {"SQL": "still", "HTTP": "still"}


def test_where_no_run_was_whole_the_last_partial_one_counts_and_what_was_known_is_not_new(analysis, alice):
    run(analysis, alice, found(XSS), FAILED)
    second = run(analysis, alice, found(SQL), FAILED)
    third = run(analysis, alice, found(SQL, XSS), FAILED)
    assert compared(third).before == second
    assert changes(third) == {"SQL": "still", "Reflected": "still"}


def test_a_scan_that_was_removed_makes_nothing_gone(analysis, alice):
    run(analysis, alice, found(SQL), found(HEADER))
    Scan.objects.filter(url=B).delete()
    assert changes(run(analysis, alice, found(SQL))) == {"SQL": "still", "HTTP": "untested"}


@pytest.mark.parametrize("edit", [{"scope": "page"}, {"excluded_urls": f"{A}item"}, {"sign_in_method": "basic"}])
def test_a_scan_that_reaches_elsewhere_makes_nothing_gone(analysis, alice, edit):
    run(analysis, alice, found(SQL), found())
    Scan.objects.filter(url=A).update(**edit)
    assert changes(run(analysis, alice, found(), found())) == {"SQL": "untested"}


def test_a_scan_that_only_goes_slower_still_says_what_is_gone(analysis, alice):
    run(analysis, alice, found(SQL), found())
    Scan.objects.filter(url=A).update(speed="slow")
    assert changes(run(analysis, alice, found(), found())) == {"SQL": "gone"}
