"""The end of what was logged of scans that failed, as mails tell it: what the engine said, or what the prescan did."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models.functions import Length, Right
from django.utils.functional import lazy

from analyses.models import EngineLog, PrescanStep, ScanOccurrence
from analyses.said import translated

MOST_SCANS = 5  # of a mail: the others' logs are on their pages
MOST_LINES = 15
LONGEST = 2_000  # characters of all lines


def log_ends(scans: Sequence[ScanOccurrence]) -> dict[int, dict[str, Any]]:
    """The last lines of each of the first scans, by its id, and how many characters stand before them. Two queries."""
    first = [scan.pk for scan in scans[:MOST_SCANS]]
    kept = EngineLog.objects.filter(scan_occurrence__in=first).annotate(end=Right("text", LONGEST), size=Length("text"))
    ends = {scan: _end(end, size) for scan, end, size in kept.values_list("scan_occurrence", "end", "size")}
    steps: dict[int, list[PrescanStep]] = {}
    for step in PrescanStep.objects.filter(scan_occurrence__in=set(first) - ends.keys()).defer("screenshot"):
        steps.setdefault(step.scan_occurrence_id, []).append(step)
    return ends | {scan: {"lines": [_step(step) for step in done], "cut": 0} for scan, done in steps.items()}


def _end(end: str, size: int) -> dict[str, Any]:
    lines: Iterable[str] = end.split("\n")[1 if size > LONGEST else 0 :]  # the first may have lost its beginning
    shown = [line for line in lines if line.strip()][-MOST_LINES:]
    return {"lines": shown, "cut": max(0, size - len("\n".join(shown)) - end.endswith("\n"))}


# As words only where a mail is worded: in its reader's language.
_step = lazy(lambda step: ": ".join(filter(None, _words(step))), str)


def _words(step: PrescanStep) -> tuple[str, ...]:
    return translated(step.label), str(step.get_outcome_display()), translated(step.cause)
