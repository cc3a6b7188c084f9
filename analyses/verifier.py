"""Tests each finding of a scan again, narrowly and within bounds, before its results are published."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from analyses import lifecycle
from analyses.engines.contract import Engine, FoundFlaw, Severity, Target
from analyses.lifecycle import Claim
from analyses.models import FindingInstance
from analyses.models.findings import Verification
from dashboard.shutdown import give_way

LONGEST_RETEST = 30.0  # seconds; shorter than a lease


def verify(held: Claim, chosen: Engine, target: Target | None, folder: Path) -> None:
    """Test what the scan found again; `target` is None when signing in is not possible any more.

    The whole is bounded by settings.VERIFY_SECONDS. What could not be tested again keeps its place in the results
    and says so. Raises LostClaim, Suspended.
    """
    ends = time.monotonic() + settings.VERIFY_SECONDS
    retests = folder / "retests"
    for number, instances in enumerate(_by_finding(held)):
        give_way()
        lifecycle.heartbeat(held)
        left = min(LONGEST_RETEST, ends - time.monotonic())
        outcome = None
        if target and left > 1:
            outcome = chosen.retest(target, _flaw(instances[0]), retests / str(number), left)
        lifecycle.record_verification(held, {instance.pk: outcome for instance in instances})
    shutil.rmtree(retests, ignore_errors=True)


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
