"""Making an occurrence: by a person who submits, or by a schedule whose time has come."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from analyses import schedules
from analyses.actions import Action, Situation, behind_a_colon
from analyses.doorbell import ring
from analyses.lifecycle.approvals import halted
from analyses.lifecycle.english import in_english
from analyses.lifecycle.freezing import frozen, frozen_for_reader
from analyses.lifecycle.times_in_words import lateness
from analyses.lifecycle.writing import Change, Refused, change, note_on, refuse_unless_possible
from analyses.models import Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.said import joined
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.statuses import ANALYSIS_FINAL, AnalysisStatus, ScanStatus, logged

_MOST_MISSED = 1_000  # times of a schedule that are counted after a long downtime


def submit(
    analysis: Analysis, actor: User, *, start_at: datetime | None = None, prescan_only: bool = False
) -> AnalysisOccurrence:
    """Start a new occurrence now, or at `start_at` when that lies in the future. Raises Refused.

    The first submission of a schedule that repeats begins it; a later one is a run besides. With `prescan_only` it is
    a run besides in any case, prescanned now and not scanned: no schedule begins with it or notices it.
    """
    if cause := halted():
        reason = lazy(behind_a_colon, str)(cause)
        raise Refused(format_lazy(gettext_lazy("Nothing can be submitted: {reason}"), reason=reason))
    try:
        with in_english(), transaction.atomic():  # its settings are frozen in words
            current = Analysis.objects.select_for_update(no_key=True).filter(pk=analysis.pk).first()
            if current is None:
                raise Refused(gettext_lazy("It has just been deleted."))
            _refuse(Action.PRESCAN if prescan_only else Action.SUBMIT, current)
            if prescan_only:
                first = nominal = None
            else:
                first = start_at if start_at and start_at > timezone.now() else None
                begins = bool(current.repeat) and current.next_start is None
                nominal = (first or timezone.now()) if begins else None
                Analysis.objects.filter(pk=current.pk).update(repeat_failures=0)
            occurrence = _occurrence(current, actor, first, nominal, prescan_only=prescan_only)
            with change(occurrence.pk, actor) as opened:
                _log_submission(opened, current)
            if nominal:
                _begin_schedule(current, nominal)
    except IntegrityError as error:
        raise Refused(gettext_lazy("Somebody else has just submitted it.")) from error
    ring("prescan", occurrence.pk)
    return occurrence


def _refuse(action: Action, analysis: Analysis) -> None:
    status = AnalysisStatus(analysis.status)
    winding_down = status in ANALYSIS_FINAL and _is_under_way(analysis)
    refuse_unless_possible(action, status, Situation(winding_down=winding_down))


def _is_under_way(analysis: Analysis) -> bool:
    return analysis.occurrences.filter(ended_at=None).exists()


def _begin_schedule(analysis: Analysis, first: datetime) -> None:
    analysis.start_at, analysis.repeat_fired = first, 1
    rule = analysis.rule
    following = schedules.next_after(rule, first, 1) if rule else None
    Analysis.objects.filter(pk=analysis.pk).update(start_at=first, repeat_fired=1, next_start=following)


def follow_schedule(analysis: Analysis, *, anew: bool = False) -> None:
    """After an edit: when the schedule that has begun submits it next, by its present settings.

    `anew` when its first start is another one: put into the future, all of its runs are still to come.
    """
    current = Analysis.objects.get(pk=analysis.pk)
    if current.next_start is None:
        return
    now, rule, fired = timezone.now(), current.rule, current.repeat_fired
    since = current.start_at if current.start_at and current.first_is_used else now
    if anew and current.start_at and current.start_at > now:
        since, fired = now, 0
    following = schedules.next_after(rule, since, fired) if rule and current.repeat else None
    Analysis.objects.filter(pk=analysis.pk).update(next_start=following, repeat_fired=fired)


def due_schedules() -> Iterator[int]:
    """The analyses that their schedules should submit now. One that is only being prescanned is waited for."""
    due = Analysis.objects.filter(next_start__lte=timezone.now())
    yield from due.exclude(pk__in=_prescanned_besides().values("analysis")).values_list("pk", flat=True)


def _prescanned_besides() -> QuerySet[AnalysisOccurrence]:
    """The runs under way that somebody asked for to be prescanned only: soon over, and no reason to skip a run."""
    return AnalysisOccurrence.objects.filter(prescan_only=True, nominal_at=None, start_at=None, ended_at=None)


def fire(analysis_id: int) -> AnalysisOccurrence | None:
    """Submit an analysis whose time has come, once, however many times have passed meanwhile.

    The latest of the passed times is the one that runs; earlier ones were missed, and the log says so. A time at
    which the run before is still under way is skipped, and the log says that. Whoever comes second does nothing.
    """
    with transaction.atomic():
        analysis = Analysis.objects.select_for_update(no_key=True).filter(pk=analysis_id).first()
        if analysis is None:  # deleted meanwhile
            return None
        if _prescanned_besides().filter(analysis=analysis).exists():
            return None
        nominal, missed = _pass(analysis)
        if nominal is None:
            return None
        if missed:
            why = ngettext(
                "%(count)s earlier, while nothing was at work.", "%(count)s earlier, while nothing was at work.", missed
            )
            note_on(analysis, _("Missed by its schedule"), cause=why)
        if cause := halted():
            note_on(analysis, _("Skipped by its schedule"), cause=cause)
            return None
        if _is_under_way(analysis):
            note_on(analysis, _("Skipped by its schedule"), cause=_why_skipped(analysis))
            return None
        try:
            with transaction.atomic():
                occurrence = _occurrence(analysis, None, None, nominal)
                with change(occurrence.pk) as opened:
                    late = lateness(nominal, opened.now, analysis.zone)
                    _log_submission(opened, analysis, cause=joined(_("Its schedule's time has come."), late))
        except IntegrityError:  # this time has made its occurrence already
            return None
        except Refused as refused:
            note_on(analysis, _("Skipped by its schedule"), cause=str(refused))
            return None
    ring("prescan", occurrence.pk)
    return occurrence


def _why_skipped(analysis: Analysis) -> str:
    under_way = analysis.occurrences.filter(ended_at=None).first()
    if under_way and under_way.is_held:
        return _("The results of the run before still wait for a reviewer.")
    return _("The run before is still under way.")


def _pass(analysis: Analysis) -> tuple[datetime | None, int]:
    """Move the schedule on; answers the time that is due, if one is, and how many before it were missed."""
    now, nominal, rule = timezone.now(), analysis.next_start, analysis.rule
    if nominal is None or nominal > now:
        return None, 0
    passed = 1
    following = schedules.next_after(rule, nominal, analysis.repeat_fired + passed) if rule else None
    while rule and following and following <= now and passed < _MOST_MISSED:
        nominal, passed = following, passed + 1
        following = schedules.next_after(rule, nominal, analysis.repeat_fired + passed)
    if following and following <= now and rule:  # more than are worth counting
        following = schedules.next_after(rule, now, analysis.repeat_fired + passed)
    Analysis.objects.filter(pk=analysis.pk).update(
        next_start=following, repeat_fired=F("repeat_fired") + passed, version=F("version") + 1
    )
    return nominal, passed - 1


def _occurrence(
    analysis: Analysis,
    actor: User | None,
    start_at: datetime | None,
    nominal: datetime | None,
    *,
    prescan_only: bool = False,
) -> AnalysisOccurrence:
    scans = list(analysis.scans.select_related("specification").defer("specification__requests"))
    if not scans:
        raise Refused(gettext_lazy("Add at least one URL before submitting."))
    occurrence = AnalysisOccurrence.objects.create(
        analysis=analysis,
        number=(analysis.occurrences.aggregate(last=Max("number"))["last"] or 0) + 1,
        requested_by=actor,
        engine=analysis.engine,
        user_agent=analysis.user_agent,
        configuration=frozen_for_reader(analysis),
        prescan_only=prescan_only or analysis.prescan_only,
        hold_results=analysis.hold_results,
        duration=analysis.duration,
        end_by=analysis.end_by,
        deadline=analysis.end_by,
        start_at=start_at,
        nominal_at=nominal,
        zone=analysis.zone,
        pause_from=analysis.pause_from,
        pause_until=analysis.pause_until,
        pause_days=analysis.pause_days,
        submitted_at=timezone.now(),
    )
    ScanOccurrence.objects.bulk_create([frozen(scan, occurrence, analysis) for scan in scans], batch_size=500)
    return occurrence


def _log_submission(opened: Change, analysis: Analysis, cause: str = "") -> None:
    """Both statuses are logged where a start time is given: it was submitted, then scheduled."""
    old, new = logged(AnalysisStatus(analysis.status)), logged(AnalysisStatus.SUBMITTED)
    if opened.occurrence.prescan_only:
        cause = joined(cause, _("To be prescanned only."))
    opened.note(_("Submitted"), old=old, new=new, cause=cause)
    for scan in opened.scans:
        opened.note(_("Scan status"), scan=scan, new=logged(ScanStatus.SUBMITTED))
    if opened.occurrence.start_at:
        opened.move_scans(frozenset({ScanStatus.SUBMITTED}), ScanStatus.SCHEDULED)
        opened.move(AnalysisStatus.SCHEDULED)
