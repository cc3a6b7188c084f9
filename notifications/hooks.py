"""Writing messages to web hooks: together with the change they tell of, like mails."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import QuerySet

from notifications import attempts, doorbell, kinds, tasks
from notifications.hook_wording import body_for
from notifications.models import Hook, HookMessage, HookMessageQuerySet, Occasion

_NO_SECRETS = ("address", "secret")


def enqueue(event: str, subject_id: str, *, teams: QuerySet[Group], context: Mapping[str, Any]) -> int:
    """Write the event's message to each hook that is to be told; return how many there are.

    `teams` are those that see what it is about. To be called inside the change's transaction, as outbox.enqueue.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A message is written inside the change it tells of.")
    see = set(teams.values_list("pk", flat=True))
    occasion, is_new = Occasion.objects.get_or_create(event=event, subject=subject_id)
    if is_new:
        occasion.teams.set(see)
    return _write(event, subject_id, [hook for hook in _active() if hook.hears(event, see)], context)


def send_test(hook: Hook) -> HookMessage:
    """Have the hook told of nothing, to see whether it hears."""
    with transaction.atomic():
        subject = uuid4().hex
        _write(kinds.TEST, subject, [hook], {"analysis_name": "Example", "path": "/", "status": "This is a test"})
        return HookMessage.objects.get(key=_key(kinds.TEST, subject, hook))


def send_again(messages: HookMessageQuerySet) -> int:
    """Make those that failed or wait due now, with all attempts before them; return how many."""
    chosen, due = attempts.again(messages)
    _ring(chosen)
    return due


def _active() -> Iterable[Hook]:
    return Hook.objects.filter(active=True).defer(*_NO_SECRETS).prefetch_related("teams")


def _write(event: str, subject_id: str, hooks: Collection[Hook], context: Mapping[str, Any]) -> int:
    if not hooks:
        return 0
    messages = [
        HookMessage(key=_key(event, subject_id, hook), hook=hook, event=event, body=body_for(hook, event, context))
        for hook in hooks
    ]
    HookMessage.objects.bulk_create(messages, ignore_conflicts=True)
    written = HookMessage.objects.filter(key__in=[message.key for message in messages])
    _ring(list(written.values_list("pk", flat=True)))
    return len(messages)


def _key(event: str, subject_id: str, hook: Hook) -> str:
    return f"{event}:{subject_id}:{hook.pk}"


def _ring(message_ids: Iterable[int]) -> None:
    doorbell.ring(tasks.tell_hook, message_ids)
