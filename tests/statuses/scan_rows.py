"""The 30 scan statuses: how each is reached, and what can be read then."""

from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S
from tests.statuses import ways
from tests.statuses.rows import (
    AGAIN,
    FAILED,
    LIVE,
    NO_MAIL,
    PASSED,
    PAUSED,
    PUBLISHED,
    RUNNING,
    SCHEDULED,
    UNDO,
    WINDING_DOWN,
    ScanRow,
)

_STOPPED = "Stopped by alice"
_OVER = "The allowed duration is over."
_SAID = "The script says so."
_DOWN = ", 3 times in a row"
_LOCKED = "The target says that the account is locked"
_REFUSED = "Signing in failed 3 times in a row"

SCAN_ROWS = [
    ScanRow(
        S.SUBMIT_FAILED, ways.engine_does_not_start, "Queued → Submit Failed",
        "The script says that the engine does not start.", A.TECHNICAL_ISSUE, AGAIN, PASSED,
    ),
    ScanRow(
        S.SCHEDULED, ways.scheduled_for_tomorrow, "Submitted → Scheduled", "", A.SCHEDULED, SCHEDULED, NO_MAIL
    ),
    ScanRow(S.SUBMITTED, ways.submitted_without_a_worker, "Submitted", "", A.SUBMITTED, LIVE, NO_MAIL),
    ScanRow(
        S.VERIFICATION_FAILED, ways.one_target_not_allowed, "Submitted → Verification Failed",
        "is not among the allowed targets", A.QUEUED, RUNNING, FAILED,
        advice="Ask an administrator to allow it, or correct the address.",
    ),
    ScanRow(
        S.CONNECTION_ERROR, ways.port_closed, "Submitted → Connection Error", "Connection refused at",
        A.ALL_FAILED, AGAIN, FAILED, advice="Start the site, or correct the port",
    ),
    ScanRow(
        S.AUTHENTICATION_ERROR, ways.password_wrong, "Submitted → Authentication Error",
        "user name or password is wrong", A.ALL_FAILED, AGAIN, FAILED, advice="Sign in by hand with the same settings",
    ),
    ScanRow(
        S.CRAWL_SCRIPT_ERROR, ways.crawl_script_bad, "Submitted → Crawl Script Error",
        "Crawl script shop.side: “Login”, step 2 (executeScript",
        A.ALL_FAILED, AGAIN, FAILED, advice="Record the script",
    ),
    ScanRow(S.QUEUED, ways.prescan_passed, "Submitted → Queued", "", A.QUEUED, RUNNING, PASSED),
    ScanRow(S.QUEUED_WARNING, ways.capacity_taken, "Submitted → Queued with warning", "", A.QUEUED, RUNNING, PASSED),
    ScanRow(S.IN_PROGRESS, ways.engine_runs, "Queued → In Progress", "", A.IN_PROGRESS, RUNNING, PASSED),
    ScanRow(
        S.PAUSING, ways.paused_by_a_person, "In Progress → Pausing", "Paused by alice", A.IN_PROGRESS, PAUSED, PASSED
    ),
    ScanRow(
        S.RESUMING, ways.resumed_while_capacity_is_taken, "Pausing → Resuming", "", A.IN_PROGRESS, RUNNING, PASSED
    ),
    ScanRow(
        S.STOPPING_SAVING, ways.stopped_and_saved_while_the_engine_winds_down,
        "In Progress → Stopping - Saving Results", _STOPPED, A.STOPPED_SAVING, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.STOPPING_DELETING, ways.stopped_and_deleted_while_the_engine_winds_down,
        "In Progress → Stopping - Deleting Results", _STOPPED, A.STOPPED_DELETING, WINDING_DOWN | UNDO, PASSED,
    ),
    ScanRow(
        S.STOPPED, ways.stopped_and_deleted, "Stopping - Deleting Results → Stopped", _STOPPED,
        A.STOPPED_DELETING, AGAIN | UNDO, PASSED,
    ),
    ScanRow(
        S.STOPPED_VERIFYING, ways.stopped_and_saved_and_verifying,
        "Stopping - Saving Results → Stopped - Verifying Partial Results", _STOPPED,
        A.STOPPED_VERIFYING_PARTIAL, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.STOPPED_AVAILABLE, ways.stopped_and_published,
        "Stopped - Verifying Partial Results → Stopped - Partial Results Available", _STOPPED,
        A.STOPPED_AVAILABLE, AGAIN, PASSED | PUBLISHED,
    ),
    ScanRow(
        S.UNREACHABLE_STOPPED, ways.site_went_down_and_nothing_found, "In Progress → Site unreachable - Stopped",
        _DOWN, A.TECHNICAL_ISSUE, AGAIN, PASSED,
    ),
    ScanRow(
        S.UNREACHABLE_VERIFYING, ways.site_went_down_and_verifying,
        "In Progress → Site unreachable - Verifying Results", _DOWN,
        A.COMPLETED_VERIFYING_PARTIAL, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.UNREACHABLE_AVAILABLE, ways.site_went_down_and_published,
        "Site unreachable - Verifying Results → Site unreachable - Results Available", _DOWN,
        A.COMPLETED_PARTIAL, AGAIN, PASSED | PUBLISHED,
    ),
    ScanRow(
        S.EXPIRED_STOPPED, ways.duration_over_and_nothing_found, "In Progress → Time Expired - Stopped", _OVER,
        A.DURATION_ENDED, AGAIN, PASSED,
    ),
    ScanRow(
        S.EXPIRED_VERIFYING, ways.duration_over_and_verifying,
        "In Progress → Time Expired - Verifying Partial Results", _OVER, A.EXPIRED_VERIFYING, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.EXPIRED_AVAILABLE, ways.duration_over_and_published,
        "Time Expired - Verifying Partial Results → Time Expired - Partial Results Available", _OVER,
        A.COMPLETED_PARTIAL, AGAIN, PASSED | PUBLISHED,
    ),
    ScanRow(
        S.ERROR_STOPPED, ways.engine_failed, "In Progress → Technical Issue - Stopped", _SAID,
        A.TECHNICAL_ISSUE, AGAIN, PASSED,
    ),
    ScanRow(
        S.ERROR_VERIFYING, ways.engine_failed_and_verifying,
        "In Progress → Scan Error - Verifying Partial Results", _SAID,
        A.STOPPED_VERIFYING_PARTIAL, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.ERROR_AVAILABLE, ways.engine_failed_and_published,
        "Scan Error - Verifying Partial Results → Scan Error - Partial Results Available", _SAID,
        A.COMPLETED_PARTIAL, AGAIN, PASSED | PUBLISHED,
    ),
    ScanRow(
        S.LOCKOUT_VERIFYING, ways.account_locked_and_verifying,
        "In Progress → Lockout - Verifying Partial Results", _LOCKED,
        A.COMPLETED_VERIFYING_PARTIAL, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.LOCKOUT_AVAILABLE, ways.sign_in_refused_and_published,
        "Lockout - Verifying Partial Results → Lockout - Partial Results Available", _REFUSED,
        A.COMPLETED_PARTIAL, AGAIN, PASSED | PUBLISHED,
    ),
    ScanRow(
        S.COMPLETED_VERIFYING, ways.ran_to_its_end_and_verifying,
        "In Progress → Completed - Verifying Results", "", A.COMPLETED_VERIFYING, WINDING_DOWN, PASSED,
    ),
    ScanRow(
        S.COMPLETED_AVAILABLE, ways.ran_to_its_end_and_published,
        "Completed - Verifying Results → Completed - Results Available", "", A.COMPLETED, AGAIN, PASSED | PUBLISHED,
    ),
]  # fmt: skip
