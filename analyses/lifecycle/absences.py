"""Nobody was there to do the work: the logs of the runs that waited or ran meanwhile say from when to when.

The beginning is noted while somebody is there to note it: whoever sweeps is a worker, so it is that scanners are away.
Of what happened while nobody swept, both times are noted by the first sweep afterwards, from the last sign of life.
Each is noted once in each run, however many sweeps see it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from analyses.lifecycle.times_in_words import in_utc, length
from analyses.lifecycle.writing import Change, change
from analyses.models import MISSING_AFTER, Activity, AnalysisOccurrence, Attendance, Outage, ScanOccurrence
from analyses.said import said as _
from analyses.statuses import ANALYSIS_LIVE, SCAN_LIVE, AnalysisStatus

SCANNERS, WORKERS = "scans", "default"
MOST = 200  # runs in one sweep: the next ones follow ten seconds later
_AWAY = {SCANNERS: _("No scanner at work"), WORKERS: _("No worker at work")}
_WAS_AWAY = {SCANNERS: _("No scanner was at work"), WORKERS: _("No worker was at work")}
_BACK = {SCANNERS: _("A scanner is at work again"), WORKERS: _("A worker is at work again")}
_BEFORE_SCANNERS = (AnalysisStatus.SUBMITTED, AnalysisStatus.PRESCANNING)  # they wait for a worker, not for a scanner


@dataclass(frozen=True)
class Absence:
    """No worker of a queue was there. `until` is None while that lasts."""

    queue: str
    since: datetime
    until: datetime | None = None

    @property
    def began(self) -> str:
        """The key of its entry that tells the beginning; `ended` of the one that tells the end, or both."""
        return f"absence:{self.queue}:{self.since.isoformat()}"

    @property
    def ended(self) -> str:
        return f"{self.began}:ended"

    @property
    def key(self) -> str:
        return self.ended if self.until else self.began


def absences_to_tell() -> list[Absence]:
    """Those that have ended and may not be told everywhere yet, and that of scanners, where it lasts. Two queries."""
    now = timezone.now()
    over = [Absence(row.queue, row.began_at, row.ended_at) for row in Outage.objects.order_by("began_at")]
    last, _is_new = Attendance.objects.get_or_create(queue=SCANNERS, defaults={"seen_at": now})
    return over if last.seen_at >= now - MISSING_AFTER else [*over, Absence(SCANNERS, last.seen_at)]


def unaware_of(absence: Absence) -> list[int]:
    """The first runs that waited or ran meanwhile, still do, and whose logs do not tell it. One query."""
    told = Activity.objects.filter(occurrence=OuterRef("pk"), key=absence.key)
    runs = _under_way(absence.until or timezone.now()).exclude(Exists(told))
    if absence.queue == SCANNERS:
        runs = runs.exclude(status__in=_BEFORE_SCANNERS)
    return list(runs.order_by("pk").values_list("pk", flat=True)[:MOST])


def _under_way(moment: datetime) -> QuerySet[AnalysisOccurrence]:
    """What is, and was at that moment: not what waits for its start, is paused, or is held for a reviewer."""
    at_work = ScanOccurrence.objects.filter(occurrence=OuterRef("pk"), status__in=SCAN_LIVE, ended_at=None)
    runs = AnalysisOccurrence.objects.filter(Exists(at_work), status__in=ANALYSIS_LIVE, pause="")
    return runs.filter(submitted_at__lt=moment).exclude(
        Q(start_at__isnull=True) | Q(start_at__gt=moment), status=AnalysisStatus.SCHEDULED
    )


def tell_absence(absence: Absence, occurrence_id: int) -> None:
    """Have a run's log tell it, unless it does already."""
    with change(occurrence_id) as opened:
        if opened.has_noted(absence.key):
            return
        if absence.until is None:
            last = _moment(absence.since)
            cause = _("The last sign of life of one was at %(moment)s. It goes on with the first.", moment=last)
            opened.note(_AWAY[absence.queue], cause=cause, key=absence.key)
        else:
            _note_end(opened, absence, absence.until)


def _note_end(opened: Change, absence: Absence, until: datetime) -> None:
    times = {"since": _moment(absence.since), "until": _moment(until), "length": length(until - absence.since)}
    if opened.has_noted(absence.began):
        action = _BACK[absence.queue]
        cause = _("None was from %(since)s to %(until)s, %(length)s.", **times)
    else:
        action = _WAS_AWAY[absence.queue]
        cause = _("That was from %(since)s to %(until)s, %(length)s; nobody could note it earlier.", **times)
    opened.note(action, cause=cause, key=absence.key)


def forget_if_told(absence: Absence) -> None:
    """Drop one that has ended, when all runs that it concerned tell it."""
    if absence.until and not unaware_of(absence):
        Outage.objects.filter(queue=absence.queue, began_at=absence.since).delete()


def _moment(moment: datetime) -> str:
    return in_utc(moment, seconds=True)
