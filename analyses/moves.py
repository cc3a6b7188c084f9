"""Which status follows which, and how an analysis's status follows from its scans. Pure: knows no models."""

from collections.abc import Collection
from enum import StrEnum

from analyses.statuses import (
    ANALYSIS_FINAL,
    ANALYSIS_PUBLISHED,
    PRESCAN_FAILED,
    SCAN_LIVE,
    SCAN_PUBLISHED,
    SCAN_VERIFYING,
)
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S


class Stop(StrEnum):
    """Why an occurrence is being ended before its scans are done."""

    NONE = ""
    KEEP = "keep"
    DELETE = "delete"
    DURATION = "duration"


class Ending(StrEnum):
    """Why one scan ended. Most scan statuses are this, times where its results are."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    LOCKOUT = "lockout"
    ERROR = "error"


# Ending -> (nothing kept, being verified, available)
ENDINGS: dict[Ending, tuple[S, S, S]] = {
    Ending.COMPLETED: (S.COMPLETED_VERIFYING, S.COMPLETED_VERIFYING, S.COMPLETED_AVAILABLE),
    Ending.STOPPED: (S.STOPPED, S.STOPPED_VERIFYING, S.STOPPED_AVAILABLE),
    Ending.EXPIRED: (S.EXPIRED_STOPPED, S.EXPIRED_VERIFYING, S.EXPIRED_AVAILABLE),
    Ending.UNREACHABLE: (S.UNREACHABLE_STOPPED, S.UNREACHABLE_VERIFYING, S.UNREACHABLE_AVAILABLE),
    # A locked-out scan has always crawled something first, so its results are always kept.
    Ending.LOCKOUT: (S.LOCKOUT_VERIFYING, S.LOCKOUT_VERIFYING, S.LOCKOUT_AVAILABLE),
    Ending.ERROR: (S.ERROR_STOPPED, S.ERROR_VERIFYING, S.ERROR_AVAILABLE),
}
PUBLISHED_AS: dict[S, S] = {verifying: available for _, verifying, available in ENDINGS.values()}
_VERIFIED_FROM = {available: verifying for verifying, available in PUBLISHED_AS.items()}
_AT_ITS_OWN_END = frozenset({S.COMPLETED_VERIFYING, S.COMPLETED_AVAILABLE})
_NEVER_STARTED = PRESCAN_FAILED | {S.SCHEDULED, S.SUBMITTED, S.QUEUED, S.QUEUED_WARNING, S.STOPPED}
_ERRORS = frozenset({S.ERROR_VERIFYING, S.ERROR_AVAILABLE})

_RUN_ENDINGS = frozenset(
    {
        A.STOPPED_SAVING, A.STOPPED_DELETING, A.STOPPED_VERIFYING, A.STOPPED_VERIFYING_PARTIAL,
        A.DURATION_ENDED, A.DURATION_ENDED_PARTIAL, A.TECHNICAL_ISSUE,
        A.COMPLETED_VERIFYING, A.COMPLETED_VERIFYING_PARTIAL,
    }
)  # fmt: skip
_AGAIN = frozenset({A.SUBMITTED})  # by a new occurrence
_RUNS = frozenset({A.IN_PROGRESS, A.IN_PROGRESS_WARNING})

# From each analysis status, the statuses that may follow.
ANALYSIS_MOVES: dict[A, frozenset[A]] = {
    A.SAVED: _AGAIN,
    A.SUBMITTED: frozenset({A.SCHEDULED, A.PRESCANNING, A.NOT_SUBMITTED, A.STOPPED}),
    A.SCHEDULED: frozenset({A.PRESCANNING, A.SAVED, A.STOPPED, A.NOT_SUBMITTED}),
    A.PRESCANNING: frozenset({A.ALL_FAILED, A.QUEUED, A.STOPPED, A.TECHNICAL_ISSUE}),
    A.QUEUED: _RUNS | {A.STOPPED} | _RUN_ENDINGS,
    A.IN_PROGRESS: _RUN_ENDINGS | {A.IN_PROGRESS_WARNING},  # an engine could not be started for one of its scans
    A.IN_PROGRESS_WARNING: _RUN_ENDINGS,
    A.STOPPED_SAVING: frozenset({A.STOPPED_VERIFYING, A.STOPPED_VERIFYING_PARTIAL}),
    A.STOPPED_VERIFYING: frozenset({A.STOPPED_AVAILABLE}),
    A.STOPPED_VERIFYING_PARTIAL: frozenset({A.STOPPED_AVAILABLE, A.COMPLETED_PARTIAL}),
    A.DURATION_ENDED_PARTIAL: frozenset({A.EXPIRED_VERIFYING, A.DURATION_ENDED}),
    A.EXPIRED_VERIFYING: frozenset({A.COMPLETED_PARTIAL}),
    A.COMPLETED_VERIFYING: frozenset({A.COMPLETED}),
    A.COMPLETED_VERIFYING_PARTIAL: frozenset({A.COMPLETED_PARTIAL}),
    **dict.fromkeys(ANALYSIS_FINAL, _AGAIN),
    A.STOPPED_DELETING: _AGAIN | {A.STOPPED_SAVING},  # undone
}

_SCAN_ENDINGS = frozenset(status for row in ENDINGS.values() for status in row[:2])
# Verification Failed: a target whose approval is withdrawn while it waits.
_BEFORE_ITS_ENGINE = frozenset({S.IN_PROGRESS, S.STOPPED, S.EXPIRED_STOPPED, S.SUBMIT_FAILED, S.VERIFICATION_FAILED})

# From each scan status, the statuses that may follow.
SCAN_MOVES: dict[S, frozenset[S]] = {
    S.SUBMITTED: PRESCAN_FAILED | {S.SCHEDULED, S.QUEUED, S.QUEUED_WARNING, S.STOPPED},
    S.SCHEDULED: frozenset({S.SUBMITTED, S.STOPPED}),
    S.QUEUED: _BEFORE_ITS_ENGINE | {S.QUEUED_WARNING},
    S.QUEUED_WARNING: _BEFORE_ITS_ENGINE | {S.QUEUED},
    S.IN_PROGRESS: _SCAN_ENDINGS | {S.PAUSING, S.STOPPING_SAVING, S.STOPPING_DELETING},
    S.PAUSING: frozenset({S.RESUMING, S.STOPPING_SAVING, S.STOPPING_DELETING}) | _SCAN_ENDINGS,
    S.RESUMING: frozenset({S.IN_PROGRESS, S.PAUSING, S.STOPPING_SAVING, S.STOPPING_DELETING}) | _SCAN_ENDINGS,
    S.STOPPING_SAVING: frozenset({*PUBLISHED_AS, *PUBLISHED_AS.values()}),
    S.STOPPING_DELETING: frozenset({S.STOPPED, S.STOPPING_SAVING}),
    S.STOPPED: frozenset({S.STOPPING_SAVING}),  # deleting its results is undone
    **{verifying: frozenset({available, S.STOPPING_DELETING}) for verifying, available in PUBLISHED_AS.items()},
    **{available: frozenset({S.STOPPING_DELETING}) for available in PUBLISHED_AS.values()},
}  # fmt: skip


def ending_status(ending: Ending, has_results: bool) -> S:
    """The status a scan takes when it ends this way."""
    nothing, verifying, _ = ENDINGS[ending]
    return verifying if has_results else nothing


def overall(current: A, scans: Collection[S], stop: Stop) -> A:
    """The status of an occurrence, from its scans' statuses and why it is being stopped.

    `current` matters only before the prescan is over: then the occurrence is where its own verbs put it.
    """
    waiting_for_prescan = {S.SCHEDULED, S.SUBMITTED} & set(scans)
    if current in ANALYSIS_FINAL or current is A.SAVED or waiting_for_prescan:
        return current
    started = [status for status in scans if status not in _NEVER_STARTED]
    if stop is Stop.DELETE:
        return A.STOPPED_DELETING
    running = [s for s in scans if s in SCAN_LIVE and s not in SCAN_VERIFYING]
    if running:
        return _while_running(scans, started or current in _RUNS, stop)
    return _after_running(current, scans, started, stop)


def _while_running(scans: Collection[S], has_run: object, stop: Stop) -> A:
    if stop is Stop.KEEP:
        return A.STOPPED_SAVING
    if stop is Stop.DURATION:
        return A.DURATION_ENDED_PARTIAL
    if not has_run:
        return A.QUEUED
    return A.IN_PROGRESS_WARNING if PRESCAN_FAILED & set(scans) else A.IN_PROGRESS


def _after_running(current: A, scans: Collection[S], started: list[S], stop: Stop) -> A:
    """All engines are at rest: results are being verified, are published, or there are none."""
    with_results = [s for s in scans if s in SCAN_VERIFYING or s in SCAN_PUBLISHED]
    if not with_results:
        return _without_results(current, scans, stop)
    verifying = any(s in SCAN_VERIFYING for s in scans)
    if stop is Stop.KEEP:
        whole = all(s in _AT_ITS_OWN_END for s in started)
        being_verified = A.STOPPED_VERIFYING if whole else A.STOPPED_VERIFYING_PARTIAL
        return being_verified if verifying else A.STOPPED_AVAILABLE
    if stop is Stop.DURATION:
        return A.EXPIRED_VERIFYING if verifying else A.COMPLETED_PARTIAL
    if all(s in _AT_ITS_OWN_END for s in scans):
        return A.COMPLETED_VERIFYING if verifying else A.COMPLETED
    if all(s in _ERRORS for s in with_results):
        return A.STOPPED_VERIFYING_PARTIAL if verifying else A.COMPLETED_PARTIAL
    return A.COMPLETED_VERIFYING_PARTIAL if verifying else A.COMPLETED_PARTIAL


def _without_results(current: A, scans: Collection[S], stop: Stop) -> A:
    if stop is Stop.DURATION:
        return A.DURATION_ENDED
    if current is A.PRESCANNING and set(scans) <= PRESCAN_FAILED:
        return A.ALL_FAILED
    stopped_before = current not in _RUNS and S.STOPPED in scans and set(scans) <= PRESCAN_FAILED | {S.STOPPED}
    return A.STOPPED if stopped_before else A.TECHNICAL_ISSUE


def steps(current: A, scans: Collection[S], stop: Stop) -> list[A]:
    """The statuses to go through from `current` to where the scans say the occurrence is.

    Nothing is skipped that the log has to tell: results are never published without having been verified, and a
    duration that ends with results says so first, also where one transaction does it all.
    """
    target = overall(current, scans, stop)
    if target is current:
        return []
    way = [target]
    if target in ANALYSIS_PUBLISHED and target not in ANALYSIS_MOVES[current]:
        unpublished = [_VERIFIED_FROM.get(status, status) for status in scans]
        way.insert(0, overall(current, unpublished, stop))
    if way[0] is A.EXPIRED_VERIFYING and current is not A.DURATION_ENDED_PARTIAL:
        way.insert(0, A.DURATION_ENDED_PARTIAL)
    return way
