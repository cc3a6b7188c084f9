"""Writing mails: together with the change they tell of, so that neither exists without the other."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction

from notifications import attempts, doorbell, identity, kinds, tasks, unsubscribing, wishes
from notifications.models import MailStatus, OutgoingMail, OutgoingMailQuerySet
from notifications.wording import word


def enqueue(
    event: str,
    subject_id: str,
    *,
    users: Iterable[User] = (),
    addresses: Iterable[str] = (),
    context: Mapping[str, Any],
    thread: str = "",
) -> int:
    """Write the event's mail to each of these people and addresses, and return how many were written.

    What they want (notifications.wishes) decides what becomes of it: it goes out at once, is held for a daily mail,
    or is only kept as the record that it was not wanted.

    To be called inside the transaction of the change it tells of (raises TransactionManagementError outside of
    one): both are kept, or neither. Calling it again for the same event and subject tells nobody twice. People
    who are inactive or have no address are passed over. Mail programs keep the mails of a `thread` together.
    `context` holds texts, numbers, moments and paths beginning with a slash, never secrets;
    templates/mail/<event>/ says which ones. Texts of ours in it are lazy: each reader gets them in their language.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A mail is written inside the change it tells of.")
    recipients = {f"{event}:{subject_id}:{to.lower()}": (to, user) for to, user in _recipients(users, addresses)}
    told = set(OutgoingMail.objects.filter(key__in=recipients).values_list("key", flat=True))
    untold = {key: recipient for key, recipient in recipients.items() if key not in told}
    ways = wishes.ways(event, dict(untold.values()))
    people = [user.pk for _, user in untold.values() if user]
    zones, languages = wishes.zones_of(people), wishes.languages_of(people)
    mails = [
        mail_of(
            event,
            key,
            to,
            user,
            context,
            ways[to],
            thread=thread,
            zone=zones.get(user.pk if user else 0, UTC),
            language=languages.get(user.pk if user else 0, settings.LANGUAGE_CODE),
        )
        for key, (to, user) in untold.items()
    ]
    OutgoingMail.objects.bulk_create(mails, ignore_conflicts=True)
    now = [mail.key for mail in mails if mail.status == MailStatus.QUEUED]
    written = OutgoingMail.objects.filter(key__in=now)
    ring(written.values_list("pk", flat=True))
    return len(mails)


def send_again(mails: OutgoingMailQuerySet) -> int:
    """Make those among the mails that failed or wait due now, with all attempts before them; return how many."""
    chosen, due = attempts.again(mails)
    ring(chosen)
    return due


def ring(mail_ids: Iterable[int]) -> None:
    """Tell the workers about these mails once the transaction is committed."""
    doorbell.ring(tasks.deliver, mail_ids)


def _recipients(users: Iterable[User], addresses: Iterable[str]) -> Iterator[tuple[str, User | None]]:
    """Each address with the person behind it. A person comes last and so wins over the bare address."""
    yield from ((address.strip(), None) for address in addresses if address.strip())
    yield from ((user.email.strip(), user) for user in users if user.is_active and user.email.strip())


def mail_of(
    event: str,
    key: str,
    to: str,
    user: User | None,
    context: Mapping[str, Any],
    way: wishes.Way,
    *,
    thread: str = "",
    zone: tzinfo = UTC,
    language: str = settings.LANGUAGE_CODE,
) -> OutgoingMail:
    """The row of a mail, worded in `language` with its times in `zone`, and not stored."""
    name = (user.get_full_name() or user.get_username()) if user else ""
    leave = unsubscribing.path_for(event, to, user.pk if user else None)
    words = word(
        event,
        context,
        name,
        unsubscribe_path=leave,
        unsubscribe_all_path=leave and unsubscribing.path_for(kinds.ALL, to, user.pk if user else None),
        has_account=bool(user),
        zone=zone,
        language=language,
    )
    return OutgoingMail(
        key=key,
        event=event,
        to=to,
        user=user,
        subject=words.subject,
        text=words.text,
        html=words.html,
        path=context.get("path", ""),
        thread=thread,
        message_id=identity.message_id(key),
        status=way.status,
        next_try_at=way.at,
    )
