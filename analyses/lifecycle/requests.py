"""What people ask of an analysis: save, run now, withdraw, stop. A stop is a request; the runner reports the fact."""

from django.contrib.auth.models import User
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from analyses.actions import Action, not_possible_now
from analyses.doorbell import ring
from analyses.lifecycle.approvals import halted
from analyses.lifecycle.deleting import begin_deleting, delete_results
from analyses.lifecycle.putting_back import put_back, undo
from analyses.lifecycle.submission import follow_schedule
from analyses.lifecycle.times_in_words import in_zone, length
from analyses.lifecycle.writing import Change, Refused, change, note_on, refuse_unless_possible
from analyses.models import Analysis, AnalysisOccurrence
from analyses.moves import Stop
from analyses.said import said as _
from analyses.statuses import (
    SCAN_PUBLISHED,
    SCAN_VERIFYING,
    AnalysisStatus,
    ScanStatus,
    logged,
)

_BEFORE_ANY_SCAN = frozenset(
    {AnalysisStatus.SUBMITTED, AnalysisStatus.SCHEDULED, AnalysisStatus.PRESCANNING, AnalysisStatus.QUEUED}
)
_NOT_STARTED = frozenset({ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING, ScanStatus.SUBMITTED, ScanStatus.SCHEDULED})
_REQUESTED = {
    Action.STOP_SAVE: _("Stop and save results requested"),
    Action.STOP_DELETE: _("Stop and delete results requested"),
}
_ENGINE_AT_WORK = frozenset({ScanStatus.IN_PROGRESS, ScanStatus.PAUSING, ScanStatus.RESUMING})


def created(analysis: Analysis, actor: User) -> None:
    """Log that an analysis was saved for the first time."""
    note_on(analysis, _("Created"), actor, new=logged(AnalysisStatus.SAVED))
    Analysis.objects.filter(pk=analysis.pk).update(scan_count=analysis.scans.count())


def tried(analysis: Analysis, actor: User, target: str) -> None:
    """Somebody tries out the connection and the sign-in of one of its scans, maybe with what is stored."""
    note_on(analysis, _("Connection and sign-in tried out"), actor, cause=target)


def edited(analysis: Analysis, actor: User, differences: str, *, schedule: bool = False, start: bool = False) -> None:
    """Log what an edit changed, in words; secrets only as "changed". The schedule and a live run follow it.

    `schedule` when anything of the schedule is another, `start` when its first start is.
    """
    note_on(analysis, _("Configuration changed"), actor, cause=differences)
    if analysis.status == AnalysisStatus.SAVED:
        Analysis.objects.filter(pk=analysis.pk).update(scan_count=analysis.scans.count())
    if schedule:
        Analysis.objects.filter(pk=analysis.pk).update(repeat_failures=0)
    follow_schedule(analysis, anew=start)
    _lengthen(analysis, actor)


def _lengthen(analysis: Analysis, actor: User) -> None:
    """A run under way gets the longer duration that has been saved, at once."""
    live = analysis.occurrences.filter(ended_at=None, duration__lt=analysis.duration).first()
    if live is None or live.stop:
        return
    with change(live.pk, actor) as opened:
        occurrence = opened.occurrence
        occurrence.duration = analysis.duration
        if occurrence.started_at:
            limits: list = [occurrence.started_at + occurrence.duration, occurrence.end_by]
            occurrence.deadline = min(limit for limit in limits if limit)
        now = length(analysis.duration)
        opened.note(_("Duration of the run extended"), cause=_("It may take %(length)s now.", length=now))


def run_now(analysis: Analysis, actor: User) -> None:
    """Let the run that waits for its scheduled start begin at once. Raises Refused.

    It is the run of that time: a schedule that repeats goes on with the times that follow it.
    """
    with change(latest(analysis, Action.RUN_NOW).pk, actor) as opened:
        occurrence = opened.occurrence
        refuse(Action.RUN_NOW, occurrence)
        if cause := halted():
            raise Refused(lazy(not_possible_now, str)(Action.RUN_NOW, cause))
        if occurrence.start_at:
            waited_for = in_zone(occurrence.start_at, occurrence.zone)
            opened.note(_("Run now requested"), cause=_("It does not wait for %(moment)s.", moment=waited_for))
        occurrence.start_at = opened.now
        if occurrence.analysis.next_start is None:  # no run follows: the time that was chosen has no use any more
            Analysis.objects.filter(pk=analysis.pk).update(start_at=None)
    ring("prescan", occurrence.pk)


