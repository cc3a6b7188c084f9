"""The audit: silent about what really ran, and it bites when a row is spoiled behind the lifecycle's back."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from analyses import audit, lifecycle
from analyses.audit.reading import in_batches, one_moment
from analyses.lifecycle.claims import HOST
from analyses.models import Activity, Analysis, AnalysisOccurrence, Finding, FindingInstance, ScanOccurrence
from analyses.moves import Ending
from analyses.statuses import AnalysisStatus, ScanStatus
from notifications.models import InternalRecipient, MailStatus, OutgoingMail
from tests.engines_at_work import an_engine_in
from tests.scene import FLAW, UNREACHED, an_analysis, ends, prescanned, published, running

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=3)


def breaches() -> dict[str, list[str]]:
    """What breaks, by invariant; nothing for those that hold."""
    found = {audit.name_of(invariant): list(invariant()) for invariant in audit.INVARIANTS}
    return {name: lines for name, lines in found.items() if lines}


@dataclass
class Installation:
    """Runs in every state that matters here, made by the lifecycle's own verbs."""

    done: Analysis
    at_work: Analysis
    in_prescan: Analysis
    scheduled: Analysis


@pytest.fixture
def installation(alice: User, lead: User) -> Installation:
    InternalRecipient.objects.create(address="appsec@example.test")
    done = published(alice, "http://shop.test/", "http://other.test/", name="Published")
    in_prescan = an_analysis(alice, name="In prescan")
    lifecycle.begin_prescan(lifecycle.submit(in_prescan, alice).pk)
    scheduled = an_analysis(alice, name="Scheduled")
    lifecycle.submit(scheduled, alice, start_at=timezone.now() + timedelta(days=1))
    at_work, _, [held] = running(alice, name="At work")
    lifecycle.record_found(held, [FLAW])
    return Installation(done, at_work, in_prescan, scheduled)


@pytest.fixture
def history(alice: User, installation: Installation) -> Installation:
    """And runs that ended in other ways."""
    failed = an_analysis(alice, name="Unreachable")
    prescanned(lifecycle.submit(failed, alice), UNREACHED)
    stopped, _, [held] = running(alice, name="Stopped, deleted")
    lifecycle.record_found(held, [FLAW])
    lifecycle.stop(stopped, alice, keep=False)
    lifecycle.end_run(held, Ending.STOPPED)
    again, _, [held] = running(alice, name="Twice")
    ends(held, Ending.ERROR, finds=False)
    lifecycle.submit(again, alice)
    lifecycle.stop(again, alice, keep=True)
    withdrawn = an_analysis(alice, name="Withdrawn")
    lifecycle.submit(withdrawn, alice, start_at=timezone.now() + timedelta(days=1))
    lifecycle.withdraw(withdrawn, alice)
    return installation


def test_nothing_breaks_where_the_lifecycle_wrote_everything(history):
    assert breaches() == {}


def test_nothing_breaks_on_an_empty_installation():
    assert breaches() == {}


