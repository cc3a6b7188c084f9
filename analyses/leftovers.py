"""What nobody comes back for: what was read for a page that was never saved, what people's expired sessions hold, the
pictures of prescans and the words of engines long ago, and what is kept on this machine of scans that ended without
their runner: their session holds the cookies that were sent.

A runner removes the folder of its scan. One that was killed cannot, and a scan may end without any: it was suspended
when its duration was over, or its workers were lost too often.
"""

import shutil
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Length
from django.utils import timezone

from analyses.models import AnalysisOccurrence, EngineLog, PrescanStep, Retest, ScanOccurrence, Specification
from analyses.statuses import SCAN_LIVE

FOLDER = "scan-"
RETEST_FOLDER = "retest-"
DRAFTS_KEPT = timedelta(days=1)
SESSIONS_AT_ONCE = 1000
PICTURES_KEPT = timedelta(days=30)  # after the end of their run
RUNS_WITH_PICTURES = 3  # the newest ones of an analysis
PICTURES_AT_ONCE = 100


def forget_drafts() -> None:
    """Remove the specifications that were read for a page a day ago, which has not been saved since."""
    Specification.objects.filter(analysis=None, uploaded_at__lt=timezone.now() - DRAFTS_KEPT).delete()


def forget_sessions() -> int:
    """Remove sessions that have expired, with the forms that are kept in them; answers how many, a bounded number."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    some = list(expired.values_list("pk", flat=True)[:SESSIONS_AT_ONCE])
    return expired.filter(pk__in=some).delete()[0] if some else 0


def drop_pictures() -> int:
    """Drop the pictures of runs long ago and of all but the newest few; answers how many, a bounded number."""
    # By its length: databases know that without reading the picture.
    pictured = PrescanStep.objects.annotate(size=Length("screenshot")).filter(size__gt=0)
    old = pictured.filter(_of_old_runs())
    some = list(old.order_by().values_list("pk", flat=True)[:PICTURES_AT_ONCE])
    return PrescanStep.objects.filter(pk__in=some).update(screenshot=b"") if some else 0


def drop_logs() -> int:
    """Drop what engines said in runs long ago, and in all but the newest few; answers how many, a bounded number."""
    old = EngineLog.objects.filter(_of_old_runs())
    some = list(old.order_by().values_list("pk", flat=True)[:PICTURES_AT_ONCE])
    return EngineLog.objects.filter(pk__in=some).delete()[0] if some else 0


def _of_old_runs() -> Q:
    """What belongs to a run that ended long ago, or is not among the newest few of its analysis."""
    runs = AnalysisOccurrence.objects.filter(analysis=OuterRef("scan_occurrence__occurrence__analysis"))
    last = RUNS_WITH_PICTURES - 1
    oldest = Subquery(runs.order_by("-number").values("number")[last : last + 1])
    return Q(scan_occurrence__occurrence__ended_at__lt=timezone.now() - PICTURES_KEPT) | Q(
        scan_occurrence__occurrence__number__lt=oldest
    )


def remove() -> int:
    """Remove the folders of scans, and of tests of findings, that have ended or are gone; answers how many."""
    if not settings.WORK_DIR.is_dir():
        return 0
    scans = ScanOccurrence.objects.filter(status__in=SCAN_LIVE)
    retests = Retest.objects.filter(ended_at=None)
    return _remove(FOLDER, scans) + _remove(RETEST_FOLDER, retests)


def _remove(prefix: str, wanted: QuerySet) -> int:
    """Remove the folders of this name whose rows are not wanted any more."""
    folders = {
        int(number): folder
        for folder in settings.WORK_DIR.glob(f"{prefix}*")
        if (number := folder.name.removeprefix(prefix)).isdecimal()
    }
    if not folders:
        return 0
    over = folders.keys() - set(wanted.filter(pk__in=folders).values_list("pk", flat=True))
    for pk in over:
        shutil.rmtree(folders[pk], ignore_errors=True)
    return len(over)
