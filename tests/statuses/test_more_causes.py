"""Other causes of the same statuses, each by what really happens."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from analyses.models import Analysis
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S
from tests.statuses import more_ways
from tests.statuses.facts import (
    assert_analysis_is_stored_as,
    assert_it_can_be_read_in_german,
    assert_log_tells,
    assert_mails_are,
    assert_scan_is_stored_as,
)
from tests.statuses.reading import Page
from tests.statuses.rows import FAILED, NO_MAIL, PASSED, PUBLISHED
from tests.statuses.stage import Stage, scans

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Case:
    way: Callable[[Stage], Analysis]
    analysis: A
    scans: tuple[S, ...]
    log: str
    cause: str
    mails: frozenset[tuple[str, str]]


CASES = [
    Case(
        more_ways.no_worker_in_time, A.NOT_SUBMITTED, (S.SUBMIT_FAILED,),
        "Status: Submitted → Not Submitted", "No worker took it within", NO_MAIL,
    ),
    Case(
        more_ways.target_allowed_no_longer, A.NOT_SUBMITTED, (S.SUBMIT_FAILED,),
        "Status: Submitted → Not Submitted", "None of its targets is allowed any more", NO_MAIL,
    ),
    Case(
        more_ways.stopped_while_it_waits_for_a_worker, A.STOPPED, (S.STOPPED,),
        "Status: Submitted → Stopped", "Stopped by alice", NO_MAIL,
    ),
    Case(
        more_ways.stopped_before_its_scheduled_start, A.STOPPED, (S.STOPPED,),
        "Status: Scheduled → Stopped", "Stopped by alice", NO_MAIL,
    ),
    Case(
        more_ways.stopped_during_the_prescan, A.STOPPED, (S.STOPPED,),
        "Status: Prescanning → Stopped", "Stopped by alice", NO_MAIL,
    ),
    Case(
        more_ways.scheduled_time_has_come, A.QUEUED, (S.QUEUED,), "Status: Scheduled → Prescanning", "", PASSED,
    ),
    Case(
        more_ways.prescan_lost_again_and_again, A.TECHNICAL_ISSUE, (S.STOPPED,),
        "Status: Prescanning → Stopped - Technical Issue", "its worker was lost each time", FAILED,
    ),
    Case(
        more_ways.redirected_out_of_scope, A.ALL_FAILED, (S.VERIFICATION_FAILED,),
        "Scan status: Submitted → Verification Failed", "outside of its scope", FAILED,
    ),
    Case(
        more_ways.site_answers_with_an_error, A.ALL_FAILED, (S.CONNECTION_ERROR,),
        "Scan status: Submitted → Connection Error", "answered 503", FAILED,
    ),
    Case(
        more_ways.page_wants_a_sign_in, A.ALL_FAILED, (S.AUTHENTICATION_ERROR,),
        "Scan status: Submitted → Authentication Error", "it wants a sign-in", FAILED,
    ),
    Case(
        more_ways.script_leads_out_of_scope, A.ALL_FAILED, (S.CRAWL_SCRIPT_ERROR,),
        "Scan status: Submitted → Crawl Script Error", "outside of the scope of the scan", FAILED,
    ),
    Case(
        more_ways.duration_over_in_the_queue, A.DURATION_ENDED, (S.EXPIRED_STOPPED,),
        "Status: Queued → Stopped - Scan Duration Ended", "The allowed duration", PASSED,
    ),
    Case(
        more_ways.all_left_to_do_is_stopped, A.STOPPED, (S.SUBMIT_FAILED, S.STOPPED),
        "Status: Queued → Stopped", "Stopped by alice", PASSED,
    ),
    Case(
        more_ways.worker_lost_again_and_again, A.TECHNICAL_ISSUE, (S.ERROR_STOPPED,),
        "Scan status: In Progress → Technical Issue - Stopped", "The worker was lost 3 times", PASSED,
    ),
    Case(
        more_ways.engine_gave_up_because_the_site_is_down, A.COMPLETED_PARTIAL, (S.UNREACHABLE_AVAILABLE,),
        "Scan status: In Progress → Site unreachable - Verifying Results", "Connection refused", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.site_went_down_during_the_pause, A.COMPLETED_PARTIAL, (S.UNREACHABLE_AVAILABLE,),
        "Scan status: Resuming → Site unreachable - Verifying Results", "Connection refused", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.account_locked_during_the_pause, A.COMPLETED_PARTIAL, (S.LOCKOUT_AVAILABLE,),
        "Scan status: Resuming → Lockout - Verifying Partial Results", "the account is locked", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.password_changed_during_the_pause, A.COMPLETED_PARTIAL, (S.ERROR_AVAILABLE,),
        "Scan status: Resuming → Scan Error - Verifying Partial Results", "password is wrong", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.account_locked_for_good, A.COMPLETED_PARTIAL, (S.LOCKOUT_AVAILABLE,),
        "Scan status: In Progress → Lockout - Verifying Partial Results", "the account is locked", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.signed_out_and_in_again, A.COMPLETED, (S.COMPLETED_AVAILABLE,),
        "Signed in again", "asks for a password after signing in", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.nothing_found, A.COMPLETED, (S.COMPLETED_AVAILABLE,),
        "Status: In Progress → Completed - Verifying Results", "", PASSED | PUBLISHED,
    ),
    Case(
        more_ways.one_failed_and_one_ran_to_its_end, A.COMPLETED_PARTIAL, (S.ERROR_STOPPED, S.COMPLETED_AVAILABLE),
        "Status: In Progress → Completed - Verifying Partial Results", "", PASSED | PUBLISHED,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.way.__name__)
def test_a_cause(case, stage, as_alice):
    analysis = case.way(stage)
    stage.finish()
    assert_analysis_is_stored_as(case.analysis, analysis)
    for scan, status in zip(scans(analysis), case.scans, strict=True):
        assert_scan_is_stored_as(status, scan)
    assert_log_tells(case.log, case.cause, Page(as_alice.get(f"/analyses/{analysis.pk}/")))
    assert_it_can_be_read_in_german(as_alice, f"/analyses/{analysis.pk}/")
    assert_mails_are(case.mails, analysis)


def test_what_is_withdrawn_is_a_draft_again(stage, as_alice):
    analysis = more_ways.withdrawn(stage)
    page = Page(as_alice.get(f"/analyses/{analysis.pk}/"))
    assert page.badge(f"status-{analysis.pk}") == ("Saved for Later", False)
    assert_log_tells("Status: Scheduled → Saved for Later", "", page)
    assert_mails_are(NO_MAIL, analysis)
