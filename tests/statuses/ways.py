"""How each status is really reached. Every way leaves an analysis where its name says, with its cause at work."""

from datetime import timedelta

from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S
from tests.prescan.scripts import side
from tests.scene import an_analysis, give_secrets
from tests.statuses.stage import LONG, LockingSite, Stage, scans, script, wait_until

AT_ONCE = timedelta(seconds=1)  # a duration that is soon over


# --- Before any scan starts -----------------------------------------------------------------------------------------


def drafted(stage: Stage) -> Analysis:
    return an_analysis(stage.owner, stage.plays())


def submitted_without_a_worker(stage: Stage) -> Analysis:
    return stage.submitted(stage.plays())


def scheduled_for_tomorrow(stage: Stage) -> Analysis:
    analysis = an_analysis(stage.owner, stage.plays())
    lifecycle.submit(analysis, stage.owner, start_at=timezone.now() + timedelta(days=1))
    return analysis


def engine_missing(stage: Stage) -> Analysis:
    return stage.prescanned(stage.plays(), engine="wapiti")  # settings.ENGINE_PYTHON leads nowhere


def site_keeps_the_prescan_waiting(stage: Stage) -> Analysis:
    site, _ = stage.site(stage.keeps_waiting)
    analysis = stage.submitted(site.url)
    stage.prescan_by_a_worker(analysis)
    wait_until(lambda: site.asked, "the prescan's visit")
    return analysis


def port_closed(stage: Stage) -> Analysis:
    return stage.prescanned(stage.nobody_there())


def one_target_not_allowed(stage: Stage) -> Analysis:
    other, _ = stage.site(allowed=False)
    return stage.prescanned(other.url, stage.plays())


def password_wrong(stage: Stage) -> Analysis:
    site, _ = stage.site(LockingSite())
    return stage.signing_in(site, "complete", password="battery staple")


def crawl_script_bad(stage: Stage) -> Analysis:
    """It would run code of its own."""
    return with_crawl_script(stage, ("open", "/"), ("executeScript", "return 1", "x"))


def with_crawl_script(stage: Stage, *commands: tuple[str, ...]) -> Analysis:
    analysis = an_analysis(stage.owner, stage.plays())
    give_secrets(analysis, crawl_script=side(*commands), crawl_script_name="shop.side")
    lifecycle.submit(analysis, stage.owner)
    stage.prescan(analysis)
    return analysis


def prescan_passed(stage: Stage) -> Analysis:
    return stage.prescanned(stage.plays())


def capacity_taken(stage: Stage) -> Analysis:
    stage.running(stage.plays("hangs"), name="Another")
    return stage.prescanned(stage.plays())


def stopped_in_the_queue(stage: Stage) -> Analysis:
    analysis = prescan_passed(stage)
    stage.stop(analysis, keep=True)
    return analysis


# --- While engines run ----------------------------------------------------------------------------------------------


def engine_runs(stage: Stage) -> Analysis:
    return stage.running(stage.plays("hangs"))


def engine_runs_beside_a_closed_port(stage: Stage) -> Analysis:
    return stage.running(stage.nobody_there(), stage.plays("hangs"))


def engine_does_not_start(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.plays("does-not-start"))
    stage.drive_all(analysis)
    return analysis


def paused_by_a_person(stage: Stage) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding"))
    lifecycle.pause(analysis, stage.owner)
    wait_until(lambda: scans(analysis)[0].lease_until is None, "the engine to be suspended")
    return analysis


def resumed_while_capacity_is_taken(stage: Stage) -> Analysis:
    analysis = paused_by_a_person(stage)
    stage.running(stage.plays("hangs"), name="Another")
    lifecycle.resume(analysis, stage.owner)
    return analysis


def stopped_and_saved_while_the_engine_winds_down(stage: Stage) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding", ending=LONG))
    stage.stop(analysis, keep=True)
    return analysis


def stopped_and_deleted_while_the_engine_winds_down(stage: Stage) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding", ending=LONG))
    stage.stop(analysis, keep=False)
    return analysis


def duration_over_while_an_engine_winds_down(stage: Stage) -> Analysis:
    """The second scan waits for the only slot: the clock ends it, the first one's engine is still at work."""
    first, second = stage.plays("hangs-after-finding", ending=LONG), stage.plays()
    analysis = stage.prescanned(first, second, duration=AT_ONCE)
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: lifecycle.overdue(), "the end of the duration")
    stage.sweep()
    return analysis


# --- How scans end, and where their results are ---------------------------------------------------------------------


def stopped_and_deleted(stage: Stage) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding"))
    stage.stop(analysis, keep=False)
    return stage.wait_for_scan(analysis, S.STOPPED)


