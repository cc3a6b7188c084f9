"""Where what a status advises can be done, and by whom. Data: every status has at least one place."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.roles import Right
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, Group, ScanStatus

ANYBODY = _("anybody who sees it")
ADMINISTRATOR = _("Administrator")


@dataclass(frozen=True)
class NextStep:
    """A place. `route` is its page of one analysis; `general` the page to begin at where none is meant."""

    label: str | Promise
    who: str | Promise
    route: str = ""
    anchor: str = ""
    general: str = "analyses:list"

    @property
    def in_admin(self) -> bool:
        """Whether nobody but administrators can open it."""
        return self.general.startswith("admin:")

    def address(self, analysis_pk: int | None = None, query: str = "") -> str:
        """Its address for an analysis; without one the general page, the list of analyses narrowed by `query`."""
        if self.route and analysis_pk is not None:
            return reverse(self.route, args=[analysis_pk]) + self.anchor
        return reverse(self.general) + (query if self.general == "analyses:list" else "")


CONFIGURE = NextStep(_("Configure Analysis"), Right.CONFIGURE.label, "analyses:configure")
ACT = NextStep(_("Analysis Actions"), Right.SUBMIT.label, "analyses:summary", "#actions")
WATCH = NextStep(_("Summary"), ANYBODY, "analyses:summary")
LOG = NextStep(_("Activity log"), ANYBODY, "analyses:summary", "#log")
SCANS = NextStep(_("Scan Details"), ANYBODY, "analyses:scans")
RESULTS = NextStep(_("Results"), ANYBODY, "analyses:results", general="analyses:findings")
PUBLISH = NextStep(_("Analysis Actions"), Right.LEAD.label, "analyses:summary", "#actions")
QUEUE = NextStep(_("Queue"), ANYBODY, general="analyses:queue")
WORKERS = NextStep(_("Workers, under Queue"), ADMINISTRATOR, general="analyses:queue")
TARGETS = NextStep(_("Allowed targets"), ADMINISTRATOR, general="admin:analyses_allowedtarget_changelist")

_A, _S = AnalysisStatus, ScanStatus
_OF_GROUP = {
    Group.STOPPING: (WATCH,),
    Group.VERIFYING: (RESULTS, PUBLISH),
    Group.PUBLISHED: (RESULTS, ACT),
    Group.ENDED: (CONFIGURE, ACT),
}
_OF_ANALYSIS = {
    _A.SAVED: (CONFIGURE, ACT),
    _A.SUBMITTED: (QUEUE,),
    _A.NOT_SUBMITTED: (LOG, CONFIGURE, ACT),
    _A.SCHEDULED: (CONFIGURE, ACT),
    _A.PRESCANNING: (SCANS,),
    _A.ALL_FAILED: (SCANS, CONFIGURE, ACT),
    _A.QUEUED: (QUEUE,),
    _A.IN_PROGRESS: (WATCH, ACT),
    _A.IN_PROGRESS_WARNING: (SCANS, CONFIGURE, ACT),
    _A.TECHNICAL_ISSUE: (SCANS, ACT),
    _A.COMPLETED: (RESULTS,),
    _A.COMPLETED_PARTIAL: (RESULTS, SCANS, ACT),
}
_OF_SCAN = {
    _S.SUBMIT_FAILED: (WORKERS, ACT),
    _S.SCHEDULED: (WATCH,),
    _S.SUBMITTED: (WATCH,),
    _S.VERIFICATION_FAILED: (CONFIGURE, TARGETS, ACT),
    _S.QUEUED: (QUEUE,),
    _S.QUEUED_WARNING: (QUEUE, WORKERS),
    _S.IN_PROGRESS: (WATCH,),
    _S.PAUSING: (ACT,),
    _S.RESUMING: (QUEUE,),
    _S.EXPIRED_AVAILABLE: (RESULTS, CONFIGURE),
    _S.ERROR_STOPPED: (LOG, ACT, WORKERS),
    _S.ERROR_AVAILABLE: (RESULTS, LOG, ACT),
    _S.COMPLETED_AVAILABLE: (RESULTS,),
}


def next_steps(status: AnalysisStatus | ScanStatus) -> tuple[NextStep, ...]:
    """Where to go in this status, in the order in which it is done."""
    if isinstance(status, ScanStatus):
        return _OF_SCAN.get(status) or _OF_GROUP[SCAN[status].group]
    return _OF_ANALYSIS.get(status) or _OF_GROUP[ANALYSIS[status].group]
