"""The verbs of the lifecycle: the only writer of a status.

`requests` is what people ask for, `prescans` and `runs` what workers report, `clock` what time brings about;
`writing` is the one transaction all of them go through.
"""

from analyses.lifecycle.clock import due, expire, overdue, show_places_in_line, startable
from analyses.lifecycle.prescans import (
    begin_prescan,
    finish_prescan,
    not_submitted,
    record_prescan,
    renew_prescan,
)
from analyses.lifecycle.requests import created, edited, stop, submit, withdraw
from analyses.lifecycle.results import record_crawled, record_found, record_verification
from analyses.lifecycle.runs import Claim, LostClaim, Work, claim, end_run, heartbeat, publish, release
from analyses.lifecycle.writing import Refused

__all__ = [
    "Claim",
    "LostClaim",
    "Refused",
    "Work",
    "begin_prescan",
    "claim",
    "created",
    "due",
    "edited",
    "end_run",
    "expire",
    "finish_prescan",
    "heartbeat",
    "not_submitted",
    "overdue",
    "publish",
    "record_crawled",
    "record_found",
    "record_prescan",
    "record_verification",
    "release",
    "renew_prescan",
    "show_places_in_line",
    "startable",
    "stop",
    "submit",
    "withdraw",
]
