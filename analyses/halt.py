"""What pages say of the switch that stops everything."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from analyses.models import EverythingStopped, ScanOccurrence
from analyses.statuses import SCAN_LIVE, SCAN_QUEUED, SCAN_VERIFYING, ScanStatus

REMEMBERED_SECONDS = 5  # by the pages of a process
CACHE_KEY = "everything-stopped"
OFF = ""


def shown_on_pages(_request: HttpRequest) -> dict[str, Any]:
    """For every template: `everything_stopped`, the switch while it is on. Asked for when a page uses it."""
    return {"everything_stopped": switch}


def switch() -> EverythingStopped | None:
    """The switch, if it is on."""
    found = cache.get_or_set(CACHE_KEY, lambda: EverythingStopped.objects.first() or OFF, REMEMBERED_SECONDS)
    return found or None


def forget() -> None:
    """It has just been changed: look again."""
    cache.delete(CACHE_KEY)


def under_way() -> dict[str, int]:
    """How many scans would be ended, by what they are doing."""
    live = ScanOccurrence.objects.filter(status__in=SCAN_LIVE, ended_at=None).exclude(status=ScanStatus.SCHEDULED)
    statuses = [ScanStatus(status) for status in live.order_by().values_list("status", flat=True)]
    counts = {
        "prescanned": sum(status is ScanStatus.SUBMITTED for status in statuses),
        "waiting": sum(status in SCAN_QUEUED or status is ScanStatus.PAUSING for status in statuses),
        "verified": sum(status in SCAN_VERIFYING for status in statuses),
    }
    return {"running": len(statuses) - sum(counts.values()), **counts}
