"""Both lifecycles as data: every status with its group, tone, icon, meaning and what to do next.

Pure: knows no models. The filter, the badges, the status page, the editing rule, the database constraints and
the tests all read these tables; `analyses/moves.py` says which status follows which, `analyses/actions.py` what may
be asked in which.
"""

from dataclasses import dataclass

from django.db.models import TextChoices


class AnalysisStatus(TextChoices):
    SAVED = "saved_for_later", "Saved for Later"
    SUBMITTED = "submitted", "Submitted"
    NOT_SUBMITTED = "not_submitted", "Not Submitted"
    SCHEDULED = "scheduled", "Scheduled"
    PRESCANNING = "prescanning", "Prescanning"
    ALL_FAILED = "all_verifications_failed", "All Verifications Failed"
    QUEUED = "queued", "Queued"
    IN_PROGRESS = "in_progress", "In Progress"
    IN_PROGRESS_WARNING = "in_progress_warning", "In Progress + warning icon"
    STOPPED = "stopped", "Stopped"
    STOPPED_SAVING = "stopped_saving", "Stopped - Saving Results"
    STOPPED_DELETING = "stopped_deleting", "Stopped - Deleting Results"
    STOPPED_VERIFYING = "stopped_verifying", "Stopped - Verifying Results"
    STOPPED_VERIFYING_PARTIAL = "stopped_verifying_partial", "Stopped - Verifying Partial Results"
    STOPPED_AVAILABLE = "stopped_available", "Stopped - Partial Results Available"
    DURATION_ENDED = "duration_ended", "Stopped - Scan Duration Ended"
    DURATION_ENDED_PARTIAL = "duration_ended_partial", "Stopped - Scan Duration Ended With Partial Results"
    EXPIRED_VERIFYING = "expired_verifying", "Time Expired - Verifying Partial Results"
    TECHNICAL_ISSUE = "technical_issue", "Stopped - Technical Issue"
    COMPLETED_VERIFYING = "completed_verifying", "Completed - Verifying Results"
    COMPLETED_VERIFYING_PARTIAL = "completed_verifying_partial", "Completed - Verifying Partial Results"
    COMPLETED_PARTIAL = "completed_partial", "Completed - Partial Results Available"
    COMPLETED = "completed", "Completed - Results Available"


class ScanStatus(TextChoices):
    SUBMIT_FAILED = "submit_failed", "Submit Failed"
    SCHEDULED = "scheduled", "Scheduled"
    SUBMITTED = "submitted", "Submitted"
    VERIFICATION_FAILED = "verification_failed", "Verification Failed"
    CONNECTION_ERROR = "connection_error", "Connection Error"
    AUTHENTICATION_ERROR = "authentication_error", "Authentication Error"
    CRAWL_SCRIPT_ERROR = "crawl_script_error", "Crawl Script Error"
    QUEUED = "queued", "Queued"
    QUEUED_WARNING = "queued_warning", "Queued with warning"
    IN_PROGRESS = "in_progress", "In Progress"
    PAUSING = "pausing", "Pausing"
    RESUMING = "resuming", "Resuming"
    STOPPING_SAVING = "stopping_saving", "Stopping - Saving Results"
    STOPPING_DELETING = "stopping_deleting", "Stopping - Deleting Results"
    STOPPED = "stopped", "Stopped"
    STOPPED_VERIFYING = "stopped_verifying", "Stopped - Verifying Partial Results"
    STOPPED_AVAILABLE = "stopped_available", "Stopped - Partial Results Available"
    UNREACHABLE_STOPPED = "unreachable_stopped", "Site unreachable - Stopped"
    UNREACHABLE_VERIFYING = "unreachable_verifying", "Site unreachable - Verifying Results"
    UNREACHABLE_AVAILABLE = "unreachable_available", "Site unreachable - Results Available"
    EXPIRED_STOPPED = "expired_stopped", "Time Expired - Stopped"
    EXPIRED_VERIFYING = "expired_verifying", "Time Expired - Verifying Partial Results"
    EXPIRED_AVAILABLE = "expired_available", "Time Expired - Partial Results Available"
    ERROR_STOPPED = "error_stopped", "Technical Issue - Stopped"
    ERROR_VERIFYING = "error_verifying", "Scan Error - Verifying Partial Results"
    ERROR_AVAILABLE = "error_available", "Scan Error - Partial Results Available"
    LOCKOUT_VERIFYING = "lockout_verifying", "Lockout - Verifying Partial Results"
    LOCKOUT_AVAILABLE = "lockout_available", "Lockout - Partial Results Available"
    COMPLETED_VERIFYING = "completed_verifying", "Completed - Verifying Results"
    COMPLETED_AVAILABLE = "completed_available", "Completed - Results Available"


