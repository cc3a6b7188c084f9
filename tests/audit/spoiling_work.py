"""How each invariant of work is broken behind the lifecycle's back: leases, slots, and what was found."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from analyses import lifecycle
from analyses.lifecycle import Claim, Work
from analyses.lifecycle.queue import NO_SLOT
from analyses.models import (
    Activity,
    DeletedScan,
    Deletion,
    Finding,
    FindingInstance,
    Retest,
    ScanOccurrence,
)
from analyses.moves import Ending
from analyses.statuses import ScanStatus
from tests.audit.installation import (
    LONG_AGO,
    Installation,
    breaches,
    constraint_lifted,
    folder_of,
    log_of,
    run_of,
    scans,
)


def lease_after_the_end(it: Installation) -> None:
    scans(it.done).update(lease_until=timezone.now() + timedelta(minutes=1))


def lease_left(it: Installation) -> None:
    scans(it.at_work).update(lease_until=timezone.now() - timedelta(seconds=80))


def put_down_for_ever(it: Installation) -> None:
    scans(it.at_work).update(lease_until=None)
    log_of(it.at_work).update(at=timezone.now() - LONG_AGO)


def _asked_for(it: Installation, **changes) -> None:
    finding = Finding.objects.get(analysis=it.done)
    retest = lifecycle.ask_to_retest(finding, scans(it.done)[0], it.done.owner)
    Retest.objects.filter(pk=retest.pk).update(**changes)


def left_by_its_tester(it: Installation) -> None:
    _asked_for(it, lease_until=timezone.now() - timedelta(seconds=80))


def never_tested(it: Installation) -> None:
    _asked_for(it, asked_at=timezone.now() - LONG_AGO)


def slot_beyond_capacity(it: Installation) -> None:
    scans(it.at_work).update(slot=99)


def slot_that_nobody_holds(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.PAUSING, lease_until=None)


def runs_without_a_slot(it: Installation) -> None:
    scans(it.at_work).update(**NO_SLOT)


def slot_at_a_host_beyond_its_limit(it: Installation) -> None:
    scans(it.at_work).update(host_slot=99)


def slot_without_one_at_its_host(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slots_go_together"):
        scans(it.at_work).update(host_slot=None)


def slot_at_its_host_alone(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slots_go_together"):
        scans(it.done).filter(position=0).update(host_slot=2)


def counted_for_another_host(it: Installation) -> None:
    scans(it.at_work).update(target_host="elsewhere.test")


def slot_after_the_end(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slot_only_at_work"):
        scans(it.done).filter(position=0).update(slot=2, host_slot=2)


def free_slot_unused(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.QUEUED, lease_until=None, **NO_SLOT)
    Activity.objects.update(at=timezone.now() - LONG_AGO)


def finding_twice(it: Installation) -> None:
    finding = Finding.objects.filter(analysis=it.done).get()
    finding.pk, finding.fingerprint = None, "another"
    finding.save()


def instance_twice(it: Installation) -> None:
    instance = FindingInstance.objects.filter(finding__analysis=it.at_work).get()
    instance.pk, instance.digest = None, "another"
    instance.save()


def results_of_a_deleted_scan(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.STOPPED, lease_until=None, **NO_SLOT)


def published_unverified(it: Installation) -> None:
    FindingInstance.objects.update(verification="pending")


def result_lost(it: Installation) -> None:
    scans(it.done).update(finding_count=5)


def results_deleted(it: Installation) -> None:
    lifecycle.stop(it.at_work, it.done.owner, keep=False)
    for scan in scans(it.at_work):
        held = Claim(scan.pk, scan.occurrence_id, it.at_work.pk, scan.attempt, Work.RUN)
        lifecycle.end_run(held, Ending.STOPPED)
    assert breaches() == {}


def deleted_results_left(it: Installation) -> None:
    results_deleted(it)
    Deletion.objects.update(until=timezone.now() - LONG_AGO)


def deleted_results_of_another_scan(it: Installation) -> None:
    results_deleted(it)
    DeletedScan.objects.update(scan_occurrence=scans(it.done)[0])


def folder_left(it: Installation) -> None:
    run_of(it.done).update(ended_at=timezone.now() - LONG_AGO)
    scans(it.done).update(ended_at=timezone.now() - LONG_AGO)
    folder_of(scans(it.done)[0]).mkdir(parents=True)


SPOILED: dict[Callable[[Installation], None], tuple[str, str]] = {
    lease_after_the_end: ("a lease is held at work and not left", "is held and is Completed"),
    lease_left: ("a lease is held at work and not left", "nobody took it over"),
    put_down_for_ever: ("a lease is held at work and not left", "nobody has taken it up"),
    left_by_its_tester: ("tests of findings come to an end", "its lease ended at"),
    never_tested: ("tests of findings come to an end", "nobody says that it was not taken"),
    slot_beyond_capacity: ("capacity is kept", "has slot 99 of 3"),
    slot_that_nobody_holds: ("capacity is kept", "has a slot, and nobody holds it"),
    runs_without_a_slot: ("capacity is kept", "runs without a slot"),
    slot_at_a_host_beyond_its_limit: ("no host is scanned by too many", "has slot 99 of 2 at"),
    slot_without_one_at_its_host: ("no host is scanned by too many", "has a slot, and none at its host"),
    slot_at_its_host_alone: ("no host is scanned by too many", "and none of its own"),
    counted_for_another_host: ("no host is scanned by too many", "is counted for elsewhere.test"),
    slot_after_the_end: ("capacity is kept", "has a slot and is Completed"),
    free_slot_unused: ("capacity is used", "waits although a slot is free"),
    finding_twice: ("findings are stored once", "has 2 findings of SQL Injection"),
    instance_twice: ("findings are stored once", "2 times the same instance"),
    results_of_a_deleted_scan: ("results belong to scans that may have them", "still has 1 results"),
    published_unverified: ("results belong to scans that may have them", "still being verified"),
    deleted_results_left: ("deleted results go in time", "were to go at"),
    deleted_results_of_another_scan: ("deleted results go in time", "and deleted results are kept for it"),
    result_lost: ("results belong to scans that may have them", "shows 5 results and has"),
    folder_left: ("nothing is left of ended scans", "is left of scan"),
}
