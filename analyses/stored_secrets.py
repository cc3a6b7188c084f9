"""The secrets that are stored of a scan, for a run of it whose own are erased.

They are used only for a sign-in that is still the same: they are never sent where they were not meant for.
"""

from analyses.lifecycle.freezing import frozen_settings
from analyses.models import ScanOccurrence
from analyses.models.secrets import SECRETS

# What secrets are sent to, and how: where any of it has changed, they are another target's.
_SENT_BY = (
    "both_schemes", "allowed_hosts", "sign_in_method", "login_url", "username", "header", "check_url",
    "headers_name", "client_certificate_name", "login_script_name",
)  # fmt: skip


def needs_secrets(scan: ScanOccurrence) -> bool:
    """Whether anything secret is sent to its target."""
    given = scan.configuration
    return given["sign_in_method"] != "none" or bool(given["headers_name"] or given["client_certificate_name"])


def are_erased(scan: ScanOccurrence) -> bool:
    """Whether it needs secrets and has none any more."""
    return needs_secrets(scan) and not any(getattr(scan, name) for name in SECRETS)


def stored_fit(scan: ScanOccurrence) -> bool:
    """Whether the scan that is configured today sends its secrets to where this run did."""
    today = scan.scan
    if today is None or today.url != scan.url:
        return False
    now = frozen_settings(today, scan.occurrence.analysis)
    return all(now[name] == scan.configuration.get(name) for name in _SENT_BY)


def take_stored(scan: ScanOccurrence) -> None:
    """Use the stored ones for it, in this object only."""
    if scan.scan is not None and needs_secrets(scan):
        for name in SECRETS:
            setattr(scan, name, getattr(scan.scan, name))
