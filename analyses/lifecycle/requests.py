"""What people ask for: submit, withdraw, stop. A stop is a request; the runner acts and reports the fact."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from analyses.doorbell import ring
from analyses.lifecycle.results import purge
from analyses.lifecycle.writing import Change, Refused, change
from analyses.models import Activity, Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.moves import Stop
from analyses.statuses import (
    SCAN_LIVE,
    SCAN_PUBLISHED,
    SCAN_QUEUED,
    SCAN_VERIFYING,
    Action,
    AnalysisStatus,
    ScanStatus,
    refusal,
)

_BEFORE_ANY_SCAN = frozenset(
    {AnalysisStatus.SUBMITTED, AnalysisStatus.SCHEDULED, AnalysisStatus.PRESCANNING, AnalysisStatus.QUEUED}
)
_NOT_STARTED = SCAN_QUEUED | {ScanStatus.SUBMITTED, ScanStatus.SCHEDULED}
_ENGINE_AT_WORK = frozenset({ScanStatus.IN_PROGRESS, ScanStatus.PAUSING, ScanStatus.RESUMING})


def created(analysis: Analysis, actor: User) -> None:
    """Log that an analysis was saved for the first time."""
    _note(analysis, actor, "Created", new=AnalysisStatus.SAVED.label)
    Analysis.objects.filter(pk=analysis.pk).update(scan_count=analysis.scans.count())


def edited(analysis: Analysis, actor: User, differences: str) -> None:
    """Log what an edit changed, in words; secrets only as "changed"."""
    _note(analysis, actor, "Configuration changed", cause=differences)
    if analysis.status == AnalysisStatus.SAVED:
        Analysis.objects.filter(pk=analysis.pk).update(scan_count=analysis.scans.count())


def submit(analysis: Analysis, actor: User, *, start_at: datetime | None = None) -> AnalysisOccurrence:
    """Start a new occurrence now, or at `start_at` when that lies in the future. Raises Refused."""
    try:
        with transaction.atomic():
            current = Analysis.objects.select_for_update(no_key=True).get(pk=analysis.pk)
            _refuse(Action.SUBMIT, current)
            if current.occurrences.filter(ended_at=None).exclude(status=AnalysisStatus.SAVED).exists():
                raise Refused("Its last run is still winding down. Try again in a moment.")
            occurrence = _new_occurrence(current, actor, start_at)
            with change(occurrence.pk, actor) as opened:
                _log_submission(opened, current)
    except IntegrityError as error:
        raise Refused("Somebody else has just submitted it.") from error
    ring("prescan", occurrence.pk)
    return occurrence


def withdraw(analysis: Analysis, actor: User) -> None:
    """Take a scheduled analysis back: it is Saved for Later again. Raises Refused."""
    with change(_latest(analysis, Action.WITHDRAW).pk, actor) as opened:
        _refuse(Action.WITHDRAW, opened.occurrence)
        opened.note("Withdrawn from schedule")
        opened.move_scans(frozenset({ScanStatus.SCHEDULED}), ScanStatus.STOPPED, cause="Withdrawn from schedule")
        opened.move(AnalysisStatus.SAVED)
        opened.occurrence.ended_at = opened.now


def stop(analysis: Analysis, actor: User, *, keep: bool) -> None:
    """Ask for the run to be stopped, keeping or deleting its results. Raises Refused."""
    action = Action.STOP_SAVE if keep else Action.STOP_DELETE
    with change(_latest(analysis, action).pk, actor) as opened:
        _refuse(action, opened.occurrence)
        opened.note(f"{action.label} requested")
        before_any_scan = opened.occurrence.status in _BEFORE_ANY_SCAN
        opened.move_scans(_NOT_STARTED, ScanStatus.STOPPED, cause=f"Stopped by {actor.get_username()}")
        if not before_any_scan:
            (_stop_and_keep if keep else _stop_and_delete)(opened)
        opened.settle(cause=f"Stopped by {actor.get_username()}")


def _stop_and_keep(opened: Change) -> None:
    has_something = _ENGINE_AT_WORK | SCAN_VERIFYING | SCAN_PUBLISHED
    if opened.scans.filter(status__in=has_something).exists():
        opened.occurrence.stop = Stop.KEEP
        opened.move_scans(_ENGINE_AT_WORK, ScanStatus.STOPPING_SAVING)
        opened.move(AnalysisStatus.STOPPED_SAVING)


def _stop_and_delete(opened: Change) -> None:
    opened.occurrence.stop = Stop.DELETE
    opened.move_scans(_ENGINE_AT_WORK, ScanStatus.STOPPING_DELETING)
    opened.move_scans(SCAN_VERIFYING | SCAN_PUBLISHED, ScanStatus.STOPPED, cause="Results deleted")
    purge(opened.scans.exclude(status__in=SCAN_LIVE))


def _refuse(action: Action, subject: Analysis | AnalysisOccurrence) -> None:
    reason = refusal(action, AnalysisStatus(subject.status))
    if reason:
        raise Refused(f"{action.label} is not possible now: {reason[0].lower()}{reason[1:]}")


def _latest(analysis: Analysis, action: Action) -> AnalysisOccurrence:
    occurrence = analysis.occurrences.order_by("-number").first()
    if occurrence is None:
        raise Refused(f"{action.label} is not possible: it has never been submitted.")
    return occurrence


def _new_occurrence(analysis: Analysis, actor: User, start_at: datetime | None) -> AnalysisOccurrence:
    scans = list(analysis.scans.all())
    if not scans:
        raise Refused("Add at least one URL before submitting.")
    now = timezone.now()
    occurrence = AnalysisOccurrence.objects.create(
        analysis=analysis,
        number=(analysis.occurrences.aggregate(last=Max("number"))["last"] or 0) + 1,
        requested_by=actor,
        engine=analysis.engine,
        user_agent=analysis.user_agent,
        duration=analysis.duration,
        end_by=analysis.end_by,
        start_at=start_at if start_at and start_at > now else None,
        submitted_at=now,
    )
    ScanOccurrence.objects.bulk_create([_frozen(scan, occurrence, analysis) for scan in scans], batch_size=500)
    return occurrence


def _frozen(scan: Scan, occurrence: AnalysisOccurrence, analysis: Analysis) -> ScanOccurrence:
    """The copy of a scan's configuration that this occurrence runs, whatever is edited meanwhile."""
    excluded = [*scan.excluded_urls.split(), *analysis.excluded_urls.split()]
    if scan.logout_url:
        excluded.append(scan.logout_url)
    return ScanOccurrence(
        occurrence=occurrence,
        scan=scan,
        position=scan.position,
        url=scan.url,
        secret=scan.secret,
        configuration={
            "scope": scan.scope,
            "excluded_urls": excluded,
            "user_agent": scan.user_agent or analysis.user_agent,
            "sign_in_method": scan.sign_in_method,
            "login_url": scan.login_url,
            "username": scan.username,
            "header": scan.header,
            "check_text": scan.check_text,
            "check_url": scan.check_url,
            "logout_url": scan.logout_url,
        },
    )


def _log_submission(opened: Change, analysis: Analysis) -> None:
    """Both statuses are logged where a start time is given: it was submitted, then scheduled."""
    opened.note("Submitted", old=AnalysisStatus(analysis.status).label, new=AnalysisStatus.SUBMITTED.label)
    for scan in opened.scans:
        opened.note("Scan status", scan=scan, new=ScanStatus.SUBMITTED.label)
    if opened.occurrence.start_at:
        opened.move_scans(frozenset({ScanStatus.SUBMITTED}), ScanStatus.SCHEDULED)
        opened.move(AnalysisStatus.SCHEDULED)


def _note(analysis: Analysis, actor: User, action: str, *, new: str = "", cause: str = "") -> None:
    Activity.objects.create(
        analysis=analysis,
        actor=actor,
        actor_name=actor.get_username(),
        action=action,
        new_status=new,
        cause=cause,
        at=timezone.now(),
    )
