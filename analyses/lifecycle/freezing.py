"""The copy of a configuration that one occurrence runs, whatever is edited meanwhile."""

from typing import Any

from analyses import schedules
from analyses.lifecycle.english import in_english
from analyses.lifecycle.results import host_and_path
from analyses.models import Analysis, AnalysisOccurrence, Scan, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.schedule_words import at_once_in_words, rule_in_words

# What of an analysis is kept for the reader as it is; what its run needs has columns of its own.
ANALYSIS_SETTINGS = (
    "name", "description", "excluded_urls", "recipients", "business_unit", "contact_name", "contact_email",
    "repeat_off_after",
)  # fmt: skip
# What of a scan is kept as it is, beside its address and its secrets.
SCAN_SETTINGS = (
    "scope", "both_schemes", "allowed_hosts", "excluded_endpoints", "speed", "sign_in_method", "login_url", "username",
    "header", "check_text", "check_url", "logout_url", "headers_name", "client_certificate_name", "login_script_name",
    "logout_script_name", "crawl_script_name",
)  # fmt: skip


def frozen_for_reader(analysis: Analysis) -> dict[str, Any]:
    """What of an analysis is kept for the reader. People, teams and the schedule in words: they may change or go."""
    return {
        **{name: getattr(analysis, name) for name in ANALYSIS_SETTINGS},
        "owner": analysis.owner.get_username(),
        "teams": sorted(analysis.teams.values_list("name", flat=True)),
        "repeat": in_english()(repeats_in_words)(analysis),
    }


def repeats_in_words(analysis: Analysis) -> str:
    """The rule by which an analysis runs, with its zone; empty when it runs once."""
    if analysis.repeat == schedules.ONCE:
        return ""
    if analysis.rule and not analysis.starts_at_once:
        return rule_in_words(analysis.rule)
    days = frozenset(map(int, analysis.repeat_days))
    return at_once_in_words(analysis.repeat, analysis.zone, days, analysis.repeat_until, analysis.repeat_count)


def frozen(scan: Scan, occurrence: AnalysisOccurrence, analysis: Analysis) -> ScanOccurrence:
    """A scan as this occurrence runs it."""
    return ScanOccurrence(
        occurrence=occurrence,
        scan=scan,
        position=scan.position,
        url=scan.url,
        target_host=host_and_path(scan.url)[0],
        specification_id=scan.specification_id,
        configuration=frozen_settings(scan, analysis),
        **{name: getattr(scan, name) for name in SECRETS},
    )


def frozen_settings(scan: Scan, analysis: Analysis) -> dict[str, Any]:
    """A scan's settings but its secrets. What it sets itself goes before what its analysis sets for all."""
    excluded = [*scan.excluded_urls.split(), *analysis.excluded_urls.split()]
    if scan.logout_url:
        excluded.append(scan.logout_url)
    return {
        **{name: getattr(scan, name) for name in SCAN_SETTINGS},
        "scope": "folder" if scan.specification else scan.scope,  # an API is what is below its base URL
        "specification_name": scan.specification.name if scan.specification else "",
        "excluded_urls": excluded,
        "user_agent": scan.user_agent or analysis.user_agent,
        "has_totp_secret": bool(scan.totp_secret),  # its secrets have no names, and are erased; passwords go by method
    }
