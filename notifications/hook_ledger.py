"""The ledger of a hook: what its settings of now would have sent it, and what became of what was sent.

Every occasion has a row, also where no hook was told of it: so both are read from the rows, and nothing is estimated.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from notifications import kinds
from notifications.ledger import DAYS
from notifications.models import OPEN, Hook, HookMessage, MailStatus, Occasion


@dataclass(frozen=True)
class Line:
    """One kind of event: how often it happened where this hook listens, and what became of its messages."""

    kind: kinds.Kind
    is_chosen: bool
    happened: int
    sent: int
    waiting: int
    failed: int


@dataclass(frozen=True)
class Replay:
    """The last DAYS of a hook. `total` is what its settings of now would have sent it, were it active all the time."""

    lines: tuple[Line, ...]
    total: int
    sent: int


def replay(hook: Hook) -> Replay:
    """Play the last DAYS once more for a hook as it is stored, as Hook.hears decides it. Two queries."""
    since = timezone.now() - timedelta(days=DAYS)
    heard_of = Occasion.objects.filter(at__gte=since)
    if not hook.for_everybody:
        heard_of = heard_of.filter(teams__in=hook.teams.all())
    happened = dict(heard_of.order_by().values_list("event").annotate(Count("pk", distinct=True)))
    told = HookMessage.objects.filter(hook=hook, created_at__gte=since).order_by()
    numbers = told.values_list("event", "status").annotate(Count("pk"))
    became = Counter({(event, status): number for event, status, number in numbers})
    lines = tuple(
        Line(
            kind,
            is_chosen=kind.event in hook.events,
            happened=happened.get(kind.event, 0),
            sent=became[kind.event, MailStatus.SENT],
            waiting=sum(became[kind.event, status] for status in OPEN),
            failed=became[kind.event, MailStatus.FAILED],
        )
        for kind in kinds.KINDS
    )
    total = sum(line.happened for line in lines if line.is_chosen)
    return Replay(lines, total, sum(line.sent for line in lines))
