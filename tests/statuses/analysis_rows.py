"""The 23 analysis statuses: how each is reached, and what can be read then."""

from analyses.statuses import AnalysisStatus as A
from tests.statuses import ways
from tests.statuses.rows import (
    AGAIN,
    DRAFT,
    FAILED,
    LIVE,
    NO_MAIL,
    PASSED,
    PUBLISHED,
    RUNNING,
    SCHEDULED,
    UNDO,
    WINDING_DOWN,
    AnalysisRow,
)

_STOPPED = "Stopped by alice"
_OVER = "The allowed duration"

ANALYSIS_ROWS = [
    AnalysisRow(A.SAVED, ways.drafted, "Created: Saved for Later", "", DRAFT, NO_MAIL),
    AnalysisRow(
        A.SUBMITTED, ways.submitted_without_a_worker, "Submitted: Saved for Later → Submitted", "", LIVE, NO_MAIL
    ),
    AnalysisRow(
        A.NOT_SUBMITTED, ways.engine_missing, "Status: Submitted → Not Submitted", "The scan engine cannot run here",
        AGAIN, NO_MAIL,
    ),
    AnalysisRow(A.SCHEDULED, ways.scheduled_for_tomorrow, "Status: Submitted → Scheduled", "", SCHEDULED, NO_MAIL),
    AnalysisRow(
        A.PRESCANNING, ways.site_keeps_the_prescan_waiting, "Status: Submitted → Prescanning", "", LIVE, NO_MAIL
    ),
    AnalysisRow(
        A.ALL_FAILED, ways.port_closed, "Status: Prescanning → All Verifications Failed", "", AGAIN, FAILED
    ),
    AnalysisRow(A.QUEUED, ways.prescan_passed, "Status: Prescanning → Queued", "", RUNNING, PASSED),
    AnalysisRow(A.IN_PROGRESS, ways.engine_runs, "Status: Queued → In Progress", "", RUNNING, PASSED),
    AnalysisRow(
        A.IN_PROGRESS_WARNING, ways.engine_runs_beside_a_closed_port,
        "Status: Queued → In Progress (with warnings)", "", RUNNING, FAILED,
    ),
    AnalysisRow(A.STOPPED, ways.stopped_in_the_queue, "Status: Queued → Stopped", _STOPPED, AGAIN, PASSED),
    AnalysisRow(
        A.STOPPED_SAVING, ways.stopped_and_saved_while_the_engine_winds_down,
        "Status: In Progress → Stopped - Saving Results", _STOPPED, WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.STOPPED_DELETING, ways.stopped_and_deleted,
        "Status: In Progress → Stopped - Deleting Results", _STOPPED, AGAIN | UNDO, PASSED,
    ),
    AnalysisRow(
        A.STOPPED_VERIFYING, ways.stopped_and_saved_after_its_scan_had_ended,
        "Status: Stopped - Saving Results → Stopped - Verifying Results", _STOPPED, WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.STOPPED_VERIFYING_PARTIAL, ways.stopped_and_saved_and_verifying,
        "Status: Stopped - Saving Results → Stopped - Verifying Partial Results", _STOPPED, WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.STOPPED_AVAILABLE, ways.stopped_and_published,
        "Status: Stopped - Verifying Partial Results → Stopped - Partial Results Available", "",
        AGAIN, PASSED | PUBLISHED,
    ),
    AnalysisRow(
        A.DURATION_ENDED, ways.duration_over_and_nothing_found,
        "Status: In Progress → Stopped - Scan Duration Ended", _OVER, AGAIN, PASSED,
    ),
    AnalysisRow(
        A.DURATION_ENDED_PARTIAL, ways.duration_over_while_an_engine_winds_down,
        "Status: In Progress → Stopped - Scan Duration Ended With Partial Results", _OVER, WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.EXPIRED_VERIFYING, ways.duration_over_and_verifying,
        "Status: Stopped - Scan Duration Ended With Partial Results → Time Expired - Verifying Partial Results", _OVER,
        WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.TECHNICAL_ISSUE, ways.engine_failed,
        "Status: In Progress → Stopped - Technical Issue", "The script says so.", AGAIN, PASSED,
    ),
    AnalysisRow(
        A.COMPLETED_VERIFYING, ways.ran_to_its_end_and_verifying,
        "Status: In Progress → Completed - Verifying Results", "", WINDING_DOWN, PASSED,
    ),
    AnalysisRow(
        A.COMPLETED_VERIFYING_PARTIAL, ways.ran_beside_a_closed_port_and_verifying,
        "Status: In Progress (with warnings) → Completed - Verifying Partial Results", "", WINDING_DOWN, FAILED,
    ),
    AnalysisRow(
        A.COMPLETED_PARTIAL, ways.ran_beside_a_closed_port_and_published,
        "Status: Completed - Verifying Partial Results → Completed - Partial Results Available", "",
        AGAIN, FAILED | PUBLISHED,
    ),
    AnalysisRow(
        A.COMPLETED, ways.ran_to_its_end_and_published,
        "Status: Completed - Verifying Results → Completed - Results Available", "", AGAIN, PASSED | PUBLISHED,
    ),
]  # fmt: skip
