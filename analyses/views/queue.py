"""The queue: what takes the slots, what waits for one and why, and who is there to do the work."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analyses import presence, waiting
from analyses.models import Analysis, AnalysisOccurrence, Pause, ScanOccurrence, Worker
from analyses.statuses import PAUSABLE, SCAN_QUEUED, AnalysisStatus
from dashboard.http import HtmxRequest, has_news, no_news, render_live

MOST_SHOWN = 100
LOOK_SECONDS = 15  # how often the page is written anew: signs of life come by themselves
_WAITS = Count("scans", filter=Q(scans__status__in=SCAN_QUEUED, scans__slot=None))


@dataclass(frozen=True)
class Waiting:
    """A run that waits, with its place in line; None while it has none."""

    run: AnalysisOccurrence
    place: waiting.Place | None

    @property
    def why(self) -> str:
        if self.run.status == AnalysisStatus.SUBMITTED:
            return waiting.held_up("default") or _("For a worker to begin its prescan")
        if self.run.pause:
            return waiting.why_waiting(self.run)
        if (nobody := waiting.held_up("scans")) or not (self.place and self.place.host):
            return nobody or _("For a slot")
        said = {"host": self.place.host, "limit": settings.SCANS_PER_HOST}
        return _("For another scan of %(host)s to end: at most %(limit)s at once") % said


@require_safe
def queue(request: HtmxRequest) -> HttpResponse:
    version = str(int(time.time() // LOOK_SECONDS))
    if not has_news(request, version):
        return no_news()
    visible = Analysis.objects.visible_to(request.user).order_by().values("pk")
    taken = ScanOccurrence.objects.exclude(slot=None)
    seen = taken.filter(occurrence__analysis__in=visible).select_related("occurrence__analysis").order_by("slot")
    slots = list(
        seen.only(
            "url", "configuration", "slot", "status", "started_at", "occurrence__deadline", "occurrence__analysis__name"
        )
    )
    number = taken.count()
    context = {
        "slots": slots,
        "taken": number,
        "others": number - len(slots),
        "capacity": settings.SCAN_CAPACITY,
        "free_by": waiting.next_slot_by() if number >= settings.SCAN_CAPACITY else None,
        "line": _line(visible),
        "most": MOST_SHOWN,
        "workers": Worker.objects.order_by("queue", "name"),
        "present_since": timezone.now() - presence.MISSING_AFTER,
        "absent": presence.missing(),
        "live": True,
    }
    return render_live(request, "analyses/queue.html", version, context)


def _line(visible: QuerySet) -> list[Waiting]:
    """The visible runs that wait, those in line by their places; of very many the first."""
    places = waiting.places()
    runs = AnalysisOccurrence.objects.filter(analysis__in=visible).select_related("analysis").defer("configuration")
    queued = runs.filter(status__in=PAUSABLE).annotate(waits=_WAITS).filter(waits__gt=0)
    first = sorted(queued.order_by("submitted_at")[: waiting.MOST_COUNTED], key=lambda run: _order(run, places))
    submitted = runs.filter(status=AnalysisStatus.SUBMITTED).annotate(waits=Count("scans")).order_by("submitted_at")
    return [Waiting(run, places.get(run.pk)) for run in [*first, *submitted[:MOST_SHOWN]]][:MOST_SHOWN]


def _order(run: AnalysisOccurrence, places: dict[int, waiting.Place]) -> tuple[bool, bool, int]:
    place = places.get(run.pk, waiting.Place(waiting.MOST_COUNTED))
    return run.pause != Pause.NONE, bool(place.host), place.number
