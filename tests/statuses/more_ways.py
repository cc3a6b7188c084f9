"""Other causes of the same statuses: every one of them has to be told apart from its neighbours."""

from datetime import timedelta

from django.utils import timezone

from analyses import lifecycle
from analyses.models import AllowedTarget, Analysis
from analyses.statuses import AnalysisStatus as A
from analyses.statuses import ScanStatus as S
from tests.statuses import ways
from tests.statuses.stage import LockingSite, Stage, run_of, scans, script, wait_until
from tests.targets.serving import Answer


def no_worker_in_time(stage: Stage) -> Analysis:
    analysis = ways.submitted_without_a_worker(stage)
    analysis.occurrences.update(submitted_at=timezone.now() - timedelta(days=1))
    stage.sweep()
    return analysis


def target_allowed_no_longer(stage: Stage) -> Analysis:
    analysis = ways.submitted_without_a_worker(stage)
    AllowedTarget.objects.all().delete()
    stage.prescan(analysis)
    return analysis


def stopped_while_it_waits_for_a_worker(stage: Stage) -> Analysis:
    analysis = ways.submitted_without_a_worker(stage)
    stage.stop(analysis, keep=True)
    stage.prescan(analysis)
    return analysis


def stopped_before_its_scheduled_start(stage: Stage) -> Analysis:
    analysis = ways.scheduled_for_tomorrow(stage)
    stage.stop(analysis, keep=False)
    return analysis


def stopped_during_the_prescan(stage: Stage) -> Analysis:
    """The site answers after that, and the prescan comes to its end: nothing follows from it."""
    analysis = ways.site_keeps_the_prescan_waiting(stage)
    stage.stop(analysis, keep=True)
    stage.finish()
    return analysis


def withdrawn(stage: Stage) -> Analysis:
    analysis = ways.scheduled_for_tomorrow(stage)
    lifecycle.withdraw(analysis, stage.owner)
    return analysis


def scheduled_time_has_come(stage: Stage) -> Analysis:
    analysis = ways.scheduled_for_tomorrow(stage)
    analysis.occurrences.update(start_at=timezone.now())
    assert lifecycle.due().prescans == [run_of(analysis).pk]
    stage.prescan(analysis)
    return analysis


def prescan_lost_again_and_again(stage: Stage) -> Analysis:
    analysis = ways.submitted_without_a_worker(stage)
    for _ in range(4):
        lifecycle.begin_prescan(run_of(analysis).pk)
        analysis.occurrences.update(prescan_lease=timezone.now() - timedelta(seconds=1))
    return analysis


def redirected_out_of_scope(stage: Stage) -> Analysis:
    site, _ = stage.site(lambda _: Answer(status=302, headers=(("Location", "http://127.0.0.2/"),)))
    return stage.prescanned(site.url)


def site_answers_with_an_error(stage: Stage) -> Analysis:
    site, _ = stage.site(lambda _: Answer("Broken", 503))
    return stage.prescanned(site.url)


def page_wants_a_sign_in(stage: Stage) -> Analysis:
    site, _ = stage.site(lambda _: Answer("Who are you?", 401))
    return stage.prescanned(site.url)


def script_leads_out_of_scope(stage: Stage) -> Analysis:
    return ways.with_crawl_script(stage, ("open", "http://127.0.0.2/"))


def duration_over_in_the_queue(stage: Stage) -> Analysis:
    analysis = ways.prescan_passed(stage)
    analysis.occurrences.update(deadline=timezone.now())
    stage.sweep()
    return analysis


def all_left_to_do_is_stopped(stage: Stage) -> Analysis:
    """The first scan failed to start; the second waited for the slot, and is stopped."""
    analysis = stage.prescanned(stage.plays("does-not-start"), stage.plays())
    stage.drive_by_a_worker(analysis)
    stage.wait_for_scan(analysis, S.SUBMIT_FAILED)
    stage.stop(analysis, keep=True)
    return analysis


def engine_gave_up_because_the_site_is_down(stage: Stage) -> Analysis:
    """Before the lookout, which looks from time to time only, had seen it."""
    stage.settings.PROBE_SECONDS = 60
    site, served = stage.site()
    analysis = stage.prescanned(script(site.url, "fails-after-finding", seconds=2))
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: scans(analysis)[0].finding_count, "a finding")
    served.close()
    return analysis


def _paused_with_a_sign_in(stage: Stage, answers: LockingSite):
    site, served = stage.site(answers)
    analysis = stage.signing_in(site, "hangs-after-finding")
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: scans(analysis)[0].finding_count == 3, "findings")
    lifecycle.pause(analysis, stage.owner)
    wait_until(lambda: scans(analysis)[0].lease_until is None, "the engine to be suspended")
    return analysis, served


def site_went_down_during_the_pause(stage: Stage) -> Analysis:
    analysis, served = _paused_with_a_sign_in(stage, LockingSite())
    served.close()
    lifecycle.resume(analysis, stage.owner)
    stage.drive_all(analysis)
    return analysis


def account_locked_during_the_pause(stage: Stage) -> Analysis:
    answers = LockingSite()
    analysis, _ = _paused_with_a_sign_in(stage, answers)
    answers.locked_answers = 100
    lifecycle.resume(analysis, stage.owner)
    stage.drive_all(analysis)
    return analysis


def password_changed_during_the_pause(stage: Stage) -> Analysis:
    answers = LockingSite()
    analysis, _ = _paused_with_a_sign_in(stage, answers)
    answers.forget_everybody("another password")
    lifecycle.resume(analysis, stage.owner)
    stage.drive_all(analysis)
    return analysis


def account_locked_for_good(stage: Stage) -> Analysis:
    """The site answers 423 to everything behind the sign-in: what was found is published untested."""
    answers = LockingSite()
    analysis = stage.signing_in(stage.site(answers)[0], "hangs-after-finding")
    stage.drive_by_a_worker(analysis)
    wait_until(lambda: scans(analysis)[0].finding_count == 3, "findings")
    answers.locked_answers = 1000
    return analysis


def signed_out_and_in_again(stage: Stage) -> Analysis:
    """The site forgets its sessions once: the scan signs in again and goes on."""
    answers = LockingSite()
    analysis = stage.signing_in(stage.site(answers)[0], "complete", seconds=3)
    stage.drive_by_a_worker(analysis)
    stage.wait_for_scan(analysis, S.IN_PROGRESS)
    answers.forget_everybody()
    return stage.wait_for(analysis, A.COMPLETED)


def nothing_found(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.plays("nothing-found"))
    stage.drive_all(analysis)
    return analysis


def one_failed_and_one_ran_to_its_end(stage: Stage) -> Analysis:
    analysis = stage.prescanned(stage.plays("fails"), stage.plays())
    stage.drive_all(analysis)
    return analysis


def worker_lost_again_and_again(stage: Stage) -> Analysis:
    analysis = ways.prescan_passed(stage)
    [scan] = scans(analysis)
    held = lifecycle.claim(scan.pk)
    assert held
    lifecycle.started(held)
    for _ in range(3):
        run_of(analysis).scans.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert lifecycle.due().scans == [scan.pk]
        lifecycle.claim(scan.pk)
    return analysis
