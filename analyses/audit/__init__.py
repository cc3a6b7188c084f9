"""What always holds, checked on a living database: read only, in little memory, at one moment of it.

Each invariant is a function that yields, one line each, what breaks it. Its name is the invariant's name, the first
line of its docstring the sentence that says what it means. docs/reliability.md tells why they hold.
"""

from collections.abc import Callable, Iterator

from analyses.audit import deadlines, findings, leases, log, machine, mails, statuses

Invariant = Callable[[], Iterator[str]]

INVARIANTS: tuple[Invariant, ...] = (
    deadlines.every_run_comes_to_an_end,
    deadlines.every_time_of_a_schedule_runs_once,
    mails.a_prescan_is_told_once,
    mails.results_are_told_once,
    mails.reviewers_are_told,
    mails.mails_follow_their_retry_plan,
    mails.what_is_held_comes_in_a_daily_mail,
    mails.hooks_are_told_by_their_retry_plan,
    log.the_log_tells_every_status,
    log.the_log_is_in_order,
    statuses.an_analysis_shows_its_latest_run,
    statuses.what_waits_for_review_says_so,
    statuses.a_run_follows_from_its_scans,
    statuses.secrets_end_with_their_scan,
    leases.a_lease_is_held_at_work_and_not_left,
    leases.tests_of_findings_come_to_an_end,
    leases.capacity_is_kept,
    leases.no_host_is_scanned_by_too_many,
    leases.capacity_is_used,
    findings.findings_are_stored_once,
    findings.results_belong_to_scans_that_may_have_them,
    findings.deleted_results_go_in_time,
    machine.no_engine_runs_without_a_lease,
    machine.nothing_is_left_of_ended_scans,
)


def name_of(invariant: Invariant) -> str:
    """The invariant's name in words."""
    return invariant.__name__.replace("_", " ")


def meaning_of(invariant: Invariant) -> str:
    """The sentence that says what it means."""
    return (invariant.__doc__ or "").strip().splitlines()[0]
