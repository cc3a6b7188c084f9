"""Where what a status advises can be done, and by whom. Data: every status has at least one place."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analyses.access import may
from analyses.roles import Right
from analyses.statuses import ANALYSIS, SCAN, AnalysisStatus, Group, ScanStatus
from dashboard.http import Person

ADMINISTRATOR = _("Administrator")
_IS_PART_OF = {"analyses:scan": "analyses:scans"}  # pages, and the one that leads to them


@dataclass(frozen=True)
class NextStep:
    """A place. `route` is its page of one analysis; `general` the page to begin at where none is meant.

    `right` is what it takes to do there what is advised; None where everybody may who sees it.
    """

    label: str | Promise
    right: Right | None = None
    route: str = ""
    anchor: str = ""
    general: str = "analyses:list"
    for_administrators: bool = False

    @property
    def who(self) -> str | Promise:
        """Whose part it is; empty where it is everybody's."""
        if self.for_administrators:
            return ADMINISTRATOR
        return self.right.label if self.right else ""

    def is_for(self, user: Person) -> bool:
        """Whether the person can do it."""
        if self.for_administrators:
            return user.is_staff
        return self.right is None or may(user, self.right)

    def address(self, analysis_pk: int | None = None, query: str = "") -> str:
        """Its address for an analysis; without one the general page, the list of analyses narrowed by `query`."""
        if self.route and analysis_pk is not None:
            return reverse(self.route, args=[analysis_pk]) + self.anchor
        return reverse(self.general) + (query if self.general == "analyses:list" else "")

    def is_on(self, page: str, *, of_analysis: bool) -> bool:
        """Whether a page, by the name of its route, is the one this leads to."""
        return _IS_PART_OF.get(page, page) == (self.route if self.route and of_analysis else self.general)


CONFIGURE = NextStep(_("Configure Analysis"), Right.CONFIGURE, "analyses:configure")
ACT = NextStep(_("Analysis Actions"), Right.SUBMIT, "analyses:summary", "#actions")
WATCH = NextStep(_("Summary"), route="analyses:summary")
LOG = NextStep(_("Activity log"), route="analyses:summary", anchor="#log")
SCANS = NextStep(_("Scan Details"), route="analyses:scans")
RESULTS = NextStep(_("Results"), route="analyses:results", general="analyses:findings")
PUBLISH = NextStep(_("Analysis Actions"), Right.LEAD, "analyses:summary", "#actions")
QUEUE = NextStep(_("Queue"), general="analyses:queue")
WORKERS = NextStep(_("Workers, under Queue"), general="analyses:queue", for_administrators=True)
TARGETS = NextStep(_("Allowed targets"), general="admin:analyses_allowedtarget_changelist", for_administrators=True)

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
