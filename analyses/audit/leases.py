"""Who may drive a scan, and how many scans run."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone

from analyses import lifecycle
from analyses.audit.reading import NOTICED
from analyses.lifecycle.results import host_and_path
from analyses.models import Activity, Retest, ScanOccurrence
from analyses.retesting import KEPT
from analyses.statuses import SCAN_AT_WORK, SCAN_QUEUED, SCAN_VERIFYING, ScanStatus

_RESTING = SCAN_QUEUED | {ScanStatus.PAUSING}  # in these a scan may wait without anybody holding it


def a_lease_is_held_at_work_and_not_left() -> Iterator[str]:
    """Only scans at work are held by a lease, and one whose lease has ended is taken over within 75 seconds."""
    now = timezone.now()
    scans = ScanOccurrence.objects.order_by()
    held = scans.exclude(lease_until=None)
    for pk, status in held.exclude(status__in=SCAN_AT_WORK).values_list("pk", "status").iterator():
        yield f"scan {pk} is held and is {ScanStatus(status).label}"
    for pk, until in held.filter(lease_until__lt=now - NOTICED).values_list("pk", "lease_until").iterator():
        yield f"scan {pk}: its lease ended at {until:%Y-%m-%d %H:%M:%S} and nobody took it over"
    put_down = scans.filter(status__in=SCAN_AT_WORK - _RESTING, lease_until=None, ended_at=None)
    put_down = put_down.exclude(status__in=SCAN_VERIFYING, slot=None)  # put back: it waits for a slot
    for pk in put_down.annotate(since=Max("activity__at")).filter(since__lt=now - NOTICED).values_list("pk", flat=True):
        yield f"scan {pk} was put down and nobody has taken it up"


def tests_of_findings_come_to_an_end() -> Iterator[str]:
    """A test of a finding that somebody asked for comes to its end, also where its worker is lost or none takes it."""
    now = timezone.now()
    open_ = Retest.objects.filter(ended_at=None)
    for pk, until in open_.filter(lease_until__lt=now - NOTICED).values_list("pk", "lease_until").iterator():
        yield f"test {pk} of a finding: its lease ended at {until:%Y-%m-%d %H:%M:%S} and nobody noticed"
    for pk in open_.filter(lease_until=None, asked_at__lt=now - KEPT - NOTICED).values_list("pk", flat=True):
        yield f"test {pk} of a finding waits and nobody says that it was not taken"


def capacity_is_kept() -> Iterator[str]:
    """At most SCAN_CAPACITY scans run, each in a slot of its own, and whoever does not work takes none."""
    scans = ScanOccurrence.objects.order_by()
    taken = scans.exclude(slot=None)
    for pk, slot in taken.exclude(slot__range=(1, settings.SCAN_CAPACITY)).values_list("pk", "slot"):
        yield f"scan {pk} has slot {slot} of {settings.SCAN_CAPACITY}"
    for row in taken.values("slot").annotate(scans=Count("pk")).filter(scans__gt=1):
        yield f"slot {row['slot']} is taken by {row['scans']} scans"
    for pk, status in taken.exclude(status__in=SCAN_AT_WORK).values_list("pk", "status"):
        yield f"scan {pk} has a slot and is {ScanStatus(status).label}"
    for pk in taken.filter(status__in=_RESTING, lease_until=None).values_list("pk", flat=True):
        yield f"scan {pk} has a slot, and nobody holds it"
    for pk in scans.filter(slot=None, status=ScanStatus.IN_PROGRESS).values_list("pk", flat=True):
        yield f"scan {pk} runs without a slot"


def no_host_is_scanned_by_too_many() -> Iterator[str]:
    """At most SCANS_PER_HOST scans run at once against one host, each in a slot of its own there."""
    scans = ScanOccurrence.objects.order_by()
    for pk in scans.exclude(slot=None).filter(host_slot=None).values_list("pk", flat=True):
        yield f"scan {pk} has a slot, and none at its host"
    for pk in scans.filter(slot=None).exclude(host_slot=None).values_list("pk", flat=True):
        yield f"scan {pk} has a slot at its host, and none of its own"
    taken = scans.exclude(host_slot=None)
    for pk, url, host, slot in taken.values_list("pk", "url", "target_host", "host_slot"):
        if host != host_and_path(url)[0]:
            yield f"scan {pk} of {url} is counted for {host or 'no host'}"
        if slot and 0 < settings.SCANS_PER_HOST < slot:
            yield f"scan {pk} has slot {slot} of {settings.SCANS_PER_HOST} at {host}"
    for row in taken.values("target_host", "host_slot").annotate(scans=Count("pk")).filter(scans__gt=1):
        yield f"slot {row['host_slot']} at {row['target_host']} is taken by {row['scans']} scans"


def capacity_is_used() -> Iterator[str]:
    """While slots are free, no scan that could run waits for longer than it takes to notice."""
    limit = timezone.now() - NOTICED
    if Activity.objects.filter(Q(at__gt=limit), ~Q(scan_occurrence=None)).exists():
        return  # slots were taken or given back just now
    for pk in lifecycle.startable():
        yield f"scan {pk} waits although a slot is free"
