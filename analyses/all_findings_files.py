"""The findings of every analysis a person may see, as files: CSV for spreadsheets, JSON for programs.

Written while they are sent, and in bounded numbers. In English, like all exports.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from analyses.exports import AT_ONCE, BEGINNING, MOST_FINDINGS, csv_line, said_in_english, streamed
from analyses.left_out import LeftOut
from analyses.models import Finding
from analyses.remediation import remedy_for

COLUMNS = (
    "Finding", "Analysis", "Business unit", "Severity", "State", "Category", "CWE", "Method", "Host", "Path",
    "Parameter", "First seen", "Link",
)  # fmt: skip


def as_csv(
    findings: QuerySet[Finding], site: str, zone: tzinfo, left_out: Sequence[LeftOut] | None = None
) -> Iterator[str]:
    """One line a finding, with times in the zone; where some were chosen, one for each analysis left out, and why."""
    reasons = () if left_out is None else ("Left out",)
    yield BEGINNING + csv_line(*COLUMNS, *reasons)
    for finding in _read(findings):
        values = _object(finding, site, zone).values()
        yield csv_line(*("" if value is None else value for value in values), *[""] * len(reasons))
    if left_out is not None:
        between = [""] * (len(COLUMNS) - 2)
        for one in left_out:
            yield csv_line("", one.called, *between, one.why)
        if more := _more(findings):
            yield csv_line("", "", *between, f"{more} more findings: a file holds at most {MOST_FINDINGS}.")


def as_json(
    findings: QuerySet[Finding], site: str, zone: tzinfo, left_out: Sequence[LeftOut] | None = None
) -> Iterator[str]:
    """One object with the findings, and the analyses that are left out where some were chosen."""
    exported_at = timezone.localtime(timezone=zone)
    about = {"product": "Vedette", "exported_at": exported_at.isoformat(), "at_most": MOST_FINDINGS}
    if left_out is not None:
        about |= {"left_out": [one.told for one in left_out], "more": _more(findings)}
    return streamed(about, "findings", (_object(finding, site, zone) for finding in _read(findings)))


def _more(findings: QuerySet[Finding]) -> int:
    return max(0, findings.order_by().count() - MOST_FINDINGS)


def _read(findings: QuerySet[Finding]) -> Iterator[Finding]:
    return findings[:MOST_FINDINGS].iterator(chunk_size=AT_ONCE)


@said_in_english
def _object(finding: Finding, site: str, zone: tzinfo) -> dict[str, Any]:
    """A finding, in the order of COLUMNS."""
    cwe, first = remedy_for(finding.category).cwe, finding.first_seen
    return {
        "id": finding.pk,
        "analysis": finding.analysis.name,
        "business_unit": finding.analysis.business_unit,
        "severity": finding.severity,
        "state": finding.state,
        "category": finding.category,
        "cwe": f"CWE-{cwe}" if cwe else "",
        "method": finding.method,
        "host": finding.host,
        "path": finding.path,
        "parameter": finding.parameter,
        "first_seen": first.submitted_at.astimezone(zone).isoformat() if first and first.submitted_at else None,
        "link": f"{site}/analyses/{finding.analysis_id}/results/?finding={finding.pk}",
    }
