"""What is kept on this machine of scans that ended without their runner: a session holds the cookies that were sent.

A runner removes the folder of its scan. One that was killed cannot, and a scan may end without any: it was suspended
when its duration was over, or its workers were lost too often.
"""

import shutil

from django.conf import settings

from analyses.models import ScanOccurrence
from analyses.statuses import SCAN_LIVE

FOLDER = "scan-"


def remove() -> int:
    """Remove the folders of scans that have ended, or are gone; answers how many."""
    if not settings.WORK_DIR.is_dir():
        return 0
    folders = {
        int(number): folder
        for folder in settings.WORK_DIR.glob(f"{FOLDER}*")
        if (number := folder.name.removeprefix(FOLDER)).isdecimal()
    }
    live = ScanOccurrence.objects.filter(pk__in=folders, status__in=SCAN_LIVE).values_list("pk", flat=True)
    over = folders.keys() - set(live)
    for pk in over:
        shutil.rmtree(folders[pk], ignore_errors=True)
    return len(over)
