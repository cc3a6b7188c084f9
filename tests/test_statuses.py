"""The status tables, and the pure functions on them."""

import pytest
from django.conf import settings

from analyses import moves
from analyses.actions import Action, refusal
from analyses.moves import Ending, Stop, ending_status, overall, steps
from analyses.statuses import (
    ANALYSIS,
    ANALYSIS_FINAL,
    ANALYSIS_LIVE,
    EDITABLE,
    SCAN,
    SCAN_LIVE,
    Tone,
    editing_refusal,
)
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S

ANALYSIS_NAMES = """Saved for Later|Submitted|Not Submitted|Scheduled|Prescanning|All Verifications Failed|Queued
In Progress|In Progress + warning icon|Stopped|Stopped - Saving Results|Stopped - Deleting Results
Stopped - Verifying Results|Stopped - Verifying Partial Results|Stopped - Partial Results Available
Stopped - Scan Duration Ended|Stopped - Scan Duration Ended With Partial Results
Time Expired - Verifying Partial Results|Stopped - Technical Issue|Completed - Verifying Results
Completed - Verifying Partial Results|Completed - Partial Results Available|Completed - Results Available"""
SCAN_NAMES = """Submit Failed|Scheduled|Submitted|Verification Failed|Connection Error|Authentication Error
Crawl Script Error|Queued|Queued with warning|In Progress|Pausing|Resuming|Stopping - Saving Results
Stopping - Deleting Results|Stopped|Stopped - Verifying Partial Results|Stopped - Partial Results Available
Site unreachable - Stopped|Site unreachable - Verifying Results|Site unreachable - Results Available
Time Expired - Stopped|Time Expired - Verifying Partial Results|Time Expired - Partial Results Available
Technical Issue - Stopped|Scan Error - Verifying Partial Results|Scan Error - Partial Results Available
Lockout - Verifying Partial Results|Lockout - Partial Results Available|Completed - Verifying Results
Completed - Results Available"""


def names(text: str) -> list[str]:
    return text.replace("\n", "|").split("|")


def test_there_are_23_analysis_statuses_with_their_exact_names():
    assert sorted(A.labels) == sorted(names(ANALYSIS_NAMES))
    assert len(A) == 23


def test_there_are_30_scan_statuses_with_their_exact_names():
    assert sorted(S.labels) == sorted(names(SCAN_NAMES))
    assert len(S) == 30


@pytest.mark.parametrize("status", [*ANALYSIS, *SCAN])
def test_every_status_says_what_it_means_and_what_to_do(status):
    meaning = (ANALYSIS if isinstance(status, A) else SCAN)[status]
    assert meaning.icon
    assert meaning.meaning.endswith(".")
    assert meaning.advice.endswith(".")


def test_whoever_sees_no_colours_can_tell_failures_by_their_icons():
    shown = [*ANALYSIS.values(), *SCAN.values()]
    failed = {meaning.icon for meaning in shown if meaning.tone is Tone.RED}
    assert failed & {meaning.icon for meaning in shown if meaning.tone is not Tone.RED} == set()


def test_every_icon_is_in_the_sprite():
    sprite = (settings.BASE_DIR / "static/img/icons.svg").read_text()
    shown = {meaning.icon for meaning in (*ANALYSIS.values(), *SCAN.values())}
    assert [icon for icon in shown if f'id="{icon}"' not in sprite] == []


@pytest.mark.parametrize("status", sorted(ANALYSIS_LIVE))
def test_every_live_analysis_status_can_be_left(status):
    assert moves.ANALYSIS_MOVES[status]


@pytest.mark.parametrize("status", sorted(SCAN_LIVE))
def test_every_live_scan_status_can_be_left(status):
    assert moves.SCAN_MOVES[status]


def test_every_scan_status_but_the_first_is_reached_by_a_move():
    reached = set().union(*moves.SCAN_MOVES.values())
    assert set(S) - reached == set()


def test_every_analysis_status_is_reached_by_a_move():
    assert set().union(*moves.ANALYSIS_MOVES.values()) == set(A)


def test_a_final_analysis_status_is_left_only_by_submitting_again_or_by_undoing_a_deletion():
    left = {status: moves.ANALYSIS_MOVES[status] for status in ANALYSIS_FINAL}
    assert left.pop(A.STOPPED_DELETING) == {A.SUBMITTED, A.STOPPED_SAVING}
    assert set(left.values()) == {frozenset({A.SUBMITTED})}


