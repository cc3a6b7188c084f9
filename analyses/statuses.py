"""Both lifecycles as data: every status with its group, tone, icon, meaning and what to do next.

Pure: knows no models. The filter, the badges, the status page, the editing rule, the database constraints and
the tests all read these tables; `analyses/moves.py` says which status follows which, `analyses/actions.py` what may
be asked in which.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class AnalysisStatus(TextChoices):
    SAVED = "saved_for_later", _("Saved for Later")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Not Submitted")
    SCHEDULED = "scheduled", _("Scheduled")
    PRESCANNING = "prescanning", _("Prescanning")
    ALL_FAILED = "all_verifications_failed", _("All Verifications Failed")
    QUEUED = "queued", _("Queued")
    IN_PROGRESS = "in_progress", _("In Progress")
    IN_PROGRESS_WARNING = "in_progress_warning", _("In Progress + warning icon")
    STOPPED = "stopped", _("Stopped")
    STOPPED_SAVING = "stopped_saving", _("Stopped - Saving Results")
    STOPPED_DELETING = "stopped_deleting", _("Stopped - Deleting Results")
    STOPPED_VERIFYING = "stopped_verifying", _("Stopped - Verifying Results")
    STOPPED_VERIFYING_PARTIAL = "stopped_verifying_partial", _("Stopped - Verifying Partial Results")
    STOPPED_AVAILABLE = "stopped_available", _("Stopped - Partial Results Available")
    DURATION_ENDED = "duration_ended", _("Stopped - Scan Duration Ended")
    DURATION_ENDED_PARTIAL = "duration_ended_partial", _("Stopped - Scan Duration Ended With Partial Results")
    EXPIRED_VERIFYING = "expired_verifying", _("Time Expired - Verifying Partial Results")
    TECHNICAL_ISSUE = "technical_issue", _("Stopped - Technical Issue")
    COMPLETED_VERIFYING = "completed_verifying", _("Completed - Verifying Results")
    COMPLETED_VERIFYING_PARTIAL = "completed_verifying_partial", _("Completed - Verifying Partial Results")
    COMPLETED_PARTIAL = "completed_partial", _("Completed - Partial Results Available")
    COMPLETED = "completed", _("Completed - Results Available")


class ScanStatus(TextChoices):
    SUBMIT_FAILED = "submit_failed", _("Submit Failed")
    SCHEDULED = "scheduled", _("Scheduled")
    SUBMITTED = "submitted", _("Submitted")
    VERIFICATION_FAILED = "verification_failed", _("Verification Failed")
    CONNECTION_ERROR = "connection_error", _("Connection Error")
    AUTHENTICATION_ERROR = "authentication_error", _("Authentication Error")
    CRAWL_SCRIPT_ERROR = "crawl_script_error", _("Crawl Script Error")
    QUEUED = "queued", _("Queued")
    QUEUED_WARNING = "queued_warning", _("Queued with warning")
    IN_PROGRESS = "in_progress", _("In Progress")
    PAUSING = "pausing", _("Pausing")
    RESUMING = "resuming", _("Resuming")
    STOPPING_SAVING = "stopping_saving", _("Stopping - Saving Results")
    STOPPING_DELETING = "stopping_deleting", _("Stopping - Deleting Results")
    STOPPED = "stopped", _("Stopped")
    STOPPED_VERIFYING = "stopped_verifying", _("Stopped - Verifying Partial Results")
    STOPPED_AVAILABLE = "stopped_available", _("Stopped - Partial Results Available")
    UNREACHABLE_STOPPED = "unreachable_stopped", _("Site unreachable - Stopped")
    UNREACHABLE_VERIFYING = "unreachable_verifying", _("Site unreachable - Verifying Results")
    UNREACHABLE_AVAILABLE = "unreachable_available", _("Site unreachable - Results Available")
    EXPIRED_STOPPED = "expired_stopped", _("Time Expired - Stopped")
    EXPIRED_VERIFYING = "expired_verifying", _("Time Expired - Verifying Partial Results")
    EXPIRED_AVAILABLE = "expired_available", _("Time Expired - Partial Results Available")
    ERROR_STOPPED = "error_stopped", _("Technical Issue - Stopped")
    ERROR_VERIFYING = "error_verifying", _("Scan Error - Verifying Partial Results")
    ERROR_AVAILABLE = "error_available", _("Scan Error - Partial Results Available")
    LOCKOUT_VERIFYING = "lockout_verifying", _("Lockout - Verifying Partial Results")
    LOCKOUT_AVAILABLE = "lockout_available", _("Lockout - Partial Results Available")
    COMPLETED_VERIFYING = "completed_verifying", _("Completed - Verifying Results")
    COMPLETED_AVAILABLE = "completed_available", _("Completed - Results Available")


class Group(TextChoices):
    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPING = "stopping", _("Stopping")
    VERIFYING = "verifying", _("Verifying results")
    PUBLISHED = "published", _("Published - Results Available")
    ENDED = "ended", _("Ended without results")


class Tone(TextChoices):
    """The colour family of a badge; the icon and the words always say the same."""

    NEUTRAL = "neutral"
    BLUE = "blue"
    AMBER = "amber"
    GREEN = "green"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True)
class Meaning:
    """What a status says on a page: its family, its picture, what it means, what to do next."""

    group: Group
    tone: Tone
    icon: str
    meaning: str | Promise
    advice: str | Promise


_G, _T = Group, Tone
_WAIT = _("Nothing to do: this page refreshes itself.")
_PUBLISH = _("Publishing follows by itself; where results are held for a review, a security lead publishes them.")

ANALYSIS: dict[AnalysisStatus, Meaning] = {
    AnalysisStatus.SAVED: Meaning(_G.DRAFT, _T.NEUTRAL, "pencil", _("The settings are kept; nothing has been sent to the target."), _("Submit it when it is ready.")),
    AnalysisStatus.SUBMITTED: Meaning(_G.WAITING, _T.BLUE, "inbox", _("The request is recorded and waits for a worker."), _WAIT),
    AnalysisStatus.NOT_SUBMITTED: Meaning(_G.ENDED, _T.RED, "octagon-x", _("It could not be started for a technical reason."), _("Read the cause in the activity log, correct it, and submit again.")),
    AnalysisStatus.SCHEDULED: Meaning(_G.WAITING, _T.BLUE, "calendar", _("It starts by itself at the scheduled time."), _("Change the schedule, or withdraw it, under Analysis Actions.")),
    AnalysisStatus.PRESCANNING: Meaning(_G.RUNNING, _T.BLUE, "radar", _("A worker checks that every target answers and that sign-in works."), _WAIT),
    AnalysisStatus.ALL_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", _("No target passed its prescan, so nothing was scanned."), _("Open each scan's details, correct the settings, and submit again.")),
    AnalysisStatus.QUEUED: Meaning(_G.WAITING, _T.BLUE, "hourglass", _("The prescan is done; the scans wait for free capacity."), _("Nothing to do: they start as soon as a slot is free.")),
    AnalysisStatus.IN_PROGRESS: Meaning(_G.RUNNING, _T.BLUE, "loader", _("Scans are running."), _("Watch the progress below, or stop it under Analysis Actions.")),
    AnalysisStatus.IN_PROGRESS_WARNING: Meaning(_G.RUNNING, _T.AMBER, "alert-triangle", _("Scans are running, but one or more targets failed the prescan and are left out."), _("Open the failed scans to see why; correct them and submit again afterwards.")),
    AnalysisStatus.STOPPED: Meaning(_G.ENDED, _T.GREY, "square", _("It ended before any scan had started: somebody stopped it, or it was to be prescanned only."), _("Submit it again when you are ready.")),
    AnalysisStatus.STOPPED_SAVING: Meaning(_G.STOPPING, _T.AMBER, "square", _("Somebody stopped it; the scans wind down and what they found is stored."), _WAIT),
    AnalysisStatus.STOPPED_DELETING: Meaning(_G.ENDED, _T.GREY, "trash", _("Somebody stopped it and had its results deleted."), _("Submit it again to get results.")),
    AnalysisStatus.STOPPED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("It was stopped after its scans had run to their end; findings are being tested again."), _("You may read the results already. Publishing follows by itself; where results are held for a review, a security lead publishes them.")),
    AnalysisStatus.STOPPED_VERIFYING_PARTIAL: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("It ended early; what was found so far is being tested again."), _PUBLISH),
    AnalysisStatus.STOPPED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", _("Results up to the moment it was stopped are published."), _("Read the results; submit again for complete ones.")),
    AnalysisStatus.DURATION_ENDED: Meaning(_G.ENDED, _T.GREY, "clock", _("The allowed duration passed without any result."), _("Allow a longer duration and submit again.")),
    AnalysisStatus.DURATION_ENDED_PARTIAL: Meaning(_G.STOPPING, _T.AMBER, "clock", _("The allowed duration passed; the scans wind down and what they found is stored."), _WAIT),
    AnalysisStatus.EXPIRED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The allowed duration passed; what was found is being tested again."), _PUBLISH),
    AnalysisStatus.TECHNICAL_ISSUE: Meaning(_G.ENDED, _T.RED, "octagon-x", _("The scans ended without results for a reason of their own."), _("Open the scans to see the cause, then submit again.")),
    AnalysisStatus.COMPLETED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("Every scan ran to its end; findings are being tested again."), _PUBLISH),
    AnalysisStatus.COMPLETED_VERIFYING_PARTIAL: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The scans ended, not all of them completely; findings are being tested again."), _PUBLISH),
    AnalysisStatus.COMPLETED_PARTIAL: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", _("Results are published, but some targets are missing or incomplete."), _("Read the results, then look at the scans with problems and submit again.")),
    AnalysisStatus.COMPLETED: Meaning(_G.PUBLISHED, _T.GREEN, "circle-check", _("Complete results are published."), _("Read the results and fix what was found.")),
}  # fmt: skip

_AGAIN = _("Correct the settings of this scan and submit the analysis again.")
_READ = _("Read the results; submit again for complete ones.")

SCAN: dict[ScanStatus, Meaning] = {
    ScanStatus.SUBMIT_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", _("The scan engine could not be started for this target."), _("Ask an administrator to check the engine, then submit again.")),
    ScanStatus.SCHEDULED: Meaning(_G.WAITING, _T.BLUE, "calendar", _("It starts with its analysis at the scheduled time."), _("Nothing to do until then.")),
    ScanStatus.SUBMITTED: Meaning(_G.WAITING, _T.BLUE, "inbox", _("Received; its prescan is waiting or running."), _WAIT),
    ScanStatus.VERIFICATION_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", _("The prescan found that this target cannot be scanned as configured."), _AGAIN),
    ScanStatus.CONNECTION_ERROR: Meaning(_G.ENDED, _T.RED, "unplug", _("The prescan could not reach the target."), _("Check the address, the network and the certificate; then submit again.")),
    ScanStatus.AUTHENTICATION_ERROR: Meaning(_G.ENDED, _T.RED, "key", _("The prescan reached the target but could not sign in."), _("Check user name, password and sign-in page; then submit again.")),
    ScanStatus.CRAWL_SCRIPT_ERROR: Meaning(_G.ENDED, _T.RED, "octagon-x", _("The recorded crawl script could not be played to its end."), _("Record the script again, or remove the step named in the cause.")),
    ScanStatus.QUEUED: Meaning(_G.WAITING, _T.BLUE, "hourglass", _("Passed its prescan; the next free slot is for it."), _WAIT),
    ScanStatus.QUEUED_WARNING: Meaning(_G.WAITING, _T.AMBER, "hourglass", _("Passed its prescan, but all capacity is taken, or its host is scanned by as many as may at once."), _("It starts when other scans end; an administrator can raise the capacity.")),
    ScanStatus.IN_PROGRESS: Meaning(_G.RUNNING, _T.BLUE, "loader", _("The engine is crawling and testing this target."), _WAIT),
    ScanStatus.PAUSING: Meaning(_G.PAUSED, _T.AMBER, "pause", _("The engine is suspended; its session is kept."), _("It goes on when the pause is over.")),
    ScanStatus.RESUMING: Meaning(_G.WAITING, _T.BLUE, "hourglass", _("The pause is over; it waits for a slot and then goes on where it was."), _WAIT),
    ScanStatus.STOPPING_SAVING: Meaning(_G.STOPPING, _T.AMBER, "square", _("Stopping; what was found so far is kept."), _WAIT),
    ScanStatus.STOPPING_DELETING: Meaning(_G.STOPPING, _T.AMBER, "trash", _("Stopping; what was found is being deleted."), _WAIT),
    ScanStatus.STOPPED: Meaning(_G.ENDED, _T.GREY, "square", _("Stopped; it has no results."), _("Submit the analysis again when you are ready.")),
    ScanStatus.STOPPED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("Stopped early; its findings are being tested again."), _PUBLISH),
    ScanStatus.STOPPED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", _("Stopped early; the results up to then are published."), _READ),
    ScanStatus.UNREACHABLE_STOPPED: Meaning(_G.ENDED, _T.RED, "unplug", _("The target stopped answering before anything was found."), _("Check that the site is up and can bear the load; then submit again.")),
    ScanStatus.UNREACHABLE_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The target stopped answering; what was found before is being tested again."), _PUBLISH),
    ScanStatus.UNREACHABLE_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "file-check", _("The target stopped answering; the results up to then are published."), _("Check that the site is up, then submit again for complete results.")),
    ScanStatus.EXPIRED_STOPPED: Meaning(_G.ENDED, _T.GREY, "clock", _("The allowed duration passed without any result for this target."), _("Allow a longer duration and submit again.")),
    ScanStatus.EXPIRED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The allowed duration passed; its findings are being tested again."), _PUBLISH),
    ScanStatus.EXPIRED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", _("The allowed duration passed; the results up to then are published."), _("Allow a longer duration for complete results.")),
    ScanStatus.ERROR_STOPPED: Meaning(_G.ENDED, _T.RED, "octagon-x", _("The engine failed before anything was found."), _("Read the cause; submit again, and tell an administrator if it repeats.")),
    ScanStatus.ERROR_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The engine failed; what was found before is being tested again."), _PUBLISH),
    ScanStatus.ERROR_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "file-check", _("The engine failed; the results up to then are published."), _("Read the cause and submit again for complete results.")),
    ScanStatus.LOCKOUT_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The target locked the scan's account; what was found before is being tested again."), _PUBLISH),
    ScanStatus.LOCKOUT_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "lock", _("The target locked the scan's account; the results up to then are published."), _("Unlock the account, exempt it from lockout, and submit again.")),
    ScanStatus.COMPLETED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", _("The engine ran to its end; findings are being tested again."), _PUBLISH),
    ScanStatus.COMPLETED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "circle-check", _("Complete results of this target are published."), _("Read the results and fix what was found.")),
}  # fmt: skip

Status = AnalysisStatus | ScanStatus


def meaning_of(status: Status) -> Meaning:
    """What a status of either kind means."""
    return ANALYSIS[status] if isinstance(status, AnalysisStatus) else SCAN[status]


LIVE_GROUPS = frozenset({Group.WAITING, Group.RUNNING, Group.PAUSED, Group.STOPPING, Group.VERIFYING})


def analysis_in(*groups: Group) -> frozenset[AnalysisStatus]:
    """The analysis statuses of these groups."""
    return frozenset(status for status, meaning in ANALYSIS.items() if meaning.group in groups)


def scan_in(*groups: Group) -> frozenset[ScanStatus]:
    """The scan statuses of these groups."""
    return frozenset(status for status, meaning in SCAN.items() if meaning.group in groups)


ANALYSIS_LIVE = analysis_in(*LIVE_GROUPS)
ANALYSIS_FINAL = analysis_in(Group.ENDED, Group.PUBLISHED)
ANALYSIS_PUBLISHED = analysis_in(Group.PUBLISHED)
SCAN_LIVE = scan_in(*LIVE_GROUPS)
SCAN_FINAL = scan_in(Group.ENDED, Group.PUBLISHED)
SCAN_PUBLISHED = scan_in(Group.PUBLISHED)
SCAN_VERIFYING = scan_in(Group.VERIFYING)
SCAN_STOPPING = scan_in(Group.STOPPING)
SCAN_QUEUED = frozenset({ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING, ScanStatus.RESUMING})
SCAN_GOING_ON = frozenset({ScanStatus.IN_PROGRESS, ScanStatus.PAUSING, ScanStatus.RESUMING})  # also while it is paused
# In these a scan may be held by a worker and take a slot. The queued ones until their engine has started.
SCAN_AT_WORK = SCAN_QUEUED | SCAN_STOPPING | SCAN_VERIFYING | {ScanStatus.IN_PROGRESS, ScanStatus.PAUSING}
PRESCAN_FAILED = frozenset(
    {
        ScanStatus.SUBMIT_FAILED,
        ScanStatus.VERIFICATION_FAILED,
        ScanStatus.CONNECTION_ERROR,
        ScanStatus.AUTHENTICATION_ERROR,
        ScanStatus.CRAWL_SCRIPT_ERROR,
    }
)

# The whole configuration may be edited in these; in every other status only what cannot disturb the run.
EDITABLE = (
    frozenset(
        {
            AnalysisStatus.SAVED,
            AnalysisStatus.SCHEDULED,
            AnalysisStatus.NOT_SUBMITTED,
            AnalysisStatus.ALL_FAILED,
        }
    )
    | ANALYSIS_PUBLISHED
    | frozenset({AnalysisStatus.STOPPED, AnalysisStatus.STOPPED_DELETING, AnalysisStatus.DURATION_ENDED})
    | frozenset({AnalysisStatus.TECHNICAL_ISSUE})
)

# Statuses in which a scan needs somebody's attention: it failed, or its results are incomplete for a reason.
SCAN_PROBLEM = PRESCAN_FAILED | frozenset(
    status for status in ScanStatus if status.value.startswith(("unreachable_", "error_", "lockout_"))
)


# In these an occurrence may be kept from sending anything for a while.
PAUSABLE = frozenset({AnalysisStatus.QUEUED, AnalysisStatus.IN_PROGRESS, AnalysisStatus.IN_PROGRESS_WARNING})


def editing_refusal(status: AnalysisStatus) -> str:
    """Why the whole configuration cannot be edited in `status`, or an empty string when it can."""
    if status in EDITABLE:
        return ""
    return gettext(
        "The status is %(status)s, so only the name, the description, the teams that may see it and a longer "
        "duration can be changed. Everything can be changed when the status is Saved for Later, Scheduled, Stopped, "
        "Not Submitted, All Verifications Failed or Published."
    ) % {"status": status.label}


def logged(status: AnalysisStatus | ScanStatus) -> str:
    """A status as the log keeps it: in English, whoever reads or writes it in whatever language."""
    with translation.override("en"):
        return str(status.label)
