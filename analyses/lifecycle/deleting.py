"""Results that a person has deleted: gone from their tables, kept aside for a while, then gone for good.

A scan whose results are being deleted is *Stopping - Deleting Results* until the last of them is gone. It is done in
many small transactions, each with the run locked: nobody waits for long, and what is left undone the sweep does. What
is kept aside are packed rows that no page knows of; `putting_back` makes rows of them again.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from analyses.lifecycle.packing import packed
from analyses.lifecycle.queue import NO_SLOT
from analyses.lifecycle.times_in_words import in_utc
from analyses.lifecycle.writing import Change, change, note_on
from analyses.models import (
    Analysis,
    AnalysisOccurrence,
    DeletedRows,
    DeletedScan,
    Deletion,
    EngineLog,
    Finding,
    FindingInstance,
    ScanOccurrence,
)
from analyses.said import joined
from analyses.said import said as _
from analyses.said import said_of as ngettext
from analyses.statuses import SCAN_PUBLISHED, SCAN_VERIFYING, AnalysisStatus, ScanStatus

log = logging.getLogger(__name__)
INSTANCES, PAGES = 200, 2_000  # rows that are packed together: at most some megabytes of text
ROWS = 200  # in one transaction, over all scans of a run
PACKS = 20  # removed for good in one transaction
SECONDS = 5.0  # that somebody may have to wait; the rest is for the sweep

_DELETING = ScanStatus.STOPPING_DELETING


def begin_deleting(opened: Change, cause: str) -> None:
    """Have the results of a run deleted: of scans at rest now, of the others when their engines have ended."""
    at_rest = opened.scans.filter(status__in=SCAN_VERIFYING | SCAN_PUBLISHED)
    if not opened.scans.filter(status=_DELETING).exists() and not at_rest.exists():
        return
    Deletion.objects.create(
        occurrence=opened.occurrence,
        by=opened.actor,
        by_name=opened.actor.get_username() if opened.actor else "system",
        at=opened.now,
        until=opened.now + timedelta(seconds=settings.UNDO_SECONDS),
    )
    for scan in at_rest:
        set_aside(opened, scan, ScanStatus(scan.status), cause)


def set_aside(opened: Change, scan: ScanOccurrence, back_to: ScanStatus, cause: str, **fields: Any) -> None:
    """No engine of this scan is at work any more: what it found is deleted from now on.

    `back_to` is the status that it would have had its results been kept.
    """
    waited_for = scan.status == _DELETING
    DeletedScan.objects.create(
        deletion=opened.occurrence.deletion,
        scan_occurrence=scan,
        status=back_to,
        cause=cause if waited_for else scan.cause,
        ended_at=scan.ended_at,
        pages=scan.pages,
    )
    fields |= {**NO_SLOT, "lease_until": None, "ended_at": None}
    if waited_for:
        opened.update_scan(scan, cause=cause, **fields)
    else:
        opened.move_scan(scan, _DELETING, cause=cause, **fields)


def half_deleted() -> list[int]:
    """The runs of which results are still to be deleted, with no engine to be waited for."""
    waiting = Deletion.objects.filter(scans__scan_occurrence__status=_DELETING)
    return list(waiting.values_list("occurrence", flat=True).distinct())


def delete_results(occurrence_id: int) -> None:
    """Delete what the scans of a run found whose engines are at rest.

    Where that fails, what was not deleted is there as it was; it is told, and the sweep tries again.
    """
    try:
        bit_by_bit(occurrence_id, _delete_some)
    except DatabaseError:
        log.exception("The results of run %s could not be deleted.", occurrence_id)
        _tell_failure(occurrence_id)


def _tell_failure(occurrence_id: int) -> None:
    """The log tells it once, and so does the summary, by what stands in the log, until it is done."""
    with change(occurrence_id) as opened:
        if (deletion := getattr(opened.occurrence, "deletion", None)) and not deletion.has_failed:
            cause = _("It is tried again every few seconds. Administrators find the reason in the server's log.")
            opened.note(_("Results not deleted"), cause=cause, key=deletion.failure)


def bit_by_bit(occurrence_id: int, some: Callable[[int], bool]) -> None:
    """Do some of it until there is nothing left to do, or it takes too long."""
    until = time.monotonic() + SECONDS
    while some(occurrence_id) and time.monotonic() < until:
        pass


def _delete_some(occurrence_id: int) -> bool:
    """One transaction of it; False when there is nothing left to do."""
    deletion = Deletion.objects.filter(occurrence=occurrence_id).select_related("by").first()
    if deletion is None:
        return False
    with change(occurrence_id, deletion.by) as opened:
        left = ROWS
        waiting = DeletedScan.objects.filter(deletion=deletion, scan_occurrence__status=_DELETING).order_by("pk")
        while left > 0 and (gone := waiting.first()):
            scan = opened.scans.get(pk=gone.scan_occurrence_id)
            left -= _delete_of(opened, deletion, gone, scan) or _finish_deleting(opened, scan)
        opened.settle()
        if left < ROWS and opened.occurrence.ended_at:
            _tell(opened, deletion.pk)
    return left <= 0


def _delete_of(opened: Change, deletion: Deletion, gone: DeletedScan, scan: ScanOccurrence) -> int:
    """Delete some rows of a scan; answers how many."""
    for take in (_findings, _pages, _log):
        groups = take(opened, deletion, scan)
        if groups:
            if deletion.keeps:
                DeletedRows.objects.create(scan=gone, packed=packed(groups))
            return len(groups[-1])
    return 0


def _findings(opened: Change, deletion: Deletion, scan: ScanOccurrence) -> list[Sequence[models.Model]]:
    rows = list(scan.findings.order_by("pk")[:INSTANCES])
    if not rows:
        return []
    seen = {row.finding_id for row in rows}
    scan.findings.filter(pk__lte=rows[-1].pk).delete()
    still = FindingInstance.objects.filter(scan_occurrence__occurrence=opened.occurrence, finding__in=seen)
    lost = len(seen) - still.order_by().values("finding").distinct().count()
    Deletion.objects.filter(pk=deletion.pk).update(findings=F("findings") + lost)
    opened.update_scan(scan, finding_count=scan.findings.count())
    return [*_unseen(seen), rows]


def _unseen(findings: set[int]) -> list[Sequence[models.Model]]:
    """Delete those findings that no scan has seen any more, and all that hangs on them; answers the rows, in order."""
    unseen = list(Finding.objects.filter(pk__in=findings, instances=None).order_by("pk"))
    hanging = [
        list(relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": unseen}).order_by("pk"))
        for relation in HANGING
    ]
    Finding.objects.filter(pk__in=[finding.pk for finding in unseen]).delete()
    return [unseen, *hanging]


# What is deleted with a finding: its judgements and its tests.
HANGING = [
    relation
    for relation in Finding._meta.related_objects
    if relation.on_delete is models.CASCADE and relation.related_model is not FindingInstance
]


def _pages(_opened: Change, deletion: Deletion, scan: ScanOccurrence) -> list[Sequence[models.Model]]:
    rows = list(scan.crawled.order_by("pk")[:PAGES])
    if not rows:
        return []
    scan.crawled.filter(pk__lte=rows[-1].pk).delete()
    Deletion.objects.filter(pk=deletion.pk).update(pages=F("pages") + len(rows))
    return [rows]


def _log(_opened: Change, _deletion: Deletion, scan: ScanOccurrence) -> list[Sequence[models.Model]]:
    rows = list(EngineLog.objects.filter(scan_occurrence=scan))
    EngineLog.objects.filter(scan_occurrence=scan).delete()
    return [rows] if rows else []


def _finish_deleting(opened: Change, scan: ScanOccurrence) -> int:
    opened.move_scan(scan, ScanStatus.STOPPED, cause=scan.cause, finding_count=0, pages=0)
    return 1


def _tell(opened: Change, deletion_id: int) -> None:
    """Everything is deleted: say how much, and until when it can be had back."""
    deletion = Deletion.objects.get(pk=deletion_id)
    until = _("Until %(moment)s it can be undone.", moment=in_utc(deletion.until, weekday=True))
    cause = joined(in_numbers(deletion), until if deletion.keeps else _("For good."))
    opened.note(_("Results deleted"), cause=cause)
    if not deletion.keeps:
        deletion.delete()


def in_numbers(deletion: Deletion) -> str:
    """How much it was, for the log."""
    findings = ngettext("%(count)s finding", "%(count)s findings", deletion.findings)
    pages = ngettext("%(count)s crawled page", "%(count)s crawled pages", deletion.pages)
    return _("%(findings)s and %(pages)s.", findings=findings, pages=pages)


def undo_over() -> list[int]:
    """The runs whose deleted results cannot be had back any more: their time is over, or a later run has begun."""
    return list(_over().values_list("occurrence", flat=True))


def _over() -> models.QuerySet[Deletion]:
    later = AnalysisOccurrence.objects.filter(
        analysis=OuterRef("occurrence__analysis"), number__gt=OuterRef("occurrence__number")
    )
    deleted = Deletion.objects.filter(occurrence__status=AnalysisStatus.STOPPED_DELETING).exclude(
        occurrence__ended_at=None
    )
    return deleted.filter(Q(until__lte=timezone.now()) | Exists(later))


def delete_for_good(occurrence_id: int) -> None:
    """Remove what is kept of a run's deleted results."""
    bit_by_bit(occurrence_id, _remove_some)


def _remove_some(occurrence_id: int) -> bool:
    with transaction.atomic():
        occurrences = AnalysisOccurrence.objects.select_for_update(no_key=True, of=("self",))
        occurrence = occurrences.select_related("analysis").get(pk=occurrence_id)
        deletion = _over().filter(occurrence=occurrence).first()
        if deletion is None:
            return False
        some = DeletedRows.objects.filter(scan__deletion=deletion).values_list("pk", flat=True)[:PACKS]
        if pks := list(some):
            DeletedRows.objects.filter(pk__in=pks).delete()
            return True
        is_late = deletion.until <= timezone.now()
        why = _("The time to undo it is over.") if is_late else _("A later run has begun.")
        told = _("Of run %(number)s: %(how_much)s", number=occurrence.number, how_much=in_numbers(deletion))
        note_on(occurrence.analysis, _("Deleted for good"), cause=joined(told, why))
        deletion.delete()
        Analysis.objects.filter(pk=occurrence.analysis_id).update(version=F("version") + 1)
    return False
