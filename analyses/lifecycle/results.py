"""What scans found: stored as they go, each finding and each instance once, however often it is reported."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from analyses.engines.contract import CrawledPage, FoundFlaw
from analyses.lifecycle.outages import outlasting_outages
from analyses.lifecycle.triaging import reopen
from analyses.models import (
    Analysis,
    AnalysisOccurrence,
    CrawledUrl,
    EngineLog,
    Finding,
    FindingInstance,
    ScanOccurrence,
)
from analyses.models.configuration import SEVERITY_FIELDS
from analyses.models.findings import SEVERITY_ORDER, Verification
from analyses.moves import PUBLISHED_AS
from analyses.statuses import SCAN_LIVE, ScanStatus

if TYPE_CHECKING:
    from analyses.lifecycle.claims import Claim
    from analyses.lifecycle.writing import Change

KEPT_EVIDENCE = 8_000  # characters of a request or response
KEPT_PAGES = 10_000


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def host_and_path(url: str) -> tuple[str, str]:
    """Where a flaw is, without values and scheme: the host, with its port where that is not the scheme's own, and path.

    So a site and its http or https twin are one host. An address that cannot be read is all path.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", url.split("?")[0]
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (host if port in (None, usual) else f"{host}:{port}"), parts.path


def fingerprint(flaw: FoundFlaw) -> str:
    """What makes two findings the same flaw: category, method, host, path without its values, parameter."""
    return _digest(flaw.category, flaw.method, *host_and_path(flaw.url), flaw.parameter)


def instance_digest(flaw: FoundFlaw) -> str:
    """What makes two instances of a flaw the same place."""
    return _digest(fingerprint(flaw), flaw.url.split("?")[0], flaw.info)


def clean(text: str, limit: int = KEPT_EVIDENCE) -> str:
    """Text of a target as it can be stored: no NUL (PostgreSQL refuses it), at most `limit` characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:limit]


@outlasting_outages
def record_found(claim: "Claim", flaws: Iterable[FoundFlaw]) -> int:
    """Store what the engine found; returns how many instances the scan has now.

    Fenced: nothing is stored for a scan that has been taken over or has ended.
    """
    with transaction.atomic():
        current = _fenced(claim)
        if current is None:
            return 0
        for flaw in flaws:
            _store(current, flaw)
        count = current.findings.count()
        if count != current.finding_count:
            ScanOccurrence.objects.filter(pk=current.pk).update(finding_count=count)
            counts = severity_counts(current.occurrence)
            Analysis.objects.filter(pk=claim.analysis_id).update(**counts, version=F("version") + 1)
        return count


def _fenced(claim: "Claim") -> ScanOccurrence | None:
    """The scan while it is live and still this claim's, with its run locked until the transaction ends.

    The run and not only the scan: a finding belongs to all scans of an analysis. Two that store the same ones in
    another order, or one that deletes what another finds, would wait for each other for ever.
    """
    list(AnalysisOccurrence.objects.select_for_update(no_key=True).filter(pk=claim.occurrence_id).values_list("pk"))
    live = ScanOccurrence.objects.filter(pk=claim.scan_id, attempt=claim.attempt, status__in=SCAN_LIVE)
    return live.select_related("occurrence").first()


def _store(scan: ScanOccurrence, flaw: FoundFlaw) -> None:
    occurrence = scan.occurrence
    host, path = host_and_path(flaw.url)
    finding, is_new = Finding.objects.get_or_create(
        analysis_id=occurrence.analysis_id,
        fingerprint=fingerprint(flaw),
        defaults={
            "category": clean(flaw.category, 120),
            "severity": flaw.severity,
            "severity_rank": SEVERITY_ORDER[flaw.severity],
            "method": clean(flaw.method, 10),
            "host": clean(host, 300),
            "path": clean(path or "/", 2000),
            "parameter": clean(flaw.parameter, 300),
            "module": clean(flaw.module, 60),
            "wstg": ", ".join(flaw.wstg)[:120],
            "first_seen": occurrence,
            "last_seen": occurrence,
        },
    )
    if not is_new and finding.last_seen_id != occurrence.pk:
        Finding.objects.filter(pk=finding.pk).update(last_seen=occurrence)
        reopen(finding, occurrence)
    instance = FindingInstance(
        finding=finding,
        scan_occurrence=scan,
        digest=instance_digest(flaw),
        url=clean(flaw.url, 4000),
        info=clean(flaw.info),
        request=clean(flaw.request),
        response=clean(flaw.response),
    )
    FindingInstance.objects.bulk_create([instance], ignore_conflicts=True)


@outlasting_outages
def record_crawled(claim: "Claim", pages: Iterable[CrawledPage]) -> None:
    """Store the pages the engine saw (at most KEPT_PAGES a scan), each once."""
    rows = [
        CrawledUrl(
            scan_occurrence_id=claim.scan_id,
            digest=_digest(page.method, page.url),
            method=clean(page.method, 10),
            url=clean(page.url, 4000),
            response_status=page.status,
        )
        for page, _ in zip(pages, range(KEPT_PAGES), strict=False)
    ]
    with transaction.atomic():
        if _fenced(claim):
            CrawledUrl.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


@outlasting_outages
def record_log(claim: "Claim", said: str) -> None:
    """Keep what the engine has said, in place of what was kept before. Fenced as what it found is."""
    with transaction.atomic():
        if _fenced(claim):
            told = {"text": said.replace("\0", "\ufffd"), "updated_at": timezone.now()}
            EngineLog.objects.update_or_create(scan_occurrence_id=claim.scan_id, defaults=told)


@outlasting_outages
def record_verification(claim: "Claim", outcomes: Mapping[int, bool | None]) -> None:
    """Keep the outcome of testing instances again: by instance id, None where it could not be tested."""
    words = {
        True: Verification.CONFIRMED,
        False: Verification.NOT_REPRODUCED,
        None: Verification.NOT_RETESTED,
    }
    ours = FindingInstance.objects.filter(
        scan_occurrence=claim.scan_id,
        scan_occurrence__attempt=claim.attempt,
        verification=Verification.PENDING,
    )
    for outcome, word in words.items():
        ids = [instance_id for instance_id, found in outcomes.items() if found is outcome]
        if ids:
            ours.filter(pk__in=ids).update(verification=word)
    if outcomes:
        Analysis.objects.filter(pk=claim.analysis_id).update(version=F("version") + 1)


def leave_untested(scan: ScanOccurrence) -> None:
    """What could not be tested again says so."""
    scan.findings.filter(verification=Verification.PENDING).update(verification=Verification.NOT_RETESTED)


def publish_scan(opened: "Change", scan: ScanOccurrence) -> None:
    """Make the results of a scan available."""
    leave_untested(scan)
    opened.move_scan(scan, PUBLISHED_AS[ScanStatus(scan.status)], cause=scan.cause)


def severity_counts(occurrence: AnalysisOccurrence) -> dict[str, int]:
    """How many distinct findings the occurrence has, by the analysis field that shows them."""
    found = FindingInstance.objects.filter(scan_occurrence__occurrence=occurrence)
    by_severity = found.values("finding__severity").annotate(number=Count("finding", distinct=True))
    counts = dict.fromkeys(SEVERITY_FIELDS, 0)
    counts.update({f"{row['finding__severity']}_count": row["number"] for row in by_severity})
    return counts