@pytest.mark.parametrize(
    ("current", "scans", "stop", "expected"),
    [
        (A.PRESCANNING, {S.SUBMITTED, S.CONNECTION_ERROR}, Stop.NONE, A.PRESCANNING),
        (A.PRESCANNING, {S.CONNECTION_ERROR, S.AUTHENTICATION_ERROR}, Stop.NONE, A.ALL_FAILED),
        (A.PRESCANNING, {S.QUEUED, S.CONNECTION_ERROR}, Stop.NONE, A.QUEUED),
        (A.PRESCANNING, {S.STOPPED, S.CONNECTION_ERROR}, Stop.NONE, A.STOPPED),
        (A.QUEUED, {S.IN_PROGRESS, S.QUEUED}, Stop.NONE, A.IN_PROGRESS),
        (A.QUEUED, {S.IN_PROGRESS, S.VERIFICATION_FAILED}, Stop.NONE, A.IN_PROGRESS_WARNING),
        (A.IN_PROGRESS, {S.COMPLETED_AVAILABLE, S.QUEUED_WARNING}, Stop.NONE, A.IN_PROGRESS),
        (A.IN_PROGRESS, {S.COMPLETED_VERIFYING, S.COMPLETED_AVAILABLE}, Stop.NONE, A.COMPLETED_VERIFYING),
        (A.COMPLETED_VERIFYING, {S.COMPLETED_AVAILABLE}, Stop.NONE, A.COMPLETED),
        (A.IN_PROGRESS, {S.COMPLETED_VERIFYING, S.ERROR_STOPPED}, Stop.NONE, A.COMPLETED_VERIFYING_PARTIAL),
        (A.IN_PROGRESS, {S.ERROR_VERIFYING}, Stop.NONE, A.STOPPED_VERIFYING_PARTIAL),
        (A.STOPPED_VERIFYING_PARTIAL, {S.ERROR_AVAILABLE}, Stop.NONE, A.COMPLETED_PARTIAL),
        (A.IN_PROGRESS, {S.ERROR_STOPPED, S.UNREACHABLE_STOPPED}, Stop.NONE, A.TECHNICAL_ISSUE),
        (A.IN_PROGRESS, {S.STOPPING_SAVING, S.STOPPED}, Stop.KEEP, A.STOPPED_SAVING),
        (A.STOPPED_SAVING, {S.STOPPED_VERIFYING, S.COMPLETED_AVAILABLE}, Stop.KEEP, A.STOPPED_VERIFYING_PARTIAL),
        (A.STOPPED_SAVING, {S.COMPLETED_VERIFYING, S.STOPPED}, Stop.KEEP, A.STOPPED_VERIFYING),
        (A.STOPPED_VERIFYING, {S.COMPLETED_AVAILABLE, S.STOPPED}, Stop.KEEP, A.STOPPED_AVAILABLE),
        (A.IN_PROGRESS, {S.STOPPING_DELETING}, Stop.DELETE, A.STOPPED_DELETING),
        (A.IN_PROGRESS, {S.EXPIRED_STOPPED}, Stop.DURATION, A.DURATION_ENDED),
        (A.IN_PROGRESS, {S.EXPIRED_VERIFYING, S.IN_PROGRESS}, Stop.DURATION, A.DURATION_ENDED_PARTIAL),
        (A.IN_PROGRESS, {S.EXPIRED_VERIFYING, S.COMPLETED_AVAILABLE}, Stop.DURATION, A.EXPIRED_VERIFYING),
        (A.EXPIRED_VERIFYING, {S.EXPIRED_AVAILABLE}, Stop.DURATION, A.COMPLETED_PARTIAL),
    ],
)
def test_an_analysis_status_follows_from_its_scans(current, scans, stop, expected):
    assert overall(current, scans, stop) == expected


def test_results_are_never_published_without_having_been_verified():
    walked = steps(A.IN_PROGRESS, {S.COMPLETED_AVAILABLE, S.ERROR_STOPPED}, Stop.NONE)
    assert walked == [A.COMPLETED_VERIFYING_PARTIAL, A.COMPLETED_PARTIAL]


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("has_results", [True, False])
def test_the_way_a_scan_ends_and_its_results_give_its_status(ending, has_results):
    status = ending_status(ending, has_results)
    assert status in moves.SCAN_MOVES[S.IN_PROGRESS]
    if has_results:
        assert status in moves.PUBLISHED_AS


@pytest.mark.parametrize("status", list(A))
def test_the_editing_rule_names_the_statuses_that_allow_it(status):
    if status in EDITABLE:
        assert editing_refusal(status) == ""
    else:
        assert str(status.label) in editing_refusal(status)
        assert "Saved for Later" in editing_refusal(status)


@pytest.mark.parametrize("status", list(A))
def test_submitting_and_stopping_exclude_each_other(status):
    may_submit = not refusal(Action.SUBMIT, status)
    may_stop = not refusal(Action.STOP_SAVE, status)
    assert not (may_submit and may_stop)
