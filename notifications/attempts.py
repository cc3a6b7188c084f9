"""Attempts at sending: a row is claimed by a guarded update, sent outside any transaction, tried again, given up."""

import logging
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications import outcomes
from notifications.models import MAX_ATTEMPTS, Attempted, AttemptedQuerySet, MailStatus

log = logging.getLogger(__name__)

# The waits between two attempts: 41 hours in all, most of a weekend without a mail server.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440)]
STUCK_AFTER = timedelta(minutes=5)  # whoever takes longer to send one is dead
ERROR_LENGTH = 500
_Row = TypeVar("_Row", bound=Attempted)


def claim(rows: AttemptedQuerySet[_Row], pk: int) -> _Row | None:
    """Take the row for this worker, or return None when it is not due or another one has it."""
    now = timezone.now()
    claimed = (
        rows.due(now)
        .filter(pk=pk)
        .update(status=MailStatus.SENDING, claimed_at=now, next_try_at=now + STUCK_AFTER, attempts=F("attempts") + 1)
    )
    return rows.get(pk=pk) if claimed else None


def keep_success(row: Attempted) -> None:
    """Note that it was taken, also where another worker believes this one dead."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    with transaction.atomic():
        rows.update(status=MailStatus.SENT, sent_at=timezone.now(), last_error="")
        outcomes.ended.send(type(row), rows=[row.pk])


def keep_failure(row: Attempted, said: str, *, for_good: bool) -> None:
    """Note what went wrong, and when to try again: never, if the answer would be the same or was given too often."""
    final = for_good or row.attempts >= MAX_ATTEMPTS
    name = str(row._meta.verbose_name).capitalize()
    log.warning("%s %s failed at attempt %s%s: %s", name, row.pk, row.attempts, ", given up" if final else "", said)
    rows = type(row)._default_manager.filter(pk=row.pk, status=MailStatus.SENDING, claimed_at=row.claimed_at)
    with transaction.atomic():
        changed = rows.update(
            status=MailStatus.FAILED if final else MailStatus.QUEUED,
            next_try_at=timezone.now() + (timedelta() if final else WAITS[row.attempts - 1]),
            last_error=said[:ERROR_LENGTH],
        )
        if final and changed:
            outcomes.ended.send(type(row), rows=[row.pk])


def give_up_abandoned(rows: AttemptedQuerySet[_Row]) -> None:
    """Let those fail whose last attempt never ended."""
    give_up(rows.abandoned(timezone.now()), "The worker died at the last attempt; it may have been sent.")


def give_up(rows: AttemptedQuerySet[_Row], said: str) -> None:
    """Let these fail, which say why."""
    with transaction.atomic():
        chosen = list(rows.values_list("pk", flat=True))
        if chosen:
            rows.filter(pk__in=chosen).update(status=MailStatus.FAILED, last_error=said)
            outcomes.ended.send(rows.model, rows=chosen)


def again(rows: AttemptedQuerySet[_Row]) -> tuple[list[int], int]:
    """Make those among the rows that failed or wait due now, with all attempts before them.

    Returns the numbers of all that were chosen, and how many of them are due.
    """
    chosen = list(rows.values_list("pk", flat=True))
    idle = rows.model._default_manager.filter(pk__in=chosen, status__in=(MailStatus.QUEUED, MailStatus.FAILED))
    changed = idle.update(status=MailStatus.QUEUED, attempts=0, next_try_at=timezone.now())
    return chosen, changed
