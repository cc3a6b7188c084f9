"""The verbs of the lifecycle: the only writer of a status.

`submission`, `requests`, `pausing` and `reviewing` are what people ask for, `prescans`, `claims` and `runs` what
workers report, `clock` what time brings about, `deleting` and `putting_back` what becomes of results that are deleted;
`writing` is the one transaction all of them go through.
"""

from analyses.lifecycle.absences import absences_to_tell, forget_if_told, tell_absence, unaware_of
from analyses.lifecycle.approvals import allowed_patterns, end_withdrawn, halted, reached, withdrawn
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
from analyses.lifecycle.deleting import delete_for_good, delete_results, half_deleted, undo_over
from analyses.lifecycle.deleting_analyses import Loss, delete, loss_of
from analyses.lifecycle.halting import allow_again, end_halted, stop_everything, to_be_halted
from analyses.lifecycle.pausing import follow_window, pause, resume, window_changes
from analyses.lifecycle.prescans import (
    begin_prescan,
    finish_prescan,
    not_submitted,
    record_prescan,
    refuse_late,
    renew_prescan,
)
from analyses.lifecycle.putting_back import half_put_back, put_back
from analyses.lifecycle.requests import created, edited, run_now, stop, tried, undo_deletion, withdraw
from analyses.lifecycle.results import record_crawled, record_found, record_log, record_verification
from analyses.lifecycle.retests import ask_to_retest, begin_retest, end_retest, put_down_retest, renew_retest
from analyses.lifecycle.reviewing import publish_results
from analyses.lifecycle.runs import (
    end_run,
    leave_untested,
    publish,
    sign_in_health,
    signed_in_again,
    started,
    suspended,
)
from analyses.lifecycle.submission import due_schedules, fire, submit
from analyses.lifecycle.writing import Refused

__all__ = [
    "Claim",
    "Loss",
    "LostClaim",
    "Orders",
    "Refused",
    "Work",
    "absences_to_tell",
    "allow_again",
    "allowed_patterns",
    "ask_to_retest",
    "begin_prescan",
    "begin_retest",
    "claim",
    "created",
    "delete",
    "delete_for_good",
    "delete_results",
    "due",
    "due_schedules",
    "edited",
    "end_halted",
    "end_retest",
    "end_run",
    "end_withdrawn",
    "expire",
    "finish_prescan",
    "fire",
    "follow_window",
    "forget_if_told",
    "half_deleted",
    "half_put_back",
    "halted",
    "heartbeat",
    "leave_untested",
    "loss_of",
    "never_taken",
    "not_submitted",
    "note_silence",
    "overdue",
    "pause",
    "publish",
    "publish_results",
    "put_back",
    "put_down_retest",
    "reached",
    "record_crawled",
    "record_found",
    "record_log",
    "record_prescan",
    "record_verification",
    "refuse_late",
    "release",
    "renew_prescan",
    "renew_retest",
    "resume",
    "run_now",
    "show_places_in_line",
    "sign_in_health",
    "signed_in_again",
    "silent",
    "startable",
    "started",
    "stop",
    "stop_everything",
    "submit",
    "suspended",
    "tell_absence",
    "to_be_halted",
    "tried",
    "unaware_of",
    "undo_deletion",
    "undo_over",
    "window_changes",
    "withdraw",
    "withdrawn",
]
