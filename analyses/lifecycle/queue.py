"""Capacity: which scans run next. Slots are shared fairly between analyses, and no host has to bear too many."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Any

from django.conf import settings
from django.db.models import Case, IntegerField, Min, Q, QuerySet, When

from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.said import said as _
from analyses.statuses import PAUSABLE, SCAN_QUEUED, ScanStatus

NO_SLOT: dict[str, Any] = {"slot": None, "host_slot": None}  # the fields of a scan that gives its slot back
_WAITS = Q(status__in=SCAN_QUEUED, slot=None)
_ITS_WAIT = Q(scans__status__in=SCAN_QUEUED, scans__slot=None)


class Taken:
    """The slots that are taken at this moment, by which runs and of which hosts. One query, a row for each slot."""

    def __init__(self):
        held = ScanOccurrence.objects.exclude(slot=None).order_by()
        self._slots: set[int | None] = set()
        self.at_work: Counter[int] = Counter()  # by run
        self._at_hosts: defaultdict[str, set[int | None]] = defaultdict(set)
        for slot, run, host, host_slot in held.values_list("slot", "occurrence", "target_host", "host_slot"):
            self._slots.add(slot)
            self.at_work[run] += 1
            self._at_hosts[host].add(host_slot)

    @property
    def free(self) -> int:
        """How many more scans may run now, over all workers and hosts."""
        return max(0, settings.SCAN_CAPACITY - len(self._slots - {None}))

    @property
    def full_hosts(self) -> list[str]:
        """The hosts that no further scan may run against now."""
        return [host for host in self._at_hosts if not self.has_room(host)]

    def has_room(self, host: str) -> bool:
        """Whether one more scan may run against a host."""
        return self.lowest_at(host) is not None

    def lowest(self) -> int | None:
        """The slot the next scan takes; None when all are taken. The column is unique: two takers cannot share one."""
        return next((slot for slot in range(1, settings.SCAN_CAPACITY + 1) if slot not in self._slots), None)

    def lowest_at(self, host: str) -> int | None:
        """The same among the slots of a host, of which there are settings.SCANS_PER_HOST, or any number for 0.

        Counted and not only looked up: numbers beyond the limit are held still where it has been lowered.
        """
        held = self._at_hosts[host]
        if 0 < settings.SCANS_PER_HOST <= len(held):
            return None
        return next(number for number in count(1) if number not in held)

    def slots_for(self, host: str) -> dict[str, int] | None:
        """The fields of a scan of a host that takes slots now; None where none are free."""
        slot, host_slot = self.lowest(), self.lowest_at(host)
        return None if slot is None or host_slot is None else {"slot": slot, "host_slot": host_slot}

    def why_not(self, host: str) -> str:
        """Why a scan of a host does not start now, for the log."""
        if not self.has_room(host):
            return _(
                "At most %(number)s at once scan %(host)s, and as many do.", number=settings.SCANS_PER_HOST, host=host
            )
        if not self.free:
            return _("No slot is free, of %(number)s.", number=settings.SCAN_CAPACITY)
        return _("The free slots are for others, which come first.")

    def add(self, run: int, host: str) -> None:
        """Think of one more scan of a run as being at work."""
        slot, host_slot = self.lowest(), self.lowest_at(host)
        self.at_work[run] += 1
        self._slots.add(slot)
        self._at_hosts[host].add(host_slot)


def next_in_line(taken: Taken) -> Iterator[int]:
    """The scan occurrences that should run next, one for each free slot at most. Two queries for each.

    One after the other goes to the occurrence that has the fewest scans at work, the earliest submitted first:
    an analysis of 1,000 URLs does not keep the others waiting. Scans of hosts that are full are passed over.
    """
    chosen: list[int] = []
    while taken.free:
        waiting = ScanOccurrence.objects.filter(_WAITS).exclude(pk__in=chosen)
        waiting = waiting.exclude(target_host__in=taken.full_hosts)
        run = _line(taken).filter(pk__in=waiting.values("occurrence")).values_list("pk", flat=True).first()
        found = _first(waiting.filter(occurrence=run)) if run else None
        if run is None or found is None:
            return
        chosen.append(found[0])
        taken.add(run, found[1])
        yield found[0]


def _line(taken: Taken) -> QuerySet[AnalysisOccurrence]:
    """The runs that may have scans at work, in the order in which their next scans get a slot."""
    numbers = [When(pk=run, then=number) for run, number in taken.at_work.items()]
    fewest_first = [Case(*numbers, default=0, output_field=IntegerField())] if numbers else []
    runs = AnalysisOccurrence.objects.filter(status__in=PAUSABLE, pause=Pause.NONE)
    return runs.order_by(*fewest_first, "submitted_at", "pk")


def _first(queued: QuerySet[ScanOccurrence]) -> tuple[int, str] | None:
    """The first of a run's scans, with its host. Those that were suspended go first: they have waited before."""
    resumed_first = Case(When(status=ScanStatus.RESUMING, then=0), default=1)
    return queued.order_by(resumed_first, "position", "pk").values_list("pk", "target_host").first()


def line(most: int) -> Iterator[tuple[int, str]]:
    """The first runs that wait, in the order in which slots are given; with a host where they all have to wait for one.

    That is where every scan of a run that waits is of a host that is full: of several the first by name. Two queries.
    """
    taken = Taken()
    is_open = _ITS_WAIT & ~Q(scans__target_host__in=taken.full_hosts)
    waiting = _line(taken).filter(pk__in=ScanOccurrence.objects.filter(_WAITS).values("occurrence"))
    hosts = waiting.annotate(
        host=Min("scans__target_host", filter=_ITS_WAIT), open=Min("scans__target_host", filter=is_open)
    )
    for run, host, open_host in hosts.values_list("pk", "host", "open")[:most]:
        yield run, host if open_host is None else ""
