"""Results that a person has deleted being put back, while that can be undone: the very rows that they were.

A scan that gets its results back is *Stopping - Saving Results* until the last of them is back, then what it would have
been had they been kept. It is done in small transactions, as deleting is.
"""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from analyses.doorbell import ring
from analyses.lifecycle.deleting import HANGING, bit_by_bit, in_numbers
from analyses.lifecycle.packing import Rows, unpacked
from analyses.lifecycle.writing import Change, change
from analyses.models import DeletedRows, Deletion, Finding, FindingInstance, Judgement
from analyses.moves import Stop
from analyses.said import said as _
from analyses.statuses import AnalysisStatus, ScanStatus


def undo(opened: Change, cause: str) -> None:
    """Have back what was deleted, as if it had been kept when the run was stopped; engines still ending keep theirs."""
    opened.note(_("Deletion undone"), cause=in_numbers(opened.occurrence.deletion))
    opened.occurrence.stop, opened.occurrence.ended_at = Stop.KEEP, None
    opened.move(AnalysisStatus.STOPPED_SAVING, cause=cause)
    for scan in opened.scans.filter(Q(status=ScanStatus.STOPPING_DELETING) | Q(deleted__isnull=False)):
        opened.move_scan(scan, ScanStatus.STOPPING_SAVING, cause=cause, ended_at=None)


def half_put_back() -> list[int]:
    """The runs whose deleted results are still to be put back."""
    waiting = Deletion.objects.filter(occurrence__status=AnalysisStatus.STOPPED_SAVING)
    return list(waiting.values_list("occurrence", flat=True))


def put_back(occurrence_id: int) -> None:
    """Put the deleted results of a run back whose deletion was undone."""
    bit_by_bit(occurrence_id, _put_back_some)


def _put_back_some(occurrence_id: int) -> bool:
    """One transaction of it, what was deleted last first: findings come before what refers to them."""
    with change(occurrence_id) as opened:
        deletion = Deletion.objects.filter(occurrence=occurrence_id, occurrence__stop=Stop.KEEP).first()
        if deletion is None:
            return False
        last = DeletedRows.objects.filter(scan__deletion=deletion).select_related("scan").order_by("-pk").first()
        if last is None:
            _finish_putting_back(opened, deletion)
            return False
        _store(unpacked(bytes(last.packed)))
        scan = opened.scans.get(pk=last.scan.scan_occurrence_id)
        opened.update_scan(scan, finding_count=scan.findings.count())
        last.delete()
    return True


def _store(rows: Rows) -> None:
    for model, instances in rows.items():
        found_again = _make_room(instances) if model is Finding else {}
        model._default_manager.bulk_create(_still_true(model, instances), batch_size=500)
        for again, pk in found_again.items():
            _hand_over(again, pk)


def _hand_over(again: int, pk: int) -> None:
    """Give everything of the newer row to the older one; what was judged of it meanwhile is the last word."""
    FindingInstance.objects.filter(finding=again).update(finding=pk)
    last = Judgement.objects.filter(finding=again).order_by("-pk").first()
    for relation in HANGING:
        of_newer = {relation.field.name: again}
        relation.related_model._default_manager.filter(**of_newer).update(**{relation.field.name: pk})
    if last:
        Finding.objects.filter(pk=pk).update(state=last.new_state)
    Finding.objects.filter(pk=again).delete()


def _make_room(findings: Iterable[models.Model]) -> dict[int, int]:
    """Another scan of the run may have found the same flaw since, while it was ending: the older row is to stay.

    Answers, by the newer row, the older one; the newer ones no longer are in its way.
    """
    by_fingerprint = {finding.fingerprint: finding for finding in findings if isinstance(finding, Finding)}
    analysis = next(iter(by_fingerprint.values())).analysis_id
    newer = Finding.objects.filter(analysis=analysis, fingerprint__in=by_fingerprint)
    found_again = {again.pk: by_fingerprint[again.fingerprint].pk for again in newer}
    for again in found_again:
        Finding.objects.filter(pk=again).update(fingerprint=f"again {again}")
    return found_again


def _still_true(model: type[models.Model], rows: list) -> list:
    """Those rows whose parents are there. Of people and runs that are gone since, rows forget what they would have."""
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey):
            continue
        wanted = {getattr(row, field.attname) for row in rows} - {None}
        there = set(field.related_model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True)) | {None}
        orphans = [row for row in rows if getattr(row, field.attname) not in there]
        if field.null:
            for row in orphans:
                setattr(row, field.attname, None)
        else:
            rows = [row for row in rows if getattr(row, field.attname) in there]
    return rows


def _finish_putting_back(opened: Change, deletion: Deletion) -> None:
    """Everything is back: each scan gets the status it would have had its results been kept."""
    scans = opened.scans.in_bulk(deletion.scans.values_list("scan_occurrence", flat=True))
    for gone in deletion.scans.all():
        scan = scans[gone.scan_occurrence_id]
        opened.move_scan(scan, ScanStatus(gone.status), cause=gone.cause, pages=gone.pages)
        if gone.ended_at:
            opened.update_scan(scan, ended_at=gone.ended_at)
        else:
            ring("run_scan", scan.pk)
    deletion.delete()
    opened.settle()
