"""What mails look like: facts that nobody made up for real, to look at every kind of mail with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications import kinds
from notifications.wording import Wording, word

_PATH = "/analyses/1/"
_FAILED = [
    {
        "url": "https://shop.example.com/",
        "status": _("Authentication Error"),
        "cause": _("The page said: wrong user name or password."),
        "advice": _("Correct the password in the sign-in settings, then submit again."),
    },
    {
        "url": "https://api.example.com/v2?key=s3cret",
        "status": _("Connection Error"),
        "cause": _("Connection refused at 10.1.2.3:443"),
        "advice": _("Start the site, or correct the port: nothing listens there."),
    },
]
_LOG = {
    "cut": 48211,
    "lines": [
        "[*] Launching module sql",
        "Error: GET https://shop.example.com/item?key=s3cret: connection refused",
        "[!] 12 requests were skipped due to network issues",
    ],
}
_FAILED[0]["log"] = _LOG
_PASSED = [{"url": "https://shop.example.com/", "status": _("Queued"), "cause": "", "advice": ""}]
_STARTED, _ENDED = datetime(2026, 11, 24, 2, 5, tzinfo=UTC), datetime(2026, 11, 24, 4, 19, tzinfo=UTC)
_RUN = {"analysis_name": "Shop", "path": _PATH, "occurrence_number": 3}
_TIMES = {"started": _STARTED, "ended": _ENDED, "seconds": (_ENDED - _STARTED).total_seconds()}
_PRESCAN = {
    "scan_count": 3,
    "failed_count": 2,
    "passed_count": 1,
    "started": _STARTED,
    "ended": _STARTED + timedelta(minutes=3),
    "seconds": 180.0,
}
_daily = lazy(lambda: gettext("Daily at %(time)s %(zone)s") % {"time": "02:05", "zone": "UTC"}, str)
SAMPLES: dict[str, dict[str, Any]] = {
    "schedule_ended": {**_RUN, "failures": 3, "status": _("All Verifications Failed"), "scans": _FAILED},
    "prescan_failed": {**_RUN, **_PRESCAN, "scans": _FAILED, "prescan_only": False},
    "flapping": {**_RUN, "status": _("All Verifications Failed"), "changes": 5, "scans": _FAILED},
    "results_held": {**_RUN, "status": _("Completed - Verifying Results"), "total": 12, **_TIMES},
    "results_published": {
        **_RUN,
        "status": _("Completed - Partial Results Available"),
        "partial": True,
        "why_partial": _("The analysis was stopped before it was done."),
        "severities": [("critical", 1), ("high", 2), ("medium", 4), ("low", 0), ("info", 5)],
        "total": 12,
        "new_count": 3,
        "gone_count": 1,
        "open_count": 9,
        "by_severity": [
            {"severity": severity, "found": found, "new": new, "open": still_open, "gone": gone}
            for severity, found, new, still_open, gone in (
                ("critical", 1, 1, 1, 0),
                ("high", 2, 1, 2, 1),
                ("medium", 4, 1, 3, 0),
                ("low", 0, 0, 0, 0),
                ("info", 5, 0, 3, 0),
            )
        ],
        "targets": ["https://shop.example.com/", "https://api.example.com/v2?key=s3cret"],
        "more_targets": 3,
        "schedule": _daily(),
        "next_run": datetime(2026, 12, 1, 2, 5, tzinfo=UTC),
        **_TIMES,
    },
    "prescan_succeeded": {**_RUN, **_PRESCAN, "scan_count": 1, "failed_count": 0, "scans": _PASSED},
    kinds.DIGEST: {
        "path": "/",
        "count": 2,
        "more": 0,
        "zone": "UTC",
        "needs_you": True,
        "lines": [
            {"subject": subject, "path": _PATH, "at": datetime(2026, 11, 24, hour, 5, tzinfo=UTC)}
            for subject, hour in (
                ("Prescan failed: Shop (2 of 3 scans)", 2),
                ("Results published: Bank (12 findings)", 4),
            )
        ],
    },
}


SAMPLES[kinds.BARE] = {"path": _PATH, "kind": kinds.BY_EVENT["prescan_failed"].label}
SAMPLES[kinds.OVERFLOW] = {**SAMPLES[kinds.DIGEST], "cap": 20}


def sample(event: str, language: str = settings.LANGUAGE_CODE) -> Wording:
    """The mail of an event as a person would get it who reads that language. Raises KeyError for an unknown one."""
    leave = reverse("notifications:unsubscribe", args=["sample"]) if kinds.is_optional(event) else ""
    leave_all = leave and f"{leave}?all"
    return word(
        event,
        SAMPLES[event],
        "Alice Archer",
        unsubscribe_path=leave,
        unsubscribe_all_path=leave_all,
        has_account=True,
        language=language,
    )
