"""Tests each finding of a scan again, narrowly and within bounds, before its results are published."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from django.conf import settings

from analyses import lifecycle
from analyses.engines.contract import Engine, FoundFlaw, Retested, Severity, Target
from analyses.lifecycle import Claim
from analyses.models import FindingInstance
from analyses.models.findings import Verification
from dashboard.shutdown import give_way

BEAT_SECONDS = 2.0


def verify(held: Claim, chosen: Engine, target: Target | None, folder: Path) -> None:
    """Test what the scan found again; `target` is None when signing in is not possible any more.

    The whole is bounded by settings.VERIFY_SECONDS. What could not be tested again keeps its place in the results
    and says so. Raises LostClaim, Suspended.
    """
    lifecycle.heartbeat(held)
    findings = list(_by_finding(held))
    if target is None or not findings:
        return
    beaten = time.monotonic()
    flaws = [_flaw(instances[0]) for instances in findings]
    with closing(chosen.retest(target, flaws, folder, settings.VERIFY_SECONDS)) as events:
        for event in events:
            if isinstance(event, Retested):
                instances = findings[event.position]
                outcome = {instance.pk: event.confirmed for instance in instances}
                lifecycle.record_verification(held, outcome)
            if time.monotonic() - beaten >= BEAT_SECONDS:
                beaten = time.monotonic()
                lifecycle.heartbeat(held)
            give_way()


def _by_finding(held: Claim) -> Iterator[list[FindingInstance]]:
    """The instances still to be tested, those of one finding together: testing one of them speaks for all."""
    pending = FindingInstance.objects.filter(scan_occurrence=held.scan_id, verification=Verification.PENDING)
    grouped: dict[int, list[FindingInstance]] = {}
    for instance in pending.select_related("finding").order_by("finding__severity_rank", "pk"):
        grouped.setdefault(instance.finding_id, []).append(instance)
    yield from grouped.values()


def _flaw(instance: FindingInstance) -> FoundFlaw:
    finding = instance.finding
    return FoundFlaw(
        category=finding.category,
        severity=Severity(finding.severity),
        method=finding.method,
        url=instance.url,
        parameter=finding.parameter,
        module=finding.module,
        info=instance.info,
        request=instance.request,
    )
