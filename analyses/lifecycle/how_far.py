"""How far a run is: only what its engines have said."""

from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When

from analyses.models import ScanOccurrence
from analyses.statuses import SCAN_FINAL, SCAN_GOING_ON, SCAN_VERIFYING


def how_far(occurrence_id: int) -> dict[str, Any]:
    """The fields of an analysis that say how far a run of it is. One query.

    A scan that could not start has no part in it. Of the others, one that is over has done what there was to do; there
    is a percentage while at least one is not over and the engine of each has said how many checks it has.
    """
    over = Q(status__in=SCAN_FINAL | SCAN_VERIFYING)
    ran = Q(started_at__isnull=False)
    untold = ~over & (Q(checks_total=0) | ~Q(status__in=SCAN_GOING_ON))
    checks = Case(When(over, then=F("checks_total")), default=F("checks_done"))
    told = (
        ScanOccurrence.objects.filter(occurrence=occurrence_id)
        .order_by()
        .aggregate(
            due=Count("pk", filter=~over | ran),
            done=Count("pk", filter=over & ran),
            untold=Count("pk", filter=untold),
            pages=Sum("pages"),
            checks=Sum(checks),
            total=Sum("checks_total"),
        )
    )
    is_known = told["due"] > told["done"] and not told["untold"]
    return {
        "due_count": told["due"],
        "done_count": told["done"],
        "pages": told["pages"] or 0,
        "percent": min(100, 100 * told["checks"] // told["total"]) if is_known else None,
    }
