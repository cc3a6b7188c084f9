"""Why something waits: for a worker, for capacity, for its host, for the end of a pause, for a reviewer. In words."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analyses import halt, presence, schedules
from analyses.lifecycle import queue
from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_QUEUED, AnalysisStatus
from dashboard.moments import coming_in_words
from dashboard.numbers import grouped

MOST_COUNTED = 1_000  # places in line: nobody waits for the exact number of a later one


@dataclass(frozen=True)
class Place:
    """Where a run stands in line: among all that wait for a slot, or among those that wait for one host."""

    number: int
    host: str = ""


def why_waiting(occurrence: AnalysisOccurrence) -> str:
    """What a run waits for; an empty text when nothing of it waits."""
    if occurrence.pause:
        return _pause(occurrence)
    due = occurrence.status == AnalysisStatus.SCHEDULED and occurrence.situation.due
    if due or occurrence.status == AnalysisStatus.SUBMITTED:
        return held_up("default") or _("It waits for a worker to begin its prescan.")
    if occurrence.is_held:
        return _("Its results are verified. They wait for a security lead, who reviews and publishes them.")
    if occurrence.status not in PAUSABLE:
        return ""
    waiting = occurrence.scans.filter(status__in=SCAN_QUEUED, slot=None)
    queued = waiting.count()
    return _place(occurrence, waiting, queued) if queued else ""


def held_up(kind: str) -> str:
    """What keeps everything of a kind from starting: the switch, or that no such worker is there. Empty: nothing."""
    if halt.switch():
        return _("Everything is stopped: nothing starts until an administrator switches that off.")
    nobody = presence.KINDS[kind]
    return _("%(nobody)s It goes on with the first.") % {"nobody": nobody} if kind in presence.missing_kinds() else ""


def _pause(occurrence: AnalysisOccurrence) -> str:
    if occurrence.pause == Pause.USER:
        return _("It is paused until somebody resumes it under Analysis Actions.")
    window = occurrence.pause_window
    if window is None:
        return _("It is in its pause window.")
    ends = coming_in_words(schedules.next_change(window, timezone.now()))
    return _("It is in its pause window until %(moment)s.") % {"moment": ends}


def _place(occurrence: AnalysisOccurrence, waiting: QuerySet[ScanOccurrence], queued: int) -> str:
    """Its place in line. Slots are shared between analyses, so this is when its next scan starts, not its last."""
    if nobody := held_up("scans"):
        waits = ngettext("%(count)s scan waits. %(nobody)s", "%(count)s scans wait. %(nobody)s", queued)
        return waits % {"count": grouped(queued), "nobody": nobody}
    taken, place = queue.Taken(), places().get(occurrence.pk)
    if place and place.host:
        return _for_hosts(waiting, queued, place)
    shut_out = waiting.filter(target_host__in=taken.full_hosts)
    number = shut_out.count()
    for_slot = _for_slot(queued - number, taken, place) if queued > number else ""
    return f"{for_slot} {_for_hosts(shut_out, number) if number else ''}".strip()


def _for_slot(queued: int, taken: queue.Taken, place: Place | None) -> str:
    said = {"count": grouped(queued), "slots": grouped(settings.SCAN_CAPACITY)}
    if taken.free:
        return _free(queued) % said
    waits = (_only_slot_taken(queued) if settings.SCAN_CAPACITY == 1 else _all_slots_taken(queued)) % said
    if place is None:
        return waits
    line = _("It is number %(place)s in line.") % {"place": grouped(place.number)}
    latest = next_slot_by() if place.number == 1 else None
    if latest is None:
        return f"{waits} {line}"
    soon = _("It starts soon after %(moment)s at the latest, when a duration limit frees a slot.")
    return f"{waits} {line} {soon % {'moment': coming_in_words(latest)}}"


def _for_hosts(waiting: QuerySet[ScanOccurrence], queued: int, place: Place | None = None) -> str:
    """For their hosts: against each, as many scans run as may at once, whoever's they are."""
    hosts = list(waiting.order_by("target_host").values_list("target_host", flat=True).distinct()[:2])
    if not hosts:  # the last of them has begun while the page was being made
        return ""
    said = {"count": grouped(queued), "host": hosts[0], "limit": grouped(settings.SCANS_PER_HOST)}
    if len(hosts) > 1:
        return _("%(count)s scans wait for others of their hosts to end: at most %(limit)s of a host at once.") % said
    waits = ngettext(
        "%(count)s scan waits for another scan of %(host)s to end: at most %(limit)s at once.",
        "%(count)s scans wait for another scan of %(host)s to end: at most %(limit)s at once.",
        queued,
    )
    if place is None:
        return waits % said
    line = _("It is number %(place)s of those that wait for this host.") % {"place": grouped(place.number)}
    return f"{waits % said} {line}"


def _free(queued: int) -> str:
    return ngettext(
        "%(count)s scan waits for a scanner to take the free slot.",
        "%(count)s scans wait for a scanner to take the free slot.",
        queued,
    )


def _only_slot_taken(queued: int) -> str:
    return ngettext(
        "%(count)s scan waits for capacity: the only slot is taken.",
        "%(count)s scans wait for capacity: the only slot is taken.",
        queued,
    )


def _all_slots_taken(queued: int) -> str:
    return ngettext(
        "%(count)s scan waits for capacity: all %(slots)s slots are taken.",
        "%(count)s scans wait for capacity: all %(slots)s slots are taken.",
        queued,
    )


def places() -> dict[int, Place]:
    """The first runs that wait with their places, from 1 on; those that wait for a host are in a line of its own."""
    numbers: Counter[str] = Counter()
    found: dict[int, Place] = {}
    for run, host in queue.line(MOST_COUNTED):
        numbers[host] += 1
        found[run] = Place(numbers[host], host)
    return found


def next_slot_by() -> datetime | None:
    """The first duration limit of what takes a slot, which is free soon after it, and maybe much earlier."""
    running = AnalysisOccurrence.objects.filter(scans__slot__isnull=False, deadline__gt=timezone.now())
    return running.aggregate(first=Min("deadline"))["first"]