class Group(TextChoices):
    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPING = "stopping", "Stopping"
    VERIFYING = "verifying", "Verifying results"
    PUBLISHED = "published", "Published - Results Available"
    ENDED = "ended", "Ended without results"


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
    meaning: str
    advice: str


_G, _T = Group, Tone
_WAIT = "Nothing to do: this page refreshes itself."
_PUBLISH = "Publishing follows by itself; where results are held for a review, a security lead publishes them."

ANALYSIS: dict[AnalysisStatus, Meaning] = {
    AnalysisStatus.SAVED: Meaning(_G.DRAFT, _T.NEUTRAL, "pencil", "The settings are kept; nothing has been sent to the target.", "Submit it when it is ready."),
    AnalysisStatus.SUBMITTED: Meaning(_G.WAITING, _T.BLUE, "inbox", "The request is recorded and waits for a worker.", _WAIT),
    AnalysisStatus.NOT_SUBMITTED: Meaning(_G.ENDED, _T.RED, "octagon-x", "It could not be started for a technical reason.", "Read the cause in the activity log, correct it, and submit again."),
    AnalysisStatus.SCHEDULED: Meaning(_G.WAITING, _T.BLUE, "calendar", "It starts by itself at the scheduled time.", "Change the schedule, or withdraw it, under Analysis Actions."),
    AnalysisStatus.PRESCANNING: Meaning(_G.RUNNING, _T.BLUE, "radar", "A worker checks that every target answers and that sign-in works.", _WAIT),
    AnalysisStatus.ALL_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", "No target passed its prescan, so nothing was scanned.", "Open each scan's details, correct the settings, and submit again."),
    AnalysisStatus.QUEUED: Meaning(_G.WAITING, _T.BLUE, "hourglass", "The prescan is done; the scans wait for free capacity.", "Nothing to do: they start as soon as a slot is free."),
    AnalysisStatus.IN_PROGRESS: Meaning(_G.RUNNING, _T.BLUE, "loader", "Scans are running.", "Watch the progress below, or stop it under Analysis Actions."),
    AnalysisStatus.IN_PROGRESS_WARNING: Meaning(_G.RUNNING, _T.AMBER, "alert-triangle", "Scans are running, but one or more targets failed the prescan and are left out.", "Open the failed scans to see why; correct them and submit again afterwards."),
    AnalysisStatus.STOPPED: Meaning(_G.ENDED, _T.GREY, "square", "It ended before any scan had started: somebody stopped it, or it was to be prescanned only.", "Submit it again when you are ready."),
    AnalysisStatus.STOPPED_SAVING: Meaning(_G.STOPPING, _T.AMBER, "square", "Somebody stopped it; the scans wind down and what they found is stored.", _WAIT),
    AnalysisStatus.STOPPED_DELETING: Meaning(_G.ENDED, _T.GREY, "trash", "Somebody stopped it and had its results deleted.", "Submit it again to get results."),
    AnalysisStatus.STOPPED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "It was stopped after its scans had run to their end; findings are being tested again.", f"You may read the results already. {_PUBLISH}"),
    AnalysisStatus.STOPPED_VERIFYING_PARTIAL: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "It ended early; what was found so far is being tested again.", _PUBLISH),
    AnalysisStatus.STOPPED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", "Results up to the moment it was stopped are published.", "Read the results; submit again for complete ones."),
    AnalysisStatus.DURATION_ENDED: Meaning(_G.ENDED, _T.GREY, "clock", "The allowed duration passed without any result.", "Allow a longer duration and submit again."),
    AnalysisStatus.DURATION_ENDED_PARTIAL: Meaning(_G.STOPPING, _T.AMBER, "clock", "The allowed duration passed; the scans wind down and what they found is stored.", _WAIT),
    AnalysisStatus.EXPIRED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The allowed duration passed; what was found is being tested again.", _PUBLISH),
    AnalysisStatus.TECHNICAL_ISSUE: Meaning(_G.ENDED, _T.RED, "octagon-x", "The scans ended without results for a reason of their own.", "Open the scans to see the cause, then submit again."),
    AnalysisStatus.COMPLETED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "Every scan ran to its end; findings are being tested again.", _PUBLISH),
    AnalysisStatus.COMPLETED_VERIFYING_PARTIAL: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The scans ended, not all of them completely; findings are being tested again.", _PUBLISH),
    AnalysisStatus.COMPLETED_PARTIAL: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", "Results are published, but some targets are missing or incomplete.", "Read the results, then look at the scans with problems and submit again."),
    AnalysisStatus.COMPLETED: Meaning(_G.PUBLISHED, _T.GREEN, "circle-check", "Complete results are published.", "Read the results and fix what was found."),
}  # fmt: skip

