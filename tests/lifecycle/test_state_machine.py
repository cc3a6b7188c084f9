"""Whatever happens, in whatever order: the lifecycle against a model of it, on the real database.

The model knows of each scan the status it should have; the machine asks for things, lets workers report, kill them,
repeats their messages and moves the clock. After every step the rows, the log, the slots and the mails must agree.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from analyses import lifecycle, moves
from analyses.actions import Action, Situation, refusal
from analyses.lifecycle import Claim, LostClaim, Refused, Work
from analyses.models import Activity, Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.moves import Ending
from analyses.prescan.contract import PrescanResult
from analyses.statuses import (
    ANALYSIS_FINAL,
    ANALYSIS_PUBLISHED,
    SCAN_AT_WORK,
    SCAN_LIVE,
    SCAN_QUEUED,
    SCAN_VERIFYING,
    AnalysisStatus,
    ScanStatus,
)
from notifications import delivery
from notifications.models import MAX_ATTEMPTS, MailStatus, OutgoingMail
from tests.scene import FLAW, PASSED, UNREACHED, an_analysis, prescanned
from tests.targets.serving import closed_port

CAPACITY = 2
PRESCANS = {"passes": PASSED, "fails": UNREACHED}


@dataclass
class Runner:
    """A worker's thread that believes it holds a claim. One that was lost may still report."""

    held: Claim
    started: bool = False


