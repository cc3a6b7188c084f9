"""Tests each finding of a scan again, narrowly and within bounds, before its results are published."""

import time
from contextlib import closing
from pathlib import Path

from django.conf import settings

from analyses import lifecycle
from analyses.engines.contract import Engine, FoundFlaw, Retested, Severity, Target
from analyses.lifecycle import Claim
from analyses.models import FindingInstance
from analyses.models.findings import Verification
from analyses.pulse import Pulse
from dashboard.shutdown import give_way

BEAT_SECONDS = 2.0
MOST_AT_ONCE = 200  # outcomes
MOST_FINDINGS = 5_000  # more could not be tested again in any useful time


def verify(pulse: Pulse, chosen: Engine, target: Target | None, folder: Path) -> None:
    """Test what the scan found again; `target` is None when signing in is not possible any more.

    The whole is bounded by settings.VERIFY_SECONDS. What could not be tested again keeps its place in the results
    and says so. Raises LostClaim, Withdrawn, Suspended.
    """
    pulse.beat()
    held = pulse.held
    flaws, instances = _pending(held)
    if target is None or not flaws:
        return
    outcomes: dict[int, bool | None] = {}
    beaten = time.monotonic()
    with closing(chosen.retest(target, flaws, folder, settings.VERIFY_SECONDS)) as events:
        for event in events:
            if isinstance(event, Retested):
                outcomes |= dict.fromkeys(instances[event.position], event.confirmed)
            if time.monotonic() - beaten >= BEAT_SECONDS or len(outcomes) >= MOST_AT_ONCE:
                beaten = time.monotonic()
                lifecycle.record_verification(held, outcomes)
                outcomes = {}
                pulse.beat()
            give_way()
    lifecycle.record_verification(held, outcomes)


def _pending(held: Claim) -> tuple[list[FoundFlaw], list[list[int]]]:
    """The findings still to be tested, the worst first, each with its instances: testing one of them speaks for all."""
    pending = FindingInstance.objects.filter(scan_occurrence=held.scan_id, verification=Verification.PENDING)
    pending = pending.select_related("finding").defer("request", "response")  # of all of them: too much to hold
    flaws: dict[int, FoundFlaw] = {}
    instances: dict[int, list[int]] = {}
    for instance in pending.order_by("finding__severity_rank", "finding_id", "pk").iterator(chunk_size=500):
        if instance.finding_id not in flaws:
            if len(flaws) == MOST_FINDINGS:
                break
            flaws[instance.finding_id] = _flaw(instance)
        instances.setdefault(instance.finding_id, []).append(instance.pk)
    return list(flaws.values()), list(instances.values())


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
    )