_AGAIN = "Correct the settings of this scan and submit the analysis again."
_READ = "Read the results; submit again for complete ones."

SCAN: dict[ScanStatus, Meaning] = {
    ScanStatus.SUBMIT_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", "The scan engine could not be started for this target.", "Ask an administrator to check the engine, then submit again."),
    ScanStatus.SCHEDULED: Meaning(_G.WAITING, _T.BLUE, "calendar", "It starts with its analysis at the scheduled time.", "Nothing to do until then."),
    ScanStatus.SUBMITTED: Meaning(_G.WAITING, _T.BLUE, "inbox", "Received; its prescan is waiting or running.", _WAIT),
    ScanStatus.VERIFICATION_FAILED: Meaning(_G.ENDED, _T.RED, "octagon-x", "The prescan found that this target cannot be scanned as configured.", _AGAIN),
    ScanStatus.CONNECTION_ERROR: Meaning(_G.ENDED, _T.RED, "unplug", "The prescan could not reach the target.", "Check the address, the network and the certificate; then submit again."),
    ScanStatus.AUTHENTICATION_ERROR: Meaning(_G.ENDED, _T.RED, "key", "The prescan reached the target but could not sign in.", "Check user name, password and sign-in page; then submit again."),
    ScanStatus.CRAWL_SCRIPT_ERROR: Meaning(_G.ENDED, _T.RED, "octagon-x", "The recorded crawl script could not be played to its end.", "Record the script again, or remove the step named in the cause."),
    ScanStatus.QUEUED: Meaning(_G.WAITING, _T.BLUE, "hourglass", "Passed its prescan; the next free slot is for it.", _WAIT),
    ScanStatus.QUEUED_WARNING: Meaning(_G.WAITING, _T.AMBER, "hourglass", "Passed its prescan, but all capacity is taken.", "It starts when other scans end; an administrator can raise the capacity."),
    ScanStatus.IN_PROGRESS: Meaning(_G.RUNNING, _T.BLUE, "loader", "The engine is crawling and testing this target.", _WAIT),
    ScanStatus.PAUSING: Meaning(_G.PAUSED, _T.AMBER, "pause", "The engine is suspended; its session is kept.", "It goes on when the pause is over."),
    ScanStatus.RESUMING: Meaning(_G.WAITING, _T.BLUE, "hourglass", "The pause is over; it waits for a slot and then goes on where it was.", _WAIT),
    ScanStatus.STOPPING_SAVING: Meaning(_G.STOPPING, _T.AMBER, "square", "Stopping; what was found so far is kept.", _WAIT),
    ScanStatus.STOPPING_DELETING: Meaning(_G.STOPPING, _T.AMBER, "trash", "Stopping; what was found is being deleted.", _WAIT),
    ScanStatus.STOPPED: Meaning(_G.ENDED, _T.GREY, "square", "Stopped; no results were kept.", "Submit the analysis again when you are ready."),
    ScanStatus.STOPPED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "Stopped early; its findings are being tested again.", _PUBLISH),
    ScanStatus.STOPPED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", "Stopped early; the results up to then are published.", _READ),
    ScanStatus.UNREACHABLE_STOPPED: Meaning(_G.ENDED, _T.RED, "unplug", "The target stopped answering before anything was found.", "Check that the site is up and can bear the load; then submit again."),
    ScanStatus.UNREACHABLE_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The target stopped answering; what was found before is being tested again.", _PUBLISH),
    ScanStatus.UNREACHABLE_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "file-check", "The target stopped answering; the results up to then are published.", "Check that the site is up, then submit again for complete results."),
    ScanStatus.EXPIRED_STOPPED: Meaning(_G.ENDED, _T.GREY, "clock", "The allowed duration passed without any result for this target.", "Allow a longer duration and submit again."),
    ScanStatus.EXPIRED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The allowed duration passed; its findings are being tested again.", _PUBLISH),
    ScanStatus.EXPIRED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "file-check", "The allowed duration passed; the results up to then are published.", "Allow a longer duration for complete results."),
    ScanStatus.ERROR_STOPPED: Meaning(_G.ENDED, _T.RED, "octagon-x", "The engine failed before anything was found.", "Read the cause; submit again, and tell an administrator if it repeats."),
    ScanStatus.ERROR_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The engine failed; what was found before is being tested again.", _PUBLISH),
    ScanStatus.ERROR_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "file-check", "The engine failed; the results up to then are published.", "Read the cause and submit again for complete results."),
    ScanStatus.LOCKOUT_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The target locked the scan's account; what was found before is being tested again.", _PUBLISH),
    ScanStatus.LOCKOUT_AVAILABLE: Meaning(_G.PUBLISHED, _T.AMBER, "lock", "The target locked the scan's account; the results up to then are published.", "Unlock the account, exempt it from lockout, and submit again."),
    ScanStatus.COMPLETED_VERIFYING: Meaning(_G.VERIFYING, _T.AMBER, "shield-search", "The engine ran to its end; findings are being tested again.", _PUBLISH),
    ScanStatus.COMPLETED_AVAILABLE: Meaning(_G.PUBLISHED, _T.GREEN, "circle-check", "Complete results of this target are published.", "Read the results and fix what was found."),
}  # fmt: skip

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
SCAN_PUBLISHED = scan_in(Group.PUBLISHED)
SCAN_VERIFYING = scan_in(Group.VERIFYING)
SCAN_STOPPING = scan_in(Group.STOPPING)
SCAN_QUEUED = frozenset({ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING, ScanStatus.RESUMING})
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
    status
    for status in ScanStatus
    if status.label.startswith(("Site unreachable", "Technical", "Scan Error", "Lockout"))
)


# In these an occurrence may be kept from sending anything for a while.
PAUSABLE = frozenset({AnalysisStatus.QUEUED, AnalysisStatus.IN_PROGRESS, AnalysisStatus.IN_PROGRESS_WARNING})


def editing_refusal(status: AnalysisStatus) -> str:
    """Why the whole configuration cannot be edited in `status`, or an empty string when it can."""
    if status in EDITABLE:
        return ""
    allowed = "Saved for Later, Scheduled, Stopped, Not Submitted, All Verifications Failed or Published"
    return (
        f"The status is {status.label}, so only the name, the description, the teams that may see it and a longer "
        f"duration can be changed. Everything can be changed when the status is {allowed}."
    )
