"""Why something waits: for a worker, for capacity, for the end of a pause, for a reviewer. For people, in words."""

from datetime import datetime

from django.conf import settings
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analyses import halt, presence, schedules
from analyses.lifecycle import queue
from analyses.models import AnalysisOccurrence, Pause, ScanOccurrence
from analyses.statuses import PAUSABLE, SCAN_QUEUED, AnalysisStatus

MOST_COUNTED = 1_000  # places in line: nobody waits for the exact number of a later one


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
    queued = occurrence.scans.filter(status__in=SCAN_QUEUED, slot=None).count()
    return _place(occurrence, queued) if queued else ""


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
    ends = _in_words(schedules.next_change(window, timezone.now()))
    return _("It is in its pause window until %(moment)s.") % {"moment": ends}


def _place(occurrence: AnalysisOccurrence, queued: int) -> str:
    """Its place in line. Slots are shared between analyses, so this is when its next scan starts, not its last."""
    said = {
        "count": number_format(queued, force_grouping=True),
        "slots": number_format(settings.SCAN_CAPACITY, force_grouping=True),
    }
    if nobody := held_up("scans"):
        waits = ngettext("%(count)s scan waits. %(nobody)s", "%(count)s scans wait. %(nobody)s", queued)
        return waits % {**said, "nobody": nobody}
    taken = ScanOccurrence.objects.exclude(slot=None).count()
    if taken < settings.SCAN_CAPACITY:
        return _free(queued) % said
    waits = (_only_slot_taken(queued) if settings.SCAN_CAPACITY == 1 else _all_slots_taken(queued)) % said
    place = places().get(occurrence.pk)
    if place is None:
        return waits
    line = _("It is number %(place)s in line.") % {"place": number_format(place, force_grouping=True)}
    latest = next_slot_by() if place == 1 else None
    if latest is None:
        return f"{waits} {line}"
    soon = _("It starts soon after %(moment)s at the latest, when a duration limit frees a slot.")
    return f"{waits} {line} {soon % {'moment': _in_words(latest)}}"


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


def places() -> dict[int, int]:
    """The first runs in line with their places, from 1 on."""
    return {pk: place for place, pk in enumerate(queue.line().values_list("pk", flat=True)[:MOST_COUNTED], start=1)}


def next_slot_by() -> datetime | None:
    """The first duration limit of what takes a slot, which is free soon after it, and maybe much earlier."""
    running = AnalysisOccurrence.objects.filter(scans__slot__isnull=False, deadline__gt=timezone.now())
    return running.aggregate(first=Min("deadline"))["first"]


def _in_words(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M} ({timezone.get_current_timezone_name()})"