def test_every_invariant_says_in_one_sentence_what_it_means():
    meanings = [audit.meaning_of(invariant) for invariant in audit.INVARIANTS]
    assert all(meaning.endswith(".") for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_every_invariant_is_documented():
    text = (settings.BASE_DIR / "docs" / "reliability.md").read_text()
    rows = [f"| {audit.name_of(invariant)} | {audit.meaning_of(invariant)} |" for invariant in audit.INVARIANTS]
    assert [row for row in rows if row not in text] == []


# --- Rows spoiled one at a time --------------------------------------------------------------------------------


def run_of(analysis: Analysis):
    return AnalysisOccurrence.objects.filter(analysis=analysis)


def scans(analysis: Analysis):
    return ScanOccurrence.objects.filter(occurrence__analysis=analysis)


def log_of(analysis: Analysis):
    return Activity.objects.filter(analysis=analysis)


def never_taken(it: Installation) -> None:
    run_of(it.in_prescan).update(status=AnalysisStatus.SUBMITTED, submitted_at=timezone.now() - LONG_AGO)


def start_passed_by(it: Installation) -> None:
    run_of(it.scheduled).update(start_at=timezone.now() - LONG_AGO)


def prescan_left(it: Installation) -> None:
    run_of(it.in_prescan).update(prescan_lease=timezone.now() - timedelta(seconds=80))


def beyond_its_duration(it: Installation) -> None:
    run_of(it.at_work).update(deadline=timezone.now() - timedelta(minutes=10))


def stopping_for_ever(it: Installation) -> None:
    lifecycle.stop(it.at_work, it.at_work.owner, keep=True)
    log_of(it.at_work).update(at=timezone.now() - LONG_AGO)


def verifying_for_ever(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.STOPPED_VERIFYING)
    stopped = log_of(it.at_work).filter(new_status=ScanStatus.IN_PROGRESS.label).exclude(scan_occurrence=None)
    stopped.update(new_status=ScanStatus.STOPPED_VERIFYING.label, at=timezone.now() - LONG_AGO)


def schedule_forgotten(it: Installation) -> None:
    Analysis.objects.filter(pk=it.done.pk).update(next_start=timezone.now() - LONG_AGO)


def run_before_its_time(it: Installation) -> None:
    run_of(it.done).update(nominal_at=timezone.now() + LONG_AGO)


def prescan_told_twice(it: Installation) -> None:
    mail = OutgoingMail.objects.filter(event="prescan_succeeded").first()
    assert mail
    mail.pk, mail.event, mail.key = None, "prescan_failed", mail.key.replace("succeeded", "failed")
    mail.save()


def prescan_untold(it: Installation) -> None:
    OutgoingMail.objects.filter(key__startswith=f"prescan_succeeded:{run_of(it.done).get().pk}:").delete()


def results_told_twice(it: Installation) -> None:
    mail = OutgoingMail.objects.filter(event="results_published").first()
    assert mail
    mail.pk, mail.key = None, f"{mail.key}:again"
    mail.save()


def results_untold(it: Installation) -> None:
    OutgoingMail.objects.filter(event="results_published", to="appsec@example.test").delete()


def told_too_early(it: Installation) -> None:
    told = OutgoingMail.objects.filter(event="results_published", to="lead@example.test")
    told.update(key=f"results_published:{run_of(it.at_work).get().pk}:lead@example.test")


def mail_left_in_sending(it: Installation) -> None:
    OutgoingMail.objects.update(status=MailStatus.SENDING, next_try_at=timezone.now() - timedelta(hours=1))


def mail_without_attempts(it: Installation) -> None:
    OutgoingMail.objects.update(attempts=99)


def mail_failed_silently(it: Installation) -> None:
    OutgoingMail.objects.update(status=MailStatus.FAILED)


def status_without_entry(it: Installation) -> None:
    run_of(it.at_work).update(status=AnalysisStatus.COMPLETED)


def scan_status_without_entry(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.PAUSING)


def entry_lost(it: Installation) -> None:
    log_of(it.done).filter(new_status=AnalysisStatus.IN_PROGRESS.label, scan_occurrence=None).delete()


def move_that_is_none(it: Installation) -> None:
    verifying = AnalysisStatus.COMPLETED_VERIFYING.label
    log_of(it.done).filter(new_status=verifying, scan_occurrence=None).update(new_status=AnalysisStatus.SCHEDULED.label)
    log_of(it.done).filter(old_status=verifying, scan_occurrence=None).update(old_status=AnalysisStatus.SCHEDULED.label)


def entry_dated_back(it: Installation) -> None:
    last = log_of(it.done).order_by("-pk").first()
    assert last
    Activity.objects.filter(pk=last.pk).update(at=F("at") - timedelta(minutes=1))


def entry_in_the_future(it: Installation) -> None:
    log_of(it.done).update(at=timezone.now() + LONG_AGO)


def list_shows_another_status(it: Installation) -> None:
    Analysis.objects.filter(pk=it.done.pk).update(status=AnalysisStatus.IN_PROGRESS)


def run_beside_its_scans(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.COMPLETED_VERIFYING)


def ended_with_a_live_scan(it: Installation) -> None:
    scans(it.done).update(status=ScanStatus.COMPLETED_VERIFYING)


def end_without_an_end(it: Installation) -> None:
    run_of(it.done).update(ended_at=None)


def secret_kept(it: Installation) -> None:
    scans(it.done).update(secret="a password")


def lease_after_the_end(it: Installation) -> None:
    scans(it.done).update(lease_until=timezone.now() + timedelta(minutes=1))


def lease_left(it: Installation) -> None:
    scans(it.at_work).update(lease_until=timezone.now() - timedelta(seconds=80))


def put_down_for_ever(it: Installation) -> None:
    scans(it.at_work).update(lease_until=None)
    log_of(it.at_work).update(at=timezone.now() - LONG_AGO)


def slot_beyond_capacity(it: Installation) -> None:
    scans(it.at_work).update(slot=99)


def slot_that_nobody_holds(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.PAUSING, lease_until=None)


def runs_without_a_slot(it: Installation) -> None:
    scans(it.at_work).update(slot=None)


def slot_after_the_end(it: Installation) -> None:
    with constraint_lifted(ScanOccurrence, "scan_occurrence_slot_only_at_work"):
        scans(it.done).filter(position=0).update(slot=2)


def free_slot_unused(it: Installation) -> None:
    scans(it.at_work).update(status=ScanStatus.QUEUED, slot=None, lease_until=None)
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
    scans(it.at_work).update(status=ScanStatus.STOPPED, slot=None, lease_until=None)


def published_unverified(it: Installation) -> None:
    FindingInstance.objects.update(verification="pending")


def result_lost(it: Installation) -> None:
    scans(it.done).update(finding_count=5)


def folder_left(it: Installation) -> None:
    run_of(it.done).update(ended_at=timezone.now() - LONG_AGO)
    scans(it.done).update(ended_at=timezone.now() - LONG_AGO)
    folder_of(scans(it.done)[0]).mkdir(parents=True)


def folder_of(scan: ScanOccurrence) -> Path:
    return settings.WORK_DIR / f"scan-{scan.pk}"


@contextmanager
def constraint_lifted(model, name: str):
    """Write what the database itself refuses; the transaction of the test puts everything back."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            yield
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")
        yield


SPOILED: dict[Callable[[Installation], None], tuple[str, str]] = {
    never_taken: ("every run comes to an end", "no worker took it"),
    start_passed_by: ("every run comes to an end", "its start has passed"),
    prescan_left: ("every run comes to an end", "its prescan was left"),
    beyond_its_duration: ("every run comes to an end", "its duration is over"),
    stopping_for_ever: ("every run comes to an end", "has been Stopping - Saving Results since"),
    verifying_for_ever: ("every run comes to an end", "has been Stopped - Verifying Partial Results since"),
    schedule_forgotten: ("every time of a schedule runs once", "was to start at"),
    run_before_its_time: ("every time of a schedule runs once", "before its time"),
    prescan_told_twice: ("a prescan is told once", "was told 2 times"),
    prescan_untold: ("a prescan is told once", "was not told to alice"),
    results_told_twice: ("results are told once", "were told 2 times to"),
    results_untold: ("results are told once", "were not told to appsec@example.test"),
    told_too_early: ("results are told once", "was told to be published, and is not"),
    mail_left_in_sending: ("mails follow their retry plan", "is sending and was to be tried"),
    mail_without_attempts: ("mails follow their retry plan", "all its attempts are spent"),
    mail_failed_silently: ("mails follow their retry plan", "does not say why"),
    status_without_entry: ("the log tells every status", "the log says In Progress"),
    scan_status_without_entry: ("the log tells every status", "is Pausing, the log says In Progress"),
    entry_lost: ("the log tells every status", "leaves In Progress, and was Queued"),
    move_that_is_none: ("the log tells every status", "which is no move"),
    entry_dated_back: ("the log is in order", "60 s earlier than the one before it"),
    entry_in_the_future: ("the log is in order", "lies in the future"),
    list_shows_another_status: ("an analysis shows its latest run", "shows In Progress"),
    run_beside_its_scans: ("a run follows from its scans", "its scans say Completed - Verifying Results"),
    ended_with_a_live_scan: ("a run follows from its scans", "has a scan that is Completed - Verifying Results"),
    end_without_an_end: ("a run follows from its scans", "has no end"),
    secret_kept: ("secrets end with their scan", "still has its secret"),
    lease_after_the_end: ("a lease is held at work and not left", "is held and is Completed"),
    lease_left: ("a lease is held at work and not left", "nobody took it over"),
    put_down_for_ever: ("a lease is held at work and not left", "nobody has taken it up"),
    slot_beyond_capacity: ("capacity is kept", "has slot 99 of 3"),
    slot_that_nobody_holds: ("capacity is kept", "has a slot, and nobody holds it"),
    runs_without_a_slot: ("capacity is kept", "runs without a slot"),
    slot_after_the_end: ("capacity is kept", "has a slot and is Completed"),
    free_slot_unused: ("capacity is used", "waits although a slot is free"),
    finding_twice: ("findings are stored once", "has 2 findings of SQL Injection"),
    instance_twice: ("findings are stored once", "2 times the same instance"),
    results_of_a_deleted_scan: ("results belong to scans that may have them", "still has 1 results"),
    published_unverified: ("results belong to scans that may have them", "still being verified"),
    result_lost: ("results belong to scans that may have them", "shows 5 results and has"),
    folder_left: ("nothing is left of ended scans", "is left of scan"),
}


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_it_bites(spoil, installation, settings, tmp_path):
    settings.WORK_DIR = tmp_path
    spoil(installation)
    invariant, words = SPOILED[spoil]
    assert any(words in line for line in breaches().get(invariant, [])), breaches()


def test_every_invariant_has_a_row_that_breaks_it():
    elsewhere = {"no engine runs without a lease"}
    assert {name for name, _ in SPOILED.values()} | elsewhere == set(map(audit.name_of, audit.INVARIANTS))


# --- What is on the machine ------------------------------------------------------------------------------------


def test_an_engine_whose_scan_nobody_holds_is_an_orphan(installation, settings, tmp_path):
    settings.WORK_DIR = tmp_path
    scan = scans(installation.at_work).get()
    with an_engine_in(folder_of(scan)) as group:
        assert breaches() == {}
        scans(installation.at_work).update(lease_until=timezone.now() - timedelta(seconds=1))
        orphan = f"process groups [{group}] run for scan {scan.pk}, which nobody holds here"
        assert breaches() == {"no engine runs without a lease": [orphan]}


def test_two_engines_of_one_scan_are_one_too_many(installation, settings, tmp_path):
    settings.WORK_DIR = tmp_path
    scan = scans(installation.at_work).get()
    assert scan.host == HOST
    with an_engine_in(folder_of(scan)), an_engine_in(folder_of(scan)):
        [line] = breaches()["no engine runs without a lease"]
        assert line.startswith(f"scan {scan.pk} has 2 engines at the same time")


def test_a_folder_of_no_scan_is_named(installation, settings, tmp_path):
    settings.WORK_DIR = tmp_path
    (tmp_path / "scan-999999").mkdir()
    (tmp_path / "lost").mkdir()
    assert breaches() == {
        "nothing is left of ended scans": [
            f"{tmp_path}/lost is no scan's",
            f"{tmp_path}/scan-999999 is left of a scan that is gone",
        ]
    }


# --- The people it judges by -----------------------------------------------------------------------------------


def test_who_became_a_lead_afterwards_has_missed_nothing(charlie, alice, installation):
    """Everything about people is edited by administrators, whose edits are on record."""
    charlie.user_permissions.add(Permission.objects.get(codename="lead_security"))
    assert "were not told to charlie@example.test" in str(breaches()["results are told once"])
    LogEntry.objects.log_actions(alice.pk, [charlie], CHANGE, "is a lead now")
    assert breaches() == {}


# --- The command -----------------------------------------------------------------------------------------------


def audited(**options) -> tuple[int, str]:
    """The exit code and what is said."""
    said = StringIO()
    try:
        call_command("audit", stdout=said, **options)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def test_the_command_says_that_all_is_well(installation):
    assert audited() == (0, f"All {len(audit.INVARIANTS)} invariants hold.\n")


def test_the_command_names_what_breaks_and_fails(installation):
    end_without_an_end(installation)
    code, said = audited()
    assert code == 1
    run = run_of(installation.done).get().pk
    assert f"  run {run} is Completed - Results Available, but has no end\n" in said
    assert said.endswith(f"1 of {len(audit.INVARIANTS)} invariants are broken, 1 times.\n")


def test_asked_for_more_it_says_what_holds(installation):
    assert "Capacity is kept: holds. At most SCAN_CAPACITY scans run" in audited(verbosity=2)[1]


def test_it_writes_nothing(history, django_assert_max_num_queries):
    with django_assert_max_num_queries(80) as asked:
        assert breaches() == {}
    assert not [query["sql"] for query in asked if not query["sql"].startswith(("SELECT", "DECLARE"))]


@pytest.mark.django_db(transaction=True)
def test_while_it_reads_others_write_and_it_cannot(alice):
    """It sees one moment: what is written meanwhile is not in it."""

    def write_elsewhere() -> None:
        an_analysis(alice, name="Written meanwhile")
        connection.close()

    with one_moment():
        assert Analysis.objects.count() == 0
        writer = threading.Thread(target=write_elsewhere)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert Analysis.objects.count() == 0
    assert Analysis.objects.count() == 1
    with pytest.raises(DatabaseError), one_moment():
        Analysis.objects.update(name="x")


def test_batches_hold_everything_once():
    assert list(in_batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
