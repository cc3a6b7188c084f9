"""Mails of several: daily ones, and those of hours with too many. Never empty.

They are made of what was held for somebody, together with the note that it has been told.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from notifications import attempts, kinds, outbox, wishes
from notifications.models import MailStatus, OutgoingMail

log = logging.getLogger(__name__)

MOST_LINES = 100  # mail programs cut what is very long
_NOBODY = "Its reader has no account or no address any more."


def write_due() -> int:
    """Write the mails of several whose time has come; return how many. May run in any number of workers at once.

    One that cannot be written stays held, is logged, and keeps nobody else's back.
    """
    due = OutgoingMail.objects.to_gather().filter(next_try_at__lte=timezone.now()).order_by()
    attempts.give_up(due.filter(user=None), _NOBODY)
    return sum(_is_written(pk, status) for pk, status in list(due.values_list("user", "status").distinct()) if pk)


def _is_written(user_id: int, status: str) -> bool:
    try:
        return write(user_id, MailStatus(status))
    except Exception:  # whatever is wrong with one person's rows, the others' mails come
        log.exception("The daily mail of person %s could not be written", user_id)
        return False


def write(user_id: int, status: MailStatus = MailStatus.HELD) -> bool:
    """Write a person's mail of all that waits for it, if something in it is due: daily, or of an hour with too many.

    The mail and the note that it tells of the others are one transaction: a crash leaves both or neither.
    """
    with transaction.atomic():
        # Locked: of two workers, the second finds nothing held.
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        waiting = OutgoingMail.objects.filter(status=status)
        held = list(waiting.filter(user=user_id).order_by("pk")) if user else []
        now = timezone.now()
        if user is None or not any(mail.next_try_at <= now for mail in held):
            return False
        rows = waiting.filter(pk__in=[mail.pk for mail in held])
        if not user.is_active or not user.email.strip():
            attempts.give_up(rows, _NOBODY)
            return False
        wanted = wishes.daily_time_of(user)
        is_daily = status == MailStatus.HELD
        mail = _mail(kinds.DIGEST if is_daily else kinds.OVERFLOW, user, held, wanted.zone, now)
        if OutgoingMail.objects.filter(key=mail.key).exists():  # of this day, or this hour, there is one already
            rows.update(next_try_at=wishes.next_digest(now, wanted) if is_daily else wishes.next_hour(now))
            return False
        mail.save(force_insert=True)
        rows.update(status=MailStatus.GATHERED, digest=mail)
        outbox.ring([mail.pk])
    return True


def _mail(event: str, user: User, held: Sequence[OutgoingMail], zone: tzinfo, now: datetime) -> OutgoingMail:
    """The row of a mail of several. There is one for each day on its reader's clocks, or for each hour."""
    when = str(now.astimezone(zone).date()) if event == kinds.DIGEST else f"{now.astimezone(UTC):%Y-%m-%dT%H}"
    key, way = f"{event}:{when}:{user.pk}", wishes.Way(MailStatus.QUEUED, now)
    language = wishes.languages_of([user.pk]).get(user.pk, settings.LANGUAGE_CODE)
    told = facts(held, str(zone))
    return outbox.mail_of(event, key, user.email.strip(), user, told, way, zone=zone, language=language)


def _told_of(mail: OutgoingMail) -> str | Promise:
    """Its subject; where no details may leave, its kind: it may have been worded while they might."""
    return kinds.BY_EVENT[mail.event].label if settings.NOTIFY_WITHOUT_DETAILS else mail.subject


def facts(mails: Sequence[OutgoingMail], zone: str) -> dict[str, object]:
    """What a mail of several says of these: what needs its reader most first, the rest counted."""
    ordered = sorted(mails, key=lambda mail: (kinds.rank(mail.event), mail.created_at))
    lines = [{"subject": _told_of(mail), "path": mail.path, "at": mail.created_at} for mail in ordered[:MOST_LINES]]
    return {
        "path": "/",
        "count": len(ordered),
        "more": max(0, len(ordered) - MOST_LINES),
        "lines": lines,
        "zone": zone.replace("_", " "),
        "cap": settings.MAILS_PER_HOUR,
        "needs_you": kinds.rank(ordered[0].event) <= kinds.rank("results_held"),
    }
