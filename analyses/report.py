"""What a report to print says: the findings with their evidence, what they come to, and what was scanned.

All of it within bounds: a report is read on paper, and is one page for the browser that prints it.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.db.models.functions import Left, Length

from analyses.exports import findings_of
from analyses.finding_filters import ShownFindings
from analyses.models import FindingInstance, Judgement
from analyses.models.scans import SCOPES
from analyses.moves import Ending

MOST_PRINTED = 500  # findings
MOST_SCANS = 100  # that are listed
LONGEST_PART = 2_000  # characters of a request, or of a response
MOST_EVIDENCE = 300_000  # characters of all evidence: about a hundred sheets


@dataclass(frozen=True)
class Part:
    """The beginning of a request or a response, and how long all of it is."""

    text: str
    length: int

    @property
    def is_cut(self) -> bool:
        return self.length > len(self.text)


def printed(shown: ShownFindings, *, with_evidence: bool) -> list[Any]:
    """The first findings that are shown, each with its places, its last judgement, and its `evidence`.

    `lacks_room` says of one that there was no room for its evidence.
    """
    found = list(findings_of(shown, MOST_PRINTED))
    prefetch_related_objects(found, Prefetch("judgements", Judgement.objects.order_by("-pk")[:1], to_attr="judged"))
    for finding in found:
        finding.evidence, finding.lacks_room = None, False
    if with_evidence:
        _add_evidence(found)
    return found


def _add_evidence(found: list[Any]) -> None:
    """Give each finding what was sent and answered at its first place, the worst first, while there is room for it."""
    first = {finding.places[0].pk: finding for finding in found if finding.places}
    rows = FindingInstance.objects.filter(pk__in=first).exclude(request="", response="")
    parts = rows.values_list(
        "pk", Left("request", LONGEST_PART), Length("request"), Left("response", LONGEST_PART), Length("response")
    )
    room = MOST_EVIDENCE
    read = {pk: (Part(sent, all_sent), Part(got, all_got)) for pk, sent, all_sent, got, all_got in parts}
    for pk, finding in first.items():
        if pk in read:
            room -= sum(len(part.text) for part in read[pk])
            finding.lacks_room = room < 0
            finding.evidence = None if finding.lacks_room else read[pk]


def by_category(shown: ShownFindings, found: list[Any]) -> list[dict[str, Any]]:
    """How many findings of each category are shown, the worst first, with the first of them that is in the report."""
    first: dict[tuple[str, str], int] = {}
    for finding in found:
        first.setdefault((finding.severity, finding.category), finding.pk)
    return [
        {"severity": kind[0], "category": kind[1], "number": number, "to_triage": to_triage, "first": first.get(kind)}
        for kind, (number, to_triage) in shown.by_category.items()
    ]


def covered(shown: ShownFindings) -> dict[str, Any]:
    """What the run covered: its first scans, their scope, whether they ran to their end; and how long it took."""
    run = shown.run
    scans = list(run.scans.only("url", "configuration", "status", "cause", "ending", "pages")[:MOST_SCANS])
    number = run.scans.count()
    return {
        "scans": [
            {
                "row": scan,
                "scope": dict(SCOPES).get(scan.configuration.get("scope"), ""),
                "is_complete": scan.ending == Ending.COMPLETED,
            }
            for scan in scans
        ],
        "scan_count": number,
        "more_scans": number - len(scans),
        "lasted": run.ended_at - run.started_at if run.started_at and run.ended_at else None,
    }