def stopped_and_saved_after_its_scan_had_ended(stage: Stage) -> Analysis:
    """The second scan waits for the only slot, which the first keeps until its results are verified."""
    analysis = stage.prescanned(stage.plays(testing=LONG), stage.plays())
    stage.drive_by_a_worker(analysis)
    stage.wait_for_scan(analysis, S.COMPLETED_VERIFYING)
    stage.stop(analysis, keep=True)
    return analysis


def _stopped_and_saved(stage: Stage, **seconds: float) -> Analysis:
    analysis = stage.having_found(stage.plays("hangs-after-finding", **seconds))
    stage.stop(analysis, keep=True)
    return analysis


def stopped_and_saved_and_verifying(stage: Stage) -> Analysis:
    return stage.wait_for(_stopped_and_saved(stage, testing=LONG), A.STOPPED_VERIFYING_PARTIAL)


def stopped_and_published(stage: Stage) -> Analysis:
    return stage.wait_for(_stopped_and_saved(stage), A.STOPPED_AVAILABLE)


def _alone(stage: Stage, play: str, **seconds: float) -> Analysis:
    """One scan, driven to its end."""
    analysis = stage.prescanned(stage.plays(play, **seconds))
    stage.drive_all(analysis)
    return analysis


def _verifying(stage: Stage, status: S, play: str, **fields) -> Analysis:
    """One scan that has ended, and whose results are being tested again."""
    analysis = stage.prescanned(stage.plays(play, testing=LONG), **fields)
    stage.drive_by_a_worker(analysis)
    return stage.wait_for_scan(analysis, status)


def duration_over_and_nothing_found(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.plays("hangs"), duration=AT_ONCE)
    stage.drive_all(analysis)
    return analysis


def duration_over_and_verifying(stage: Stage) -> Analysis:
    return _verifying(stage, S.EXPIRED_VERIFYING, "hangs-after-finding", duration=AT_ONCE)


def duration_over_and_published(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.plays("hangs-after-finding"), duration=AT_ONCE)
    stage.drive_all(analysis)
    return analysis


def engine_failed(stage: Stage) -> Analysis:
    return _alone(stage, "fails")


def engine_failed_and_verifying(stage: Stage) -> Analysis:
    return _verifying(stage, S.ERROR_VERIFYING, "fails-after-finding")


def engine_failed_and_published(stage: Stage) -> Analysis:
    return _alone(stage, "fails-after-finding")


def ran_to_its_end_and_verifying(stage: Stage) -> Analysis:
    return _verifying(stage, S.COMPLETED_VERIFYING, "complete")


def ran_to_its_end_and_published(stage: Stage) -> Analysis:
    return _alone(stage, "complete")


def ran_beside_a_closed_port_and_verifying(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.nobody_there(), stage.plays(testing=LONG))
    stage.drive_by_a_worker(analysis, place=1)
    return stage.wait_for(analysis, A.COMPLETED_VERIFYING_PARTIAL)


def ran_beside_a_closed_port_and_published(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.nobody_there(), stage.plays())
    stage.drive_all(analysis)
    return analysis


def _site_goes_down(stage: Stage, play: str, ends: S, **seconds: float) -> Analysis:
    site, served = stage.site()
    run = stage.running if play == "hangs" else stage.having_found
    analysis = run(script(site.url, play, **seconds))
    served.close()
    return stage.wait_for_scan(analysis, ends)


def site_went_down_and_nothing_found(stage: Stage) -> Analysis:
    return _site_goes_down(stage, "hangs", S.UNREACHABLE_STOPPED)


def site_went_down_and_verifying(stage: Stage) -> Analysis:
    return _site_goes_down(stage, "hangs-after-finding", S.UNREACHABLE_VERIFYING, testing=LONG)


def site_went_down_and_published(stage: Stage) -> Analysis:
    return _site_goes_down(stage, "hangs-after-finding", S.UNREACHABLE_AVAILABLE)


def account_locked_and_verifying(stage: Stage) -> Analysis:
    """The site answers 423 once; after that, verification can sign in again."""
    answers = LockingSite()
    analysis = stage.signing_in(stage.site(answers)[0], "hangs-after-finding", testing=LONG)
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: scans(analysis)[0].finding_count == 3, "findings")
    answers.locked_answers = 1
    return stage.wait_for_scan(analysis, S.LOCKOUT_VERIFYING)


def sign_in_refused_and_published(stage: Stage) -> Analysis:
    """The site forgets the session and takes the password no more: three sign-ins in a row fail."""
    answers = LockingSite()
    analysis = stage.signing_in(stage.site(answers)[0], "hangs-after-finding")
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: scans(analysis)[0].finding_count == 3, "findings")
    answers.forget_everybody("another password")
    return stage.wait_for_scan(analysis, S.LOCKOUT_AVAILABLE)
