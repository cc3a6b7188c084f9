"""Writing mails: together with the change they tell of, so that neither exists without the other."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from notifications import identity, tasks
from notifications.models import MailStatus, OutgoingMail, OutgoingMailQuerySet
from notifications.wording import word

log = logging.getLogger(__name__)


def enqueue(
    event: str,
    subject_id: str,
    *,
    users: Iterable[User] = (),
    addresses: Iterable[str] = (),
    context: Mapping[str, Any],
) -> int:
    """Write the event's mail to each of these people and addresses, and return how many were written.

    To be called inside the transaction of the change it tells of (raises TransactionManagementError outside of
    one): both are kept, or neither. Calling it again for the same event and subject tells nobody twice. People
    who are inactive or have no address are passed over. `context` holds texts, numbers and paths beginning with
    a slash, never secrets; templates/mail/<event>/ says which ones.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A mail is written inside the change it tells of.")
    recipients = {f"{event}:{subject_id}:{to.lower()}": (to, user) for to, user in _recipients(users, addresses)}
    told = set(OutgoingMail.objects.filter(key__in=recipients).values_list("key", flat=True))
    mails = [_mail(event, key, to, user, context) for key, (to, user) in recipients.items() if key not in told]
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    written = OutgoingMail.objects.filter(key__in=[mail.key for mail in mails])
    ring(written.values_list("pk", flat=True))
    return len(mails)


def send_again(mails: OutgoingMailQuerySet) -> int:
    """Make those among the mails that failed or wait due now, with all attempts before them; return how many."""
    chosen = list(mails.values_list("pk", flat=True))
    idle = OutgoingMail.objects.filter(pk__in=chosen, status__in=(MailStatus.QUEUED, MailStatus.FAILED))
    changed = idle.update(status=MailStatus.QUEUED, attempts=0, next_try_at=timezone.now())
    ring(chosen)
    return changed


def ring(mail_ids: Iterable[int]) -> None:
    """Tell the workers about these mails once the transaction is committed; never fails, never waits long."""
    transaction.on_commit(partial(_ring, tuple(mail_ids)), robust=True)


def _ring(mail_ids: tuple[int, ...]) -> None:
    try:
        for mail_id in mail_ids:
            tasks.deliver.delay(mail_id)
    except (OperationalError, OSError) as error:
        log.warning("The broker does not answer; mails %s are sent when it does: %s", mail_ids, error)


def _recipients(users: Iterable[User], addresses: Iterable[str]) -> Iterator[tuple[str, User | None]]:
    """Each address with the person behind it. A person comes last and so wins over the bare address."""
    yield from ((address.strip(), None) for address in addresses if address.strip())
    yield from ((user.email.strip(), user) for user in users if user.is_active and user.email.strip())


def _mail(event: str, key: str, to: str, user: User | None, context: Mapping[str, Any]) -> OutgoingMail:
    words = word(event, context, (user.get_full_name() or user.get_username()) if user else "")
    return OutgoingMail(
        key=key,
        event=event,
        to=to,
        user=user,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=identity.message_id(key),
    )
