"""Approvals that are withdrawn: what is no longer an allowed target is not reached any more, whatever is under way.

A scan with a runner is ended by it, at its next sign of life; here is who sees to those that nobody drives.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, Q, QuerySet
from django.utils import timezone

from analyses.doorbell import ring
from analyses.lifecycle import queue
from analyses.lifecycle.writing import Change, change
from analyses.models import AllowedTarget, EverythingStopped, ScanOccurrence
from analyses.moves import Ending, ending_status
from analyses.said import said as _
from analyses.statuses import SCAN_QUEUED, AnalysisStatus, ScanStatus
from analyses.targets import InvalidTarget, parse_target, twin, withdrawal

ASK_AGAIN = _("Ask an administrator to allow it again, then submit again.")
_NOT_STARTED = frozenset({ScanStatus.SUBMITTED, ScanStatus.QUEUED, ScanStatus.QUEUED_WARNING})
_SUSPENDED = frozenset({ScanStatus.IN_PROGRESS, ScanStatus.PAUSING})


def allowed_patterns(analysis: int | None, owner: int | None = None) -> tuple[str, ...]:
    """What an analysis may scan at this moment; nothing while everything is stopped. One query.

    `analysis` is its number; where it is None, because it is not stored yet, it is `owner`'s.
    """
    allowed = AllowedTarget.objects.for_analysis(analysis, owner).filter(~Exists(EverythingStopped.objects.all()))
    return tuple(allowed.values_list("pattern", flat=True))


def halted() -> str:
    """Why nothing may begin or go on; empty while it may."""
    switch = EverythingStopped.objects.first()
    return _("Everything was stopped by %(name)s.", name=switch.by_name) if switch else ""


def reached(url: str, configuration: Mapping[str, Any]) -> list[str]:
    """The addresses that a scan connects to: its own, its twin's, the further hosts' and those of its sign-in."""
    found = [url, *configuration.get("allowed_hosts", "").split()]
    if configuration.get("both_schemes") and (there := _twin(url)):
        found.append(there)
    if configuration.get("sign_in_method", "none") != "none":
        found += [configuration[name] for name in ("login_url", "check_url") if configuration.get(name)]
    return found


def _twin(url: str) -> str:
    try:
        there = twin(parse_target(url))
    except InvalidTarget:
        return ""
    return there.url if there else ""


def withdrawn() -> Iterator[int]:
    """The scans without a runner, prescanned or past it, that reach what is no longer allowed.

    Two queries, and one for each person whose analyses they are.
    """
    if halted():
        return
    allowed = _AllowedToEach()
    scans = _undriven().annotate(owner=F("occurrence__analysis__owner")).only("url", "configuration")
    for scan in scans.order_by().iterator(chunk_size=500):
        if allowed.cause(scan.owner, reached(scan.url, scan.configuration)):
            yield scan.pk


def _undriven() -> QuerySet[ScanOccurrence]:
    """Those that are being prescanned, that wait, or that a worker has left."""
    now = timezone.now()
    prescanning = Q(status=ScanStatus.SUBMITTED, occurrence__status=AnalysisStatus.PRESCANNING)
    nobodys = Q(lease_until=None) | Q(lease_until__lt=now)
    return ScanOccurrence.objects.filter(prescanning | (nobodys & Q(status__in=SCAN_QUEUED | _SUSPENDED)))


class _AllowedToEach:
    """What is allowed to whom; what has been judged before is not judged again."""

    def __init__(self) -> None:
        self._patterns: dict[int, tuple[str, ...]] = {}
        self._judged: dict[tuple[int, str], str] = {}

    def cause(self, owner: int, urls: Iterable[str]) -> str:
        """Which of the addresses the analyses of this person may no longer reach; empty when they may reach all."""
        if owner not in self._patterns:
            self._patterns[owner] = allowed_patterns(None, owner)
        for url in urls:
            key = (owner, url.partition("?")[0])
            if key not in self._judged:
                self._judged[key] = withdrawal([(url, ())], self._patterns[owner], settings.SITE_URL)
            if self._judged[key]:
                return self._judged[key]
        return ""


def end_withdrawn(scan_id: int) -> None:
    """End a scan that nobody drives because of what it reaches: what it found is kept, what has not started never will.

    While it is prescanned its outcome is stored, and the prescan goes on to its end: that says what follows for the
    analysis, and writes the mail.
    """
    occurrence_id = ScanOccurrence.objects.values_list("occurrence_id", flat=True).get(pk=scan_id)
    with change(occurrence_id) as opened:
        scan = opened.scans.filter(pk__in=_undriven().filter(pk=scan_id)).first()
        owner = opened.occurrence.analysis.owner_id
        cause = _AllowedToEach().cause(owner, reached(scan.url, scan.configuration)) if scan else ""
        if scan is None or not cause or halted():
            return
        _end(opened, scan, cause)
        if opened.occurrence.status != AnalysisStatus.PRESCANNING:
            opened.settle(cause=cause)
    ring("start_queued")


def _end(opened: Change, scan: ScanOccurrence, cause: str) -> None:
    if scan.status in _NOT_STARTED:
        opened.move_scan(scan, ScanStatus.VERIFICATION_FAILED, cause=cause, advice=ASK_AGAIN, prescan_passed=False)
        return
    status = ending_status(Ending.ERROR, scan.findings.exists())
    fields = {"ending": Ending.ERROR, "engine_ended_at": opened.now, "lease_until": None, **queue.NO_SLOT}
    opened.move_scan(scan, status, cause=cause, advice=ASK_AGAIN, **fields)
