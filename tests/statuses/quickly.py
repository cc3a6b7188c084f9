"""An analysis in each of the 23 statuses, brought there by the verbs of the lifecycle alone: no thread, no site."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from analyses import lifecycle
from analyses.models import Analysis
from analyses.moves import Ending
from analyses.statuses import AnalysisStatus as A
from tests.scene import UNREACHED, an_analysis, ends, prescanned, published, scans_of, started

_TWO = ("http://shop.test/", "http://other.test/")


def _drafted(owner: User) -> Analysis:
    return an_analysis(owner)


def _submitted(owner: User) -> Analysis:
    analysis = an_analysis(owner)
    lifecycle.submit(analysis, owner)
    return analysis


def _not_submitted(owner: User) -> Analysis:
    analysis = _submitted(owner)
    lifecycle.not_submitted(analysis.occurrences.get().pk, "The scan engine cannot run here.")
    return analysis


def _scheduled(owner: User) -> Analysis:
    tomorrow = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    analysis = an_analysis(owner, start_at=tomorrow)
    lifecycle.submit(analysis, owner, start_at=tomorrow)
    return analysis


def _prescanning(owner: User) -> Analysis:
    analysis = _submitted(owner)
    lifecycle.begin_prescan(analysis.occurrences.get().pk)
    return analysis


def _all_failed(owner: User) -> Analysis:
    analysis = _submitted(owner)
    prescanned(analysis.occurrences.get(), UNREACHED)
    return analysis


def _queued(owner: User, *urls: str, **fields) -> Analysis:
    analysis = an_analysis(owner, *urls, **fields)
    prescanned(lifecycle.submit(analysis, owner))
    return analysis


def _in_progress(owner: User, *urls: str, **fields) -> Analysis:
    """The first scan is running; a second one waits."""
    analysis = _queued(owner, *urls, **fields)
    started(scans_of(analysis.occurrences.get())[0])
    return analysis


def _in_progress_with_warning(owner: User) -> Analysis:
    analysis = an_analysis(owner, *_TWO)
    occurrence = lifecycle.submit(analysis, owner)
    prescanned(occurrence, UNREACHED)
    started(scans_of(occurrence)[1])
    return analysis


def _stopped(owner: User) -> Analysis:
    analysis = _queued(owner)
    lifecycle.stop(analysis, owner, keep=True)
    return analysis


def _saving(owner: User) -> Analysis:
    analysis = _in_progress(owner)
    lifecycle.stop(analysis, owner, keep=True)
    return analysis


def _deleted(owner: User) -> Analysis:
    """Its engine is at rest, its results are gone."""
    analysis = _queued(owner)
    held = started(scans_of(analysis.occurrences.get())[0])
    lifecycle.stop(analysis, owner, keep=False)
    assert held
    lifecycle.end_run(held, Ending.STOPPED)
    return analysis


def _stopped_after_its_scan_had_ended(owner: User) -> Analysis:
    analysis = _queued(owner, *_TWO)
    _end(analysis)
    lifecycle.stop(analysis, owner, keep=True)
    return analysis


def _stopped_and_verifying(owner: User) -> Analysis:
    return _end(_queued(owner), Ending.STOPPED, stop=True)


def _stopped_and_published(owner: User) -> Analysis:
    return _end(_queued(owner), Ending.STOPPED, stop=True, publish=True)


def _duration_ended(owner: User) -> Analysis:
    return _end(_queued(owner), Ending.EXPIRED, finds=False)


def _duration_ended_while_one_runs(owner: User) -> Analysis:
    analysis = _in_progress(owner, *_TWO)
    analysis.occurrences.update(deadline=timezone.now())
    lifecycle.expire(analysis.occurrences.get().pk)
    return analysis


def _expired_and_verifying(owner: User) -> Analysis:
    return _end(_queued(owner), Ending.EXPIRED)


def _failed(owner: User) -> Analysis:
    return _end(_queued(owner), Ending.ERROR, finds=False)


def _completed_and_verifying(owner: User) -> Analysis:
    return _end(_queued(owner))


def _with_one_left_out(owner: User, *, publish: bool = False) -> Analysis:
    analysis = an_analysis(owner, *_TWO)
    prescanned(lifecycle.submit(analysis, owner), UNREACHED)
    return _end(analysis, place=1, publish=publish)


def _partly_published(owner: User) -> Analysis:
    return _with_one_left_out(owner, publish=True)


def _end(
    analysis: Analysis,
    ending: Ending = Ending.COMPLETED,
    *,
    place: int = 0,
    finds: bool = True,
    stop: bool = False,
    publish: bool = False,
) -> Analysis:
    """Start one scan of an analysis and let it end."""
    held = started(scans_of(analysis.occurrences.get())[place])
    assert held
    if stop:
        lifecycle.stop(analysis, analysis.owner, keep=True)
    ends(held, ending, finds=finds)
    if publish:
        lifecycle.publish(held)
    return analysis


BUILT: dict[A, Callable[[User], Analysis]] = {
    A.SAVED: _drafted,
    A.SUBMITTED: _submitted,
    A.NOT_SUBMITTED: _not_submitted,
    A.SCHEDULED: _scheduled,
    A.PRESCANNING: _prescanning,
    A.ALL_FAILED: _all_failed,
    A.QUEUED: _queued,
    A.IN_PROGRESS: _in_progress,
    A.IN_PROGRESS_WARNING: _in_progress_with_warning,
    A.STOPPED: _stopped,
    A.STOPPED_SAVING: _saving,
    A.STOPPED_DELETING: _deleted,
    A.STOPPED_VERIFYING: _stopped_after_its_scan_had_ended,
    A.STOPPED_VERIFYING_PARTIAL: _stopped_and_verifying,
    A.STOPPED_AVAILABLE: _stopped_and_published,
    A.DURATION_ENDED: _duration_ended,
    A.DURATION_ENDED_PARTIAL: _duration_ended_while_one_runs,
    A.EXPIRED_VERIFYING: _expired_and_verifying,
    A.TECHNICAL_ISSUE: _failed,
    A.COMPLETED_VERIFYING: _completed_and_verifying,
    A.COMPLETED_VERIFYING_PARTIAL: _with_one_left_out,
    A.COMPLETED_PARTIAL: _partly_published,
    A.COMPLETED: published,
}


def an_analysis_in(status: A, owner: User) -> Analysis:
    """Asserts that it is there."""
    analysis = BUILT[status](owner)
    analysis.refresh_from_db()
    assert analysis.status == status
    return analysis
