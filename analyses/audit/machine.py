"""What is on this machine, beside the database: engines that run, folders that are kept."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from analyses.audit.reading import NOTICED
from analyses.leftovers import FOLDER, RETEST_FOLDER
from analyses.lifecycle.claims import HOST
from analyses.models import Retest, ScanOccurrence
from analyses.statuses import SCAN_AT_WORK, SCAN_LIVE


def no_engine_runs_without_a_lease() -> Iterator[str]:
    """An engine runs on this machine only for a scan or a test that is held, and one at a time for each."""
    yield from _of_retests()
    groups: dict[int, set[int]] = {}
    for group, scan in _engines(FOLDER):
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


def _of_retests() -> Iterator[str]:
    groups = {retest: group for group, retest in _engines(RETEST_FOLDER)}
    held = Retest.objects.filter(pk__in=groups, lease_until__gte=timezone.now())
    for retest in sorted(groups.keys() - set(held.values_list("pk", flat=True))):
        yield f"process group {groups[retest]} runs for test {retest} of a finding, which nobody holds"


def _engines(prefix: str) -> Iterator[tuple[int, int]]:
    """The process groups that work in folders of this name, each with the folder's number (Linux; none elsewhere)."""
    work = settings.WORK_DIR.resolve()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it has ended meanwhile, or is somebody else's
            folder = Path(os.readlink(place / "cwd"))
            if folder.is_relative_to(work) and folder != work:
                group = int((place / "stat").read_text().rpartition(")")[2].split()[2])
                yield group, _number_in(folder.relative_to(work).parts[0], prefix)


def _number_in(folder: str, prefix: str) -> int:
    """The scan, or the test, whose folder has this name. Raises ValueError."""
    return int(folder.removeprefix(prefix))


def nothing_is_left_of_ended_scans() -> Iterator[str]:
    """The private folder of a scan, with its session and cookies, goes when the scan has ended."""
    with suppress(FileNotFoundError):
        for folder in sorted(settings.WORK_DIR.iterdir()):
            if folder.name.startswith(RETEST_FOLDER):
                yield from _left_of_retest(folder)
                continue
            try:
                number = _number_in(folder.name, FOLDER)
                scan = ScanOccurrence.objects.only("status", "ended_at").filter(pk=number).first()
            except ValueError:
                yield f"{folder} is no scan's"
                continue
            if scan is None:
                yield f"{folder} is left of a scan that is gone"
            elif scan.status not in SCAN_LIVE and (scan.ended_at is None or scan.ended_at < timezone.now() - NOTICED):
                yield f"{folder} is left of scan {scan.pk}, which has ended"


def _left_of_retest(folder: Path) -> Iterator[str]:
    """The folder of a test that ended just now may still be on its way out."""
    number = folder.name.removeprefix(RETEST_FOLDER)
    lately = Q(ended_at=None) | Q(ended_at__gte=timezone.now() - NOTICED)
    if not (number.isdecimal() and Retest.objects.filter(lately, pk=number).exists()):
        yield f"{folder} is left of a test of a finding that has ended"
