"""One transaction on one occurrence: its moves, their log entries, and the numbers that follow from them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from analyses import moves
from analyses.actions import Action, Situation, not_possible_now, refusal
from analyses.lifecycle import announcements, notices, queue, repeats
from analyses.lifecycle.english import in_english
from analyses.lifecycle.how_far import how_far
from analyses.lifecycle.results import severity_counts
from analyses.models import Activity, Analysis, AnalysisOccurrence, ScanOccurrence
from analyses.models.secrets import SECRETS
from analyses.said import said as _
from analyses.statuses import (
    ANALYSIS_FINAL,
    ANALYSIS_PUBLISHED,
    SCAN_FINAL,
    SCAN_LIVE,
    SCAN_PROBLEM,
    AnalysisStatus,
    ScanStatus,
    logged,
)
from notifications.models import OutgoingMail

STARTED = frozenset({AnalysisStatus.IN_PROGRESS, AnalysisStatus.IN_PROGRESS_WARNING})


def _words_of_refusal(action: Action, status: AnalysisStatus, situation: Situation) -> str:
    return not_possible_now(action, refusal(action, status, situation))


_refusal_in_words = lazy(_words_of_refusal, str)


class Refused(Exception):
    """What was asked is not possible now; the message is for the person who asked, and lazy: in their language."""

    def __init__(self, message: str | Promise):
        super().__init__(message)


def refuse_unless_possible(action: Action, status: AnalysisStatus, situation: Situation) -> None:
    """Raise Refused, in words, when the action is not possible now."""
    if refusal(action, status, situation):
        raise Refused(_refusal_in_words(action, status, situation))


class Change:
    """The moves of one occurrence within one transaction, with the occurrence locked."""

    def __init__(self, occurrence: AnalysisOccurrence, actor: User | None = None):
        self.occurrence = occurrence
        self.actor = actor
        self.now: datetime = timezone.now()
        self._entries: list[Activity] = []
        self._changed = False

    @property
    def scans(self) -> QuerySet[ScanOccurrence]:
        return ScanOccurrence.objects.filter(occurrence=self.occurrence).defer(*SECRETS)

    def note(
        self,
        action: str,
        *,
        scan: ScanOccurrence | None = None,
        old: str = "",
        new: str = "",
        cause: str = "",
        key: str = "",
    ) -> None:
        """Write an entry of the activity log. What has a `key` is told once: ask `has_noted` before."""
        self._changed = True
        self._entries.append(
            Activity(
                analysis_id=self.occurrence.analysis_id,
                occurrence=self.occurrence,
                scan_occurrence=scan,
                actor=self.actor,
                actor_name=self.actor.get_username() if self.actor else "system",
                action=action,
                old_status=old,
                new_status=new,
                cause=cause,
                target=scan.title[:2000] if scan else "",
                at=self.now,
                key=key,
            )
        )

    def announce(self, told: Callable[[AnalysisOccurrence], Iterable[OutgoingMail]]) -> None:
        """Tell people of what has changed, and the log which mails are held back for now."""
        for mail in told(self.occurrence):
            entry = notices.entry_of(mail, self.occurrence, self.now)
            if not self.has_noted(entry.key):
                self._entries.append(entry)

    def has_noted(self, key: str) -> bool:
        """Whether the run's log tells it already."""
        return Activity.objects.filter(occurrence=self.occurrence, key=key).exists()

    def move_scan(
        self, scan: ScanOccurrence, new: ScanStatus, *, cause: str = "", at_first: str = "", **fields: Any
    ) -> bool:
        """Move one scan as it was read inside this transaction; False when somebody else was first.

        The log says why: the `cause`, which the scan keeps, or `at_first`, which may change while the status does not.
        """
        old = ScanStatus(scan.status)
        if new not in moves.SCAN_MOVES.get(old, frozenset()):
            return False
        fields |= {"status": new, "cause": cause}
        if new in SCAN_FINAL:
            fields |= at_rest(self.now)
        if not self.update_scan(scan, **fields):
            return False
        self.note(_("Scan status"), scan=scan, old=logged(old), new=logged(new), cause=cause or at_first)
        return True

    def update_scan(self, scan: ScanOccurrence, **fields: Any) -> bool:
        """Write fields of a scan that still is as it was read; False when somebody else was first."""
        if not self.scans.filter(pk=scan.pk, status=scan.status, attempt=scan.attempt).update(**fields):
            return False
        self._changed = True
        for name, value in fields.items():
            setattr(scan, name, value)
        return True

    def move_scans(self, statuses: frozenset[ScanStatus], new: ScanStatus, *, cause: str = "") -> int:
        """Move every scan that is in one of `statuses`; returns how many moved."""
        return sum(self.move_scan(scan, new, cause=cause) for scan in self.scans.filter(status__in=statuses))

    def move(self, new: AnalysisStatus, *, cause: str = "") -> None:
        """Move the occurrence itself, with what entering that status means."""
        occurrence = self.occurrence
        old = AnalysisStatus(occurrence.status)
        if new not in moves.ANALYSIS_MOVES[old]:
            raise Refused(
                format_lazy(
                    gettext_lazy("An analysis that is {old} cannot become {new}."), old=old.label, new=new.label
                )
            )
        occurrence.status = new
        if new in STARTED and occurrence.started_at is None:
            occurrence.started_at = self.now
            limits = [self.now + occurrence.duration, occurrence.end_by]
            occurrence.deadline = min(limit for limit in limits if limit)
        self.note(_("Status"), old=logged(old), new=logged(new), cause=cause)
        if new in ANALYSIS_PUBLISHED:
            self.announce(announcements.results_published)

    def settle(self, *, cause: str = "") -> None:
        """Bring the occurrence to the status that follows from its scans', and the numbers of the list with it."""
        occurrence = self.occurrence
        present = {ScanStatus(status) for status in self.scans.order_by().values_list("status", flat=True).distinct()}
        for new in moves.steps(AnalysisStatus(occurrence.status), present, moves.Stop(occurrence.stop)):
            self.move(new, cause=cause)
        over = occurrence.status in ANALYSIS_FINAL and not present & SCAN_LIVE
        if over and occurrence.ended_at is None:
            occurrence.ended_at = self.now
            repeats.run_ended(self)
        if occurrence.is_held:
            self.announce(announcements.results_held)

    def save(self) -> None:
        """Store the occurrence, its entries, and what the list shows of it; nothing where nothing happened."""
        if not self._changed:
            return
        self.occurrence.save()
        Activity.objects.bulk_create(self._entries, batch_size=500)
        show_on_list(self.occurrence)


