"""What a run's results come to: found, new, open and not found again, by severity. For those who are told of them."""

from collections import Counter
from typing import Any

from django.db.models import QuerySet

from analyses.engines.contract import Severity
from analyses.lifecycle.comparison import Change, compared
from analyses.models import AnalysisOccurrence, Finding, FindingInstance
from analyses.models.findings import TO_TRIAGE, State

OPEN = TO_TRIAGE | {State.CONFIRMED}


def findings_of(occurrence: AnalysisOccurrence) -> QuerySet[Finding]:
    """The occurrence's distinct findings."""
    instances = FindingInstance.objects.filter(scan_occurrence__occurrence=occurrence)
    return Finding.objects.filter(pk__in=instances.values("finding"))


def result_numbers(occurrence: AnalysisOccurrence) -> dict[str, Any]:
    """The numbers of each severity, the worst first, and of all. `new` and `gone` are None where none was before."""
    rows = list(findings_of(occurrence).order_by().values_list("severity", "state"))
    found = Counter(severity for severity, _state in rows)
    still_open = Counter(severity for severity, state in rows if state in OPEN)
    comparison = compared(occurrence)
    changes: Counter[tuple[str, str]] = Counter()
    if comparison.before:
        changes.update(comparison.findings().order_by().values_list("severity", "change"))

    def changed(severity: str, change: Change) -> int | None:
        return changes[severity, change] if comparison.before else None

    return {
        "severities": [(severity.value, found[severity]) for severity in Severity],
        "by_severity": [
            {
                "severity": severity.value,
                "found": found[severity],
                "new": changed(severity, Change.NEW),
                "open": still_open[severity],
                "gone": changed(severity, Change.GONE),
            }
            for severity in Severity
        ],
        "total": found.total(),
        "open_count": still_open.total(),
        "new_count": _of_all(changes, Change.NEW) if comparison.before else None,
        "gone_count": _of_all(changes, Change.GONE) if comparison.before else None,
    }


def _of_all(changes: Counter[tuple[str, str]], wanted: Change) -> int:
    return sum(number for (_severity, change), number in changes.items() if change == wanted)
