"""Is what was found stored once, and only where results may be?"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from analyses.models import DeletedScan, Deletion, Finding, FindingInstance, ScanOccurrence
from analyses.models.findings import Verification
from analyses.statuses import SCAN_PUBLISHED, SCAN_STOPPING, SCAN_VERIFYING, ScanStatus

_WITH_RESULTS = (
    SCAN_PUBLISHED | SCAN_STOPPING | SCAN_VERIFYING | {ScanStatus.IN_PROGRESS, ScanStatus.PAUSING, ScanStatus.RESUMING}
)

_REMOVING = timedelta(minutes=5)  # engines that are still ending, and then many rows


def findings_are_stored_once() -> Iterator[str]:
    """A flaw of an analysis is one finding, and a place where a scan saw it one instance."""
    findings = Finding.objects.order_by().values("analysis", "category", "method", "host", "path", "parameter")
    doubled = findings.annotate(rows=Count("pk")).filter(rows__gt=1)
    for row in doubled.iterator():
        yield f"analysis {row['analysis']} has {row['rows']} findings of {row['category']} at {row['path']}"
    instances = FindingInstance.objects.order_by().values("scan_occurrence", "finding", "url", "info")
    for same in instances.annotate(rows=Count("pk")).filter(rows__gt=1).iterator():
        yield f"scan {same['scan_occurrence']} has {same['rows']} times the same instance of finding {same['finding']}"


def results_belong_to_scans_that_may_have_them() -> Iterator[str]:
    """Results exist only of scans whose status has results: none are left of deleted ones, none is lost or untold."""
    instances = FindingInstance.objects.order_by()
    elsewhere = instances.exclude(scan_occurrence__status__in=_WITH_RESULTS)
    for row in elsewhere.values("scan_occurrence", "scan_occurrence__status").annotate(rows=Count("pk")).iterator():
        status = ScanStatus(row["scan_occurrence__status"]).label
        yield f"scan {row['scan_occurrence']} is {status} and still has {row['rows']} results"
    unseen = Finding.objects.filter(instances=None).values_list("pk", flat=True)
    for pk in unseen.iterator():
        yield f"finding {pk} was seen by no scan"
    pending = instances.filter(scan_occurrence__status__in=SCAN_PUBLISHED, verification=Verification.PENDING)
    for pk in pending.values_list("pk", flat=True).iterator():
        yield f"instance {pk} is published and still being verified"
    stored = FindingInstance.objects.filter(scan_occurrence=OuterRef("pk")).order_by().values("scan_occurrence")
    counted = Coalesce(Subquery(stored.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)
    wrong = ScanOccurrence.objects.order_by().annotate(stored=counted).exclude(finding_count=F("stored"))
    for pk, shown, number in wrong.values_list("pk", "finding_count", "stored").iterator():
        yield f"scan {pk} shows {shown} results and has {number}"


def deleted_results_go_in_time() -> Iterator[str]:
    """Results that were deleted are kept for scans only that can have them back, and go when their time is over."""
    late = Deletion.objects.filter(until__lt=timezone.now() - _REMOVING)
    for pk, until in late.values_list("occurrence", "until").iterator():
        yield f"the deleted results of run {pk} were to go at {until:%Y-%m-%d %H:%M:%S}"
    elsewhere = DeletedScan.objects.exclude(scan_occurrence__status__in=SCAN_STOPPING | {ScanStatus.STOPPED})
    for pk, status in elsewhere.values_list("scan_occurrence", "scan_occurrence__status").iterator():
        yield f"scan {pk} is {ScanStatus(status).label}, and deleted results are kept for it"
