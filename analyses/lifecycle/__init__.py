"""The verbs of the lifecycle: the only writer of a status.

`submission`, `requests` and `pausing` are what people ask for, `prescans`, `claims` and `runs` what workers report,
`clock` what time brings about; `writing` is the one transaction all of them go through.
"""

from analyses.lifecycle.claims import Claim, LostClaim, Orders, Work, claim, heartbeat, release
from analyses.lifecycle.clock import (
    due,
    expire,
    never_taken,
    note_silence,
    overdue,
    show_places_in_line,
    silent,
    startable,
)
from analyses.lifecycle.pausing import follow_window, pause, resume, window_changes
from analyses.lifecycle.prescans import (
    begin_prescan,
    finish_prescan,
    not_submitted,
    record_prescan,
    refuse_late,
    renew_prescan,
)
from analyses.lifecycle.requests import created, edited, stop, withdraw
from analyses.lifecycle.results import record_crawled, record_found, record_verification
from analyses.lifecycle.runs import end_run, publish, sign_in_health, started, suspended
from analyses.lifecycle.submission import due_schedules, fire, submit
from analyses.lifecycle.writing import Refused

__all__ = [
    "Claim",
    "LostClaim",
    "Orders",
    "Refused",
    "Work",
    "begin_prescan",
    "claim",
    "created",
    "due",
    "due_schedules",
    "edited",
    "end_run",
    "expire",
    "finish_prescan",
    "fire",
    "follow_window",
    "heartbeat",
    "never_taken",
    "not_submitted",
    "note_silence",
    "overdue",
    "pause",
    "publish",
    "record_crawled",
    "record_found",
    "record_prescan",
    "record_verification",
    "refuse_late",
    "release",
    "renew_prescan",
    "resume",
    "show_places_in_line",
    "sign_in_health",
    "silent",
    "startable",
    "started",
    "stop",
    "submit",
    "suspended",
    "window_changes",
    "withdraw",
]