class Lifecycle(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.clock = time_machine.travel(timezone.now(), tick=False)
        self.traveller = self.clock.start()
        self.person = User.objects.create_user("alice", "alice@example.test")
        lead = User.objects.create_user("lead", "lead@example.test")
        lead.user_permissions.add(Permission.objects.get(codename="lead_security"))
        mail.outbox = []
        self.runners: list[Runner] = []
        self.prescanner: AnalysisOccurrence | None = None

    def teardown(self):
        self.clock.stop()
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @initialize(scans=st.lists(st.integers(1, 3), min_size=1, max_size=2), under_way=st.booleans(), held=st.booleans())
    def some_analyses(self, scans, under_way, held):
        """One or two, the second with a schedule; the first often under way, where most can happen.

        The results of the first wait for a reviewer in half of the cases.
        """
        for number, count in enumerate(scans):
            urls = [f"http://{number}-{n}.test/" for n in range(count)]
            fields = {"repeat": "daily", "repeat_off_after": 2} if number else {"hold_results": held}
            an_analysis(self.person, *urls, name=f"Analysis {number}", **fields)
        if under_way:
            prescanned(lifecycle.submit(Analysis.objects.earliest("pk"), self.person))
            self.claim(0, takes=True)
            self.engine_runs(0, finds=True)

    # --- What people ask for ---

    def asked(self, number: int, action: Action, ask) -> None:
        """A refusal is right exactly where the table says so, and changes nothing."""
        analyses = list(Analysis.objects.order_by("pk"))
        analysis = analyses[number % len(analyses)]
        latest = analysis.occurrences.order_by("-number").first()
        reason = refusal(action, AnalysisStatus(analysis.status), latest.situation if latest else Situation())
        before, refused = self.fingerprint(), ""
        try:
            with transaction.atomic():
                ask(analysis)
        except Refused as error:
            refused = str(error)
        assert bool(reason) == bool(refused)
        if refused:
            assert self.fingerprint() == before

    def fingerprint(self):
        return (
            Activity.objects.count(),
            list(ScanOccurrence.objects.order_by("pk").values_list("status", "attempt", "slot")),
            list(AnalysisOccurrence.objects.order_by("pk").values_list("status", "pause", "stop")),
        )

    @rule(number=st.integers(0, 1), later=st.sampled_from([None, 60, 7200]))
    def submit(self, number, later):
        start = timezone.now() + timedelta(seconds=later) if later else None
        self.asked(number, Action.SUBMIT, lambda a: lifecycle.submit(a, self.person, start_at=start))

    @rule(number=st.integers(0, 1))
    def submit_for_a_prescan_only(self, number):
        self.asked(number, Action.PRESCAN, lambda a: lifecycle.submit(a, self.person, prescan_only=True))

    @rule(number=st.integers(0, 1))
    def run_now(self, number):
        self.asked(number, Action.RUN_NOW, lambda a: lifecycle.run_now(a, self.person))

    @rule(number=st.integers(0, 1))
    def publish_what_is_held(self, number):
        self.asked(number, Action.PUBLISH, lambda a: lifecycle.publish_results(a, self.person))

    @rule(number=st.integers(0, 1), keep=st.booleans())
    def stop(self, number, keep):
        action = Action.STOP_SAVE if keep else Action.STOP_DELETE
        self.asked(number, action, lambda a: lifecycle.stop(a, self.person, keep=keep))

    @rule(number=st.integers(0, 1))
    def undo(self, number):
        self.asked(number, Action.UNDO_DELETE, lambda a: lifecycle.undo_deletion(a, self.person))

    @rule(number=st.integers(0, 1))
    def pause(self, number):
        self.asked(number, Action.PAUSE, lambda a: lifecycle.pause(a, self.person))

    @rule(number=st.integers(0, 1))
    def resume(self, number):
        self.asked(number, Action.RESUME, lambda a: lifecycle.resume(a, self.person))

    @rule(number=st.integers(0, 1))
    def withdraw(self, number):
        self.asked(number, Action.WITHDRAW, lambda a: lifecycle.withdraw(a, self.person))

    @rule(number=st.integers(0, 1))
    def edit(self, number):
        analyses = list(Analysis.objects.order_by("pk"))
        lifecycle.edited(analyses[number % len(analyses)], self.person, "Description: a → b")

    # --- What workers do ---

    @rule()
    def begin_prescan(self):
        for pk in lifecycle.due().prescans or AnalysisOccurrence.objects.values_list("pk", flat=True):
            self.prescanner = lifecycle.begin_prescan(pk) or self.prescanner

    @precondition(lambda self: self.prescanner)
    @rule(outcomes=st.lists(st.sampled_from(sorted(PRESCANS)), min_size=3, max_size=3), finishes=st.booleans())
    def report_prescan(self, outcomes, finishes):
        assert self.prescanner
        for scan, outcome in zip(self.prescanner.scans.all(), outcomes, strict=False):
            result: PrescanResult = PRESCANS[outcome]
            lifecycle.record_prescan(self.prescanner, scan, result)
        if finishes:
            lifecycle.finish_prescan(self.prescanner)

    @rule(pick=st.integers(0, 9), takes=st.booleans())
    def claim(self, pick, takes):
        """By a message that is due, or by any that was doubled or forged."""
        ids = lifecycle.due().scans if takes else list(ScanOccurrence.objects.values_list("pk", flat=True))
        if not ids:
            assert lifecycle.claim(0) is None
            return
        held = lifecycle.claim(ids[pick % len(ids)])
        if held:
            self.runners.append(Runner(held, started=held.work is not Work.RUN))

    def reports(self, pick: int, report) -> None:
        """Let one of the runners report. Only the newest claim of a scan can write."""
        runner = self.runners[pick % len(self.runners)]
        scan = ScanOccurrence.objects.get(pk=runner.held.scan_id)
        is_ours = scan.attempt == runner.held.attempt and scan.lease_until is not None
        before = self.fingerprint()
        try:
            report(runner)
        except LostClaim:
            assert not is_ours or scan.status not in SCAN_VERIFYING
            assert self.fingerprint() == before
        else:
            assert is_ours

    @precondition(lambda self: self.runners)
    @rule(pick=st.integers(0, 9), finds=st.booleans())
    def engine_runs(self, pick, finds):
        def report(runner: Runner):
            lifecycle.started(runner.held)
            runner.started = True
            if finds:
                lifecycle.record_found(runner.held, [FLAW])
            lifecycle.heartbeat(runner.held)

        self.reports(pick, report)

    @precondition(lambda self: self.runners)
    @rule(pick=st.integers(0, 9), ending=st.sampled_from(sorted(Ending)))
    def engine_ends(self, pick, ending):
        verifying = ScanOccurrence.objects.filter(status__in=SCAN_VERIFYING).values_list("pk", flat=True)
        if self.runners[pick % len(self.runners)].held.scan_id not in verifying:
            self.reports(pick, lambda runner: lifecycle.end_run(runner.held, Ending(ending), "It says so."))

    @precondition(lambda self: self.runners)
    @rule(pick=st.integers(0, 9))
    def engine_is_suspended(self, pick):
        self.reports(pick, lambda runner: lifecycle.suspended(runner.held))

    @precondition(lambda self: self.runners)
    @rule(pick=st.integers(0, 9))
    def results_are_verified(self, pick):
        self.reports(pick, lambda runner: lifecycle.publish(runner.held))

    @precondition(lambda self: self.runners)
    @rule(pick=st.integers(0, 9))
    def worker_is_shut_down(self, pick):
        self.reports(pick, lambda runner: lifecycle.release(runner.held))

    # --- What time and the sweep do ---

    @rule(seconds=st.sampled_from([1, 30, 70, 3_700, 90_000]))
    def time_passes(self, seconds):
        self.traveller.move_to(timezone.now() + timedelta(seconds=seconds), tick=False)

    @rule()
    def sweep(self):
        for pk in lifecycle.never_taken():
            lifecycle.refuse_late(pk)
        for pk in list(lifecycle.due_schedules()):
            lifecycle.fire(pk)
        for pk in lifecycle.overdue():
            lifecycle.expire(pk)
        for pk in lifecycle.undo_over():
            lifecycle.delete_for_good(pk)
        lifecycle.show_places_in_line()
        assert lifecycle.undo_over() == lifecycle.half_deleted() == lifecycle.half_put_back() == []
        assert lifecycle.overdue() == lifecycle.never_taken() == list(lifecycle.due_schedules()) == []

    @rule(server=st.sampled_from(["takes them", "is away"]))
    def mails_are_sent(self, server):
        away = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_PORT": closed_port()}
        with override_settings(**(away if server == "is away" else {})):
            delivery.deliver_due()

    # --- What must be true after every step ---

    @invariant()
    def the_log_tells_the_statuses(self):
        for occurrence in AnalysisOccurrence.objects.all():
            own = Activity.objects.filter(occurrence=occurrence, scan_occurrence=None).exclude(new_status="")
            assert self.fold(own) == occurrence.get_status_display()
        for scan in ScanOccurrence.objects.all():
            assert self.fold(Activity.objects.filter(scan_occurrence=scan)) == scan.get_status_display()

    @staticmethod
    def fold(entries) -> str:
        current = ""
        for entry in entries.exclude(new_status="").order_by("pk"):
            assert entry.old_status in ("", current) or entry.action == "Submitted"
            current = entry.new_status
        return current

    @invariant()
    def the_analysis_follows_from_its_scans(self):
        # While it is prescanned its status is the prescan's affair, which says when it is done.
        apart = (AnalysisStatus.SAVED, AnalysisStatus.PRESCANNING)
        for occurrence in AnalysisOccurrence.objects.exclude(status__in=apart):
            statuses = {ScanStatus(scan.status) for scan in occurrence.scans.all()}
            current = AnalysisStatus(occurrence.status)
            assert moves.overall(current, statuses, moves.Stop(occurrence.stop)) == current
        for analysis in Analysis.objects.all():
            latest = analysis.occurrences.order_by("-number").first()
            assert analysis.status == (latest.status if latest else AnalysisStatus.SAVED)

    @invariant()
    def capacity_and_leases_are_kept(self):
        slots = [slot for slot in ScanOccurrence.objects.values_list("slot", flat=True) if slot]
        assert len(slots) == len(set(slots)) <= CAPACITY
        idle = ScanOccurrence.objects.exclude(status__in=SCAN_AT_WORK)
        assert not idle.exclude(lease_until=None).exists()
        assert not ScanOccurrence.objects.filter(status__in=SCAN_QUEUED, slot=None).exclude(lease_until=None).exists()

    @invariant()
    def what_is_over_is_over(self):
        for occurrence in AnalysisOccurrence.objects.filter(status__in=ANALYSIS_FINAL):
            open_scans = occurrence.scans.filter(status__in=SCAN_LIVE).exclude(status=ScanStatus.STOPPING_DELETING)
            assert not open_scans.exists()
        ended = ScanOccurrence.objects.exclude(status__in=SCAN_LIVE, ended_at=None)
        assert not ended.exclude(slot=None, lease_until=None).exists()
        assert all(scan.secret == "" for scan in ended)

    @invariant()
    def what_is_deleted_is_gone_or_back(self):
        for scan in ScanOccurrence.objects.all():
            found = scan.findings.count()
            assert scan.finding_count == found
            assert not (found and scan.status == ScanStatus.STOPPED)
        assert not ScanOccurrence.objects.exclude(deleted=None).exclude(status=ScanStatus.STOPPED).exists()

    @invariant()
    def nobody_is_told_twice(self):
        mails = Counter(OutgoingMail.objects.values_list("event", "key"))
        assert all(number == 1 for number in mails.values())
        for occurrence in AnalysisOccurrence.objects.filter(status__in=ANALYSIS_PUBLISHED):
            assert OutgoingMail.objects.filter(key__startswith=f"results_published:{occurrence.pk}:").count() == 1
        for occurrence in AnalysisOccurrence.objects.filter(hold_results=True):
            told = OutgoingMail.objects.filter(key__startswith=f"results_held:{occurrence.pk}:").count()
            assert told >= occurrence.is_held
        given_up = OutgoingMail.objects.filter(status=MailStatus.FAILED)
        assert not given_up.filter(attempts__lt=MAX_ATTEMPTS).exists()
        assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == len(mail.outbox)

    @invariant()
    def no_more_runs_fail_in_a_row_than_are_allowed(self):
        for analysis in Analysis.objects.exclude(next_start=None):
            assert analysis.repeat_failures < analysis.repeat_off_after

    @invariant()
    def what_is_live_is_somebodys_affair(self):
        """Nothing waits for nothing: the sweep rings for it, a lease ends, a person has paused it or reviews it."""
        for scan in ScanOccurrence.objects.filter(status__in=SCAN_LIVE).select_related("occurrence"):
            due = scan.status in SCAN_QUEUED or scan.lease_until is not None or scan.occurrence.pause
            before = scan.occurrence.status in (
                AnalysisStatus.SUBMITTED,
                AnalysisStatus.SCHEDULED,
                AnalysisStatus.PRESCANNING,
            )
            held = scan.occurrence.hold_results and scan.ended_at
            assert due or before or held or scan.pk in {*lifecycle.due().scans}


@pytest.mark.thorough
@pytest.mark.django_db
def test_the_lifecycle_holds_whatever_happens(settings):
    settings.SCAN_CAPACITY = CAPACITY
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    run_state_machine_as_test(Lifecycle, settings=_thorough())


def _thorough():
    # Without shrinking: a failing example is short enough to be read, and shrinking it takes minutes.
    return settings(
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        max_examples=25,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
