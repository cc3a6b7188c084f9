"""The ledger of somebody's mails: what became of each and why, and how many other choices would have sent.

Whoever is to be told has a row also where nothing is sent: so both are read from the rows, and nothing is estimated.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.moments import moment_in_words
from notifications import kinds, wishes
from notifications.models import Choice, MailStatus, OutgoingMail

DAYS = 30
MOST = 5_000  # rows that are read: the latest


def why(mail: OutgoingMail) -> str:
    """Why it was sent, is held or was not sent, in words. What a mail server said stands beside it."""
    match mail.status:
        case MailStatus.SENT:
            at_once = mail.event not in kinds.MADE_OF_OTHERS
            return _("You were to be told at once.") if at_once else _("It told of several.")
        case MailStatus.HELD:
            return _("You chose the daily mail: it comes %(moment)s.") % {"moment": _next_try(mail)}
        case MailStatus.CAPPED:
            return _("More than %(number)s mails in an hour: told in one %(moment)s.") % {
                "number": settings.MAILS_PER_HOUR,
                "moment": _next_try(mail),
            }
        case MailStatus.GATHERED:
            if mail.digest is None:
                return _("It was told.")
            return _("It was told in the mail of %(moment)s.") % {"moment": moment_in_words(mail.digest.created_at)}
        case MailStatus.UNWANTED:
            if mail.user_id is None:
                return _("Not sent: unsubscribed.")
            return _("Not sent: you chose not to get mails of this kind.")
        case MailStatus.FAILED:
            said = ngettext(
                "Not sent: given up after %(number)s attempt.",
                "Not sent: given up after %(number)s attempts.",
                mail.attempts,
            )
            return said % {"number": mail.attempts}
        case _ if mail.attempts:
            return _("The mail server did not take it: tried again %(moment)s.") % {"moment": _next_try(mail)}
    return _("It is about to be sent.")


def _next_try(mail: OutgoingMail) -> str:
    return moment_in_words(mail.next_try_at, weekday=True)


@dataclass(frozen=True)
class Replay:
    """How many mails the last DAYS would have brought: of each kind alone by choice, and of all with these choices."""

    by_kind: Mapping[str, Mapping[Choice, int]]
    total: int
    is_cut: bool


def replay(user: User, choices: Mapping[str, Choice] | None = None) -> Replay:
    """Play what somebody was to be told once more, with other choices than theirs, or theirs. Two queries or three."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = OutgoingMail.objects.filter(user=user.pk, created_at__gte=since).exclude(event__in=kinds.MADE_OF_OTHERS)
    found = list(rows.order_by("-pk").values_list("event", "created_at")[: MOST + 1])
    chosen = wishes.choices_of(user) if choices is None else choices
    hour = wishes.daily_time_of(user)
    told = found[MOST - 1 :: -1]  # the earliest first
    return Replay(
        by_kind={
            kind.event: _alone([at for event, at in told if event == kind.event], hour) for kind in kinds.OPTIONAL
        },
        total=_together(told, chosen, hour),
        is_cut=len(found) > MOST,
    )


def _alone(moments: list[datetime], hour: wishes.DailyTime) -> dict[Choice, int]:
    return {
        Choice.AT_ONCE: len(moments),
        Choice.DAILY: len({wishes.next_digest(at, hour) for at in moments}),
        Choice.NONE: 0,
    }


def _together(told: list[tuple[str, datetime]], chosen: Mapping[str, Choice], hour: wishes.DailyTime) -> int:
    """As notifications.wishes decides it: at once, in one mail a day, or in one mail for the rest of an hour."""
    sent: Counter[datetime] = Counter()  # by the end of their hour
    of_several: set[tuple[Choice, datetime]] = set()
    for event, at in told:
        choice = chosen.get(event, Choice.AT_ONCE) if kinds.is_optional(event) else Choice.AT_ONCE
        end = wishes.next_hour(at)
        if choice == Choice.DAILY:
            of_several.add((choice, wishes.next_digest(at, hour)))
        elif choice == Choice.AT_ONCE and kinds.is_optional(event) and 0 < settings.MAILS_PER_HOUR <= sent[end]:
            of_several.add((choice, end))
        elif choice == Choice.AT_ONCE:
            sent[end] += 1
    return sent.total() + len(of_several)
