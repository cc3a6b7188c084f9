"""Capacity: which scans run next. Slots are shared fairly between analyses."""

from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Q, QuerySet, When

from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_QUEUED, ScanStatus


def free_slots() -> int:
    """How many more scans may run now, over all workers."""
    return max(0, settings.SCAN_CAPACITY - ScanOccurrence.objects.exclude(slot=None).count())


def lowest_free_slot() -> int | None:
    """The slot the next scan takes; None when all are taken. The column is unique: two takers cannot share one."""
    taken = set(ScanOccurrence.objects.exclude(slot=None).values_list("slot", flat=True))
    return next((slot for slot in range(1, settings.SCAN_CAPACITY + 1) if slot not in taken), None)


def next_in_line(places: int) -> list[int]:
    """The scan occurrences that should run next, at most `places`.

    One after the other goes to the occurrence that has the fewest scans at work, the earliest submitted first:
    an analysis of 1,000 URLs does not keep the others waiting.
    """
    at_work = dict(line().values_list("pk", "at_work")[: max(places, 1) * 4])
    lines = {pk: _first_queued(pk, places) for pk in at_work}
    chosen: list[int] = []
    while len(chosen) < places and any(lines.values()):
        pk = min((pk for pk in lines if lines[pk]), key=lambda pk: at_work[pk])
        chosen.append(lines[pk].pop(0))
        at_work[pk] += 1
    return chosen


def line() -> QuerySet[Any, Any]:
    """The runs that wait for a slot, in the order in which their next scans get one, each with its scans `at_work`."""
    waiting = AnalysisOccurrence.objects.filter(status__in=PAUSABLE, pause=Pause.NONE, pk__in=_with_queued())
    at_work = Count("scans", filter=Q(scans__slot__isnull=False), distinct=True)
    return waiting.annotate(at_work=at_work).order_by("at_work", "submitted_at", "pk")


def _with_queued() -> QuerySet:
    return ScanOccurrence.objects.filter(status__in=SCAN_QUEUED, slot=None).values("occurrence")


def _first_queued(occurrence_id: int, number: int) -> list[int]:
    """Those that were suspended go first: they have waited before."""
    queued = ScanOccurrence.objects.filter(occurrence=occurrence_id, status__in=SCAN_QUEUED, slot=None)
    resumed_first = Case(When(status=ScanStatus.RESUMING, then=0), default=1)
    return list(queued.order_by(resumed_first, "position", "pk").values_list("pk", flat=True)[:number])
