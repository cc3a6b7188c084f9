"""Making an occurrence: by a person who submits, or by a schedule whose time has come."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from analyses import schedules
from analyses.doorbell import ring
from analyses.lifecycle.writing import Change, Refused, change, note_on
from analyses.models import Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.statuses import Action, AnalysisStatus, ScanStatus, refusal

_MOST_MISSED = 1_000  # times of a schedule that are counted after a long downtime


def submit(analysis: Analysis, actor: User, *, start_at: datetime | None = None) -> AnalysisOccurrence:
    """Start a new occurrence now, or at `start_at` when that lies in the future. Raises Refused.

    The first submission of a schedule that repeats begins it; a later one is a run besides.
    """
    try:
        with transaction.atomic():
            current = Analysis.objects.select_for_update(no_key=True).get(pk=analysis.pk)
            _refuse(current)
            first = start_at if start_at and start_at > timezone.now() else None
            begins = bool(current.repeat) and current.next_start is None
            nominal = (first or timezone.now()) if begins else None
            occurrence = _occurrence(current, actor, first, nominal)
            with change(occurrence.pk, actor) as opened:
                _log_submission(opened, current)
            if nominal:
                _begin_schedule(current, nominal)
    except IntegrityError as error:
        raise Refused("Somebody else has just submitted it.") from error
    ring("prescan", occurrence.pk)
    return occurrence


def _refuse(analysis: Analysis) -> None:
    reason = refusal(Action.SUBMIT, AnalysisStatus(analysis.status))
    if reason:
        raise Refused(f"{Action.SUBMIT.label} is not possible now: {reason[0].lower()}{reason[1:]}")
    if _is_under_way(analysis):
        raise Refused("Its last run is still winding down. Try again in a moment.")


def _is_under_way(analysis: Analysis) -> bool:
    return analysis.occurrences.filter(ended_at=None).exists()


def _begin_schedule(analysis: Analysis, first: datetime) -> None:
    analysis.start_at, analysis.repeat_fired = first, 1
    rule = analysis.rule
    following = schedules.next_after(rule, first, 1) if rule else None
    Analysis.objects.filter(pk=analysis.pk).update(start_at=first, repeat_fired=1, next_start=following)


def follow_schedule(analysis: Analysis) -> None:
    """After an edit: when the schedule that has begun submits it next, by its present settings."""
    current = Analysis.objects.get(pk=analysis.pk)
    if current.next_start is None:
        return
    rule = current.rule
    following = schedules.next_after(rule, timezone.now(), current.repeat_fired) if rule and current.repeat else None
    Analysis.objects.filter(pk=analysis.pk).update(next_start=following)


def due_schedules() -> Iterator[int]:
    """The analyses that their schedules should submit now."""
    yield from Analysis.objects.filter(next_start__lte=timezone.now()).values_list("pk", flat=True)


def fire(analysis_id: int) -> AnalysisOccurrence | None:
    """Submit an analysis whose time has come, once, however many times have passed meanwhile.

    The latest of the passed times is the one that runs; earlier ones were missed, and the log says so. A time at
    which the run before is still under way is skipped, and the log says that. Whoever comes second does nothing.
    """
    with transaction.atomic():
        analysis = Analysis.objects.select_for_update(no_key=True).get(pk=analysis_id)
        nominal, missed = _pass(analysis)
        if nominal is None:
            return None
        if missed:
            note_on(analysis, "Missed by its schedule", cause=f"{missed} earlier, while nothing was at work.")
        if _is_under_way(analysis):
            note_on(analysis, "Skipped by its schedule", cause="The run before is still under way.")
            return None
        try:
            with transaction.atomic():
                occurrence = _occurrence(analysis, None, None, nominal)
                with change(occurrence.pk) as opened:
                    _log_submission(opened, analysis, cause="Its schedule's time has come.")
        except IntegrityError:  # this time has made its occurrence already
            return None
        except Refused as refused:
            note_on(analysis, "Skipped by its schedule", cause=str(refused))
            return None
    ring("prescan", occurrence.pk)
    return occurrence


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
    analysis: Analysis, actor: User | None, start_at: datetime | None, nominal: datetime | None
) -> AnalysisOccurrence:
    scans = list(analysis.scans.all())
    if not scans:
        raise Refused("Add at least one URL before submitting.")
    occurrence = AnalysisOccurrence.objects.create(
        analysis=analysis,
        number=(analysis.occurrences.aggregate(last=Max("number"))["last"] or 0) + 1,
        requested_by=actor,
        engine=analysis.engine,
        user_agent=analysis.user_agent,
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
        crawl_script=scan.crawl_script,
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


def _log_submission(opened: Change, analysis: Analysis, cause: str = "") -> None:
    """Both statuses are logged where a start time is given: it was submitted, then scheduled."""
    old, new = AnalysisStatus(analysis.status).label, AnalysisStatus.SUBMITTED.label
    opened.note("Submitted", old=old, new=new, cause=cause)
    for scan in opened.scans:
        opened.note("Scan status", scan=scan, new=ScanStatus.SUBMITTED.label)
    if opened.occurrence.start_at:
        opened.move_scans(frozenset({ScanStatus.SUBMITTED}), ScanStatus.SCHEDULED)
        opened.move(AnalysisStatus.SCHEDULED)
