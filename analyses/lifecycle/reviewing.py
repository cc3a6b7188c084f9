"""Results that are verified: published, or held until a reviewer publishes them.

A scan whose results are held keeps its *Verifying…* status, and `ended_at` says that its verification is over: nobody
drives it any more, it holds no slot, and its secrets are erased.
"""

from django.contrib.auth.models import User

from analyses.actions import Action
from analyses.lifecycle.requests import latest, refuse
from analyses.lifecycle.results import leave_untested, publish_scan
from analyses.lifecycle.writing import Change, at_rest, change
from analyses.models import Analysis, ScanOccurrence
from analyses.said import said as _
from analyses.statuses import SCAN_VERIFYING


def verification_over(opened: Change, scan: ScanOccurrence) -> None:
    """Publish the results of a scan, or hold them where its run waits for a reviewer."""
    if not opened.occurrence.hold_results:
        publish_scan(opened, scan)
        return
    leave_untested(scan)
    if opened.update_scan(scan, **at_rest(opened.now)):
        opened.note(_("Results held for review"), scan=scan)


def publish_results(analysis: Analysis, actor: User) -> None:
    """Publish what waits for a reviewer. Raises Refused."""
    with change(latest(analysis, Action.PUBLISH).pk, actor) as opened:
        refuse(Action.PUBLISH, opened.occurrence)
        opened.note(_("Results reviewed and published"))
        for scan in opened.scans.filter(status__in=SCAN_VERIFYING):
            publish_scan(opened, scan)
        opened.settle()
