"""What is on this machine, beside the database: engines that run, folders that are kept."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from analyses.audit.reading import NOTICED
from analyses.leftovers import FOLDER
from analyses.lifecycle.claims import HOST
from analyses.models import ScanOccurrence
from analyses.statuses import SCAN_AT_WORK, SCAN_LIVE


def no_engine_runs_without_a_lease() -> Iterator[str]:
    """An engine runs on this machine only for a scan that is held here, and one at a time for each."""
    groups: dict[int, set[int]] = {}
    for group, scan in _engines():
        groups.setdefault(scan, set()).add(group)
    held = ScanOccurrence.objects.filter(
        pk__in=groups, status__in=SCAN_AT_WORK, host=HOST, lease_until__gte=timezone.now()
    )
    with_lease = set(held.values_list("pk", flat=True))
    for scan, ids in sorted(groups.items()):
        if scan not in with_lease:
            yield f"process groups {sorted(ids)} run for scan {scan}, which nobody holds here"
        elif len(ids) > 1:
            yield f"scan {scan} has {len(ids)} engines at the same time: process groups {sorted(ids)}"


def _engines() -> Iterator[tuple[int, int]]:
    """The process groups that work in a scan's folder, each with the scan (Linux; none elsewhere)."""
    work = settings.WORK_DIR.resolve()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it has ended meanwhile, or is somebody else's
            folder = Path(os.readlink(place / "cwd"))
            if folder.is_relative_to(work) and folder != work:
                group = int((place / "stat").read_text().rpartition(")")[2].split()[2])
                yield group, _scan_of(folder.relative_to(work).parts[0])


def _scan_of(folder: str) -> int:
    """The scan whose folder has this name. Raises ValueError."""
    return int(folder.removeprefix(FOLDER))


def nothing_is_left_of_ended_scans() -> Iterator[str]:
    """The private folder of a scan, with its session and cookies, goes when the scan has ended."""
    with suppress(FileNotFoundError):
        for folder in sorted(settings.WORK_DIR.iterdir()):
            try:
                scan = ScanOccurrence.objects.only("status", "ended_at").filter(pk=_scan_of(folder.name)).first()
            except ValueError:
                yield f"{folder} is no scan's"
                continue
            if scan is None:
                yield f"{folder} is left of a scan that is gone"
            elif scan.status not in SCAN_LIVE and (scan.ended_at is None or scan.ended_at < timezone.now() - NOTICED):
                yield f"{folder} is left of scan {scan.pk}, which has ended"
