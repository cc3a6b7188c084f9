"""What became of findings since they were found: what people judged, and what testing them again gave; newest first."""

from typing import Any

from django.db.models import F, Prefetch, prefetch_related_objects

from analyses.models import Finding, Judgement, Retest, RetestOutcome, State
from analyses.models.findings import TO_TRIAGE

ENTRIES = 20  # of each kind


def add_history(findings: list[Finding]) -> None:
    """Give each finding its `history`, its open test as `testing`, and its last one that has ended as `tested`.

    Two queries.
    """
    judgements = Judgement.objects.order_by("-pk")[:ENTRIES]
    tests = Retest.objects.annotate(run=F("scan_occurrence__occurrence")).order_by("-pk")[:ENTRIES]
    prefetch_related_objects(
        findings,
        Prefetch("judgements", judgements, to_attr="judged"),
        Prefetch("retests", tests, to_attr="tests"),
    )
    finding: Any
    for finding in findings:
        ended = [test for test in finding.tests if test.ended_at]
        finding.history = sorted([*finding.judged, *ended], key=lambda entry: entry.at, reverse=True)
        finding.testing = next((test for test in finding.tests if not test.ended_at), None)
        finding.tested = ended[0] if ended else None
        finding.may_be_fixed = _may_be_fixed(finding, finding.tested)


def _may_be_fixed(finding: Finding, tested: Any) -> bool:
    """Whether to judge it fixed is the next step: it is gone, no run has seen it since, and it still counts."""
    counts = finding.state in TO_TRIAGE | {State.CONFIRMED}
    return bool(tested and tested.outcome == RetestOutcome.GONE and tested.run == finding.last_seen_id and counts)