def withdraw(analysis: Analysis, actor: User) -> None:
    """Take an analysis from its schedule: no more runs follow, and one that waits is Saved for Later again.

    Raises Refused.
    """
    with change(latest(analysis, Action.WITHDRAW).pk, actor) as opened:
        refuse(Action.WITHDRAW, opened.occurrence)
        opened.note(_("Withdrawn from schedule"))
        Analysis.objects.filter(pk=analysis.pk).update(next_start=None)
        # A run that has ended keeps nobody from submitting the next one. With the analysis locked now, it shows.
        if latest(analysis, Action.WITHDRAW) != opened.occurrence:
            raise Refused(gettext_lazy("Somebody else has just submitted it."))
        if opened.occurrence.status == AnalysisStatus.SCHEDULED:
            why = _("Withdrawn from schedule")
            opened.move_scans(frozenset({ScanStatus.SCHEDULED}), ScanStatus.STOPPED, cause=why)
            opened.move(AnalysisStatus.SAVED)
            opened.occurrence.ended_at = opened.now
            opened.occurrence.nominal_at = None  # that time has made no run: it may be chosen again


def stop(analysis: Analysis, actor: User, *, keep: bool) -> None:
    """Ask for the run to be stopped, keeping or deleting its results. Raises Refused."""
    action = Action.STOP_SAVE if keep else Action.STOP_DELETE
    with change(latest(analysis, action).pk, actor) as opened:
        refuse(action, opened.occurrence)
        opened.note(_REQUESTED[action])
        end_at_once(opened, _("Stopped by %(name)s", name=actor.get_username()), keep=keep)
    delete_results(opened.occurrence.pk)


def undo_deletion(analysis: Analysis, actor: User) -> None:
    """Have back what was deleted of the latest run. Raises Refused."""
    with change(latest(analysis, Action.UNDO_DELETE).pk, actor) as opened:
        # Whoever submits it locks the analysis first: with it locked here too, one of both comes second, and sees it.
        Analysis.objects.select_for_update(no_key=True).get(pk=analysis.pk)
        if latest(analysis, Action.UNDO_DELETE) != opened.occurrence:
            raise Refused(gettext_lazy("Somebody else has just submitted it."))
        refuse(Action.UNDO_DELETE, opened.occurrence)
        undo(opened, _("Deletion undone by %(name)s", name=actor.get_username()))
    put_back(opened.occurrence.pk)


def end_at_once(opened: Change, cause: str, *, keep: bool) -> None:
    """End a run before its scans are done: what has not started never will, engines are asked to end."""
    before_any_scan = opened.occurrence.status in _BEFORE_ANY_SCAN
    opened.move_scans(_NOT_STARTED, ScanStatus.STOPPED, cause=cause)
    if before_any_scan:
        opened.move(AnalysisStatus.STOPPED, cause=cause)
    else:
        (_stop_and_keep if keep else _stop_and_delete)(opened, cause)
    opened.settle(cause=cause)


def _stop_and_keep(opened: Change, cause: str) -> None:
    has_something = _ENGINE_AT_WORK | SCAN_VERIFYING | SCAN_PUBLISHED
    if opened.scans.filter(status__in=has_something).exists():
        opened.occurrence.stop = Stop.KEEP
        opened.move_scans(_ENGINE_AT_WORK, ScanStatus.STOPPING_SAVING, cause=cause)
        opened.move(AnalysisStatus.STOPPED_SAVING, cause=cause)


def _stop_and_delete(opened: Change, cause: str) -> None:
    opened.occurrence.stop = Stop.DELETE
    opened.move_scans(_ENGINE_AT_WORK, ScanStatus.STOPPING_DELETING, cause=cause)
    begin_deleting(opened, cause)


def refuse(action: Action, occurrence: AnalysisOccurrence) -> None:
    """Raise Refused, in words, when the action is not possible now."""
    refuse_unless_possible(action, AnalysisStatus(occurrence.status), occurrence.situation)


def latest(analysis: Analysis, action: Action) -> AnalysisOccurrence:
    """The run that an action is about. Raises Refused when there is none."""
    occurrence = analysis.occurrences.order_by("-number").first()
    if occurrence is None:
        raise Refused(
            format_lazy(gettext_lazy("{action} is not possible: it has never been submitted."), action=action.label)
        )
    return occurrence