def at_rest(now: datetime) -> dict[str, Any]:
    """The fields of a scan that nobody drives any more: without slot, lease and secrets."""
    fields = {"lease_until": None, "ended_at": now, "stalled": False}
    return fields | queue.NO_SLOT | dict.fromkeys(SECRETS, "")


@contextmanager
def change(occurrence_id: int, actor: User | None = None) -> Iterator[Change]:
    """Open the transaction on an occurrence, in English. Raises AnalysisOccurrence.DoesNotExist."""
    with in_english(), transaction.atomic():
        locked = AnalysisOccurrence.objects.select_for_update(no_key=True, of=("self",))
        opened = Change(locked.select_related("analysis").get(pk=occurrence_id), actor)
        yield opened
        opened.save()


def note_on(analysis: Analysis, action: str, actor: User | None = None, *, new: str = "", cause: str = "") -> None:
    """Write an entry about an analysis itself, not about a run of it."""
    with in_english():
        Activity.objects.create(
            analysis=analysis,
            actor=actor,
            actor_name=actor.get_username() if actor else "system",
            action=action,
            new_status=new,
            cause=cause,
            at=timezone.now(),
        )


def show_on_list(occurrence: AnalysisOccurrence) -> None:
    """Write what the list shows of an analysis: the status and the numbers of this, its latest occurrence."""
    figures = occurrence.scans.order_by().aggregate(
        scans=Count("pk"), problems=Count("pk", filter=Q(status__in=SCAN_PROBLEM))
    )
    Analysis.objects.filter(pk=occurrence.analysis_id).update(
        status=occurrence.status,
        version=F("version") + 1,
        changed_at=timezone.now(),
        started_at=occurrence.started_at,
        ended_at=occurrence.ended_at,
        deadline=occurrence.deadline,
        scan_count=figures["scans"],
        problem_count=figures["problems"],
        held=occurrence.is_held,
        **how_far(occurrence.pk),
        **severity_counts(occurrence),
    )
