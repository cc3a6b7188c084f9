"""Capacity: which scans run next. Slots are shared fairly between analyses."""

from django.conf import settings
from django.db.models import Count, Q

from analyses.models import AnalysisOccurrence, ScanOccurrence
from analyses.statuses import SCAN_QUEUED, AnalysisStatus

_MAY_RUN = frozenset({AnalysisStatus.QUEUED, AnalysisStatus.IN_PROGRESS, AnalysisStatus.IN_PROGRESS_WARNING})


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
    waiting = (
        AnalysisOccurrence.objects.filter(status__in=_MAY_RUN, scans__status__in=SCAN_QUEUED)
        .annotate(at_work=Count("scans", filter=Q(scans__slot__isnull=False), distinct=True))
        .order_by("at_work", "submitted_at", "pk")
        .values_list("pk", "at_work")[: max(places, 1) * 4]
    )
    at_work = dict(waiting)
    lines = {pk: _first_queued(pk, places) for pk in at_work}
    chosen: list[int] = []
    while len(chosen) < places and any(lines.values()):
        pk = min((pk for pk in lines if lines[pk]), key=lambda pk: at_work[pk])
        chosen.append(lines[pk].pop(0))
        at_work[pk] += 1
    return chosen


def _first_queued(occurrence_id: int, number: int) -> list[int]:
    queued = ScanOccurrence.objects.filter(occurrence=occurrence_id, status__in=SCAN_QUEUED)
    return list(queued.values_list("pk", flat=True)[:number])
