"""Sending messages to hooks: claimed, sent, tried again and given up like mails. A message may come twice.

A worker that dies between the hook's yes and our note of it leaves a message that is sent again, with the same
Idempotency-Key.
"""

from time import monotonic

from django.utils import timezone

from dashboard.encrypted_text import UnreadableSecret, revealed
from notifications import attempts, hook_connection, identity, kinds
from notifications.hook_connection import Answer, NotHeard, Refused
from notifications.models import HookMessage
from notifications.wording import one_line

PASS_SECONDS = 25  # the beat rings every 30, so passes do not pile up
_LATER = (408, 425, 429)  # of the answers that blame the request, those that ask to come again
WORDS_LENGTH = 200


def deliver(message_id: int) -> bool | None:
    """Send the message; return whether the hook took it, and None when it was not due or another worker has it."""
    message = attempts.claim(HookMessage.objects.select_related("hook"), message_id)
    if message is None:
        return None
    try:
        answer = _send(message)
    except (Refused, UnreadableSecret) as error:
        attempts.keep_failure(message, str(error), for_good=True)
        return False
    except NotHeard as error:
        attempts.keep_failure(message, str(error), for_good=False)
        return False
    if 200 <= answer.status < 300:
        attempts.keep_success(message)
        return True
    attempts.keep_failure(message, _said(answer), for_good=_is_for_good(answer))
    return False


def deliver_due() -> int:
    """Send what is due, for PASS_SECONDS; a hook that does not take one is left alone for this pass."""
    attempts.give_up_abandoned(HookMessage.objects.all())
    sent, end, deaf = 0, monotonic() + PASS_SECONDS, set()
    due = HookMessage.objects.due(timezone.now()).order_by("next_try_at")
    for message_id, hook_id in list(due.values_list("pk", "hook")):
        if monotonic() > end:
            break
        if hook_id in deaf:
            continue
        taken = deliver(message_id)
        sent += taken is True
        if taken is False:
            deaf.add(hook_id)
    return sent


def _send(message: HookMessage) -> Answer:
    hook = message.hook
    if not hook.active and message.event != kinds.TEST:
        raise Refused("The hook is switched off.")
    return hook_connection.post(
        revealed(hook.address), message.body.encode(), revealed(hook.secret), identity.idempotency_key(message.key)
    )


def _is_for_good(answer: Answer) -> bool:
    """Whether the answer would be the same next time: a redirect, which is not followed, or the request is blamed."""
    return 300 <= answer.status < 500 and answer.status not in _LATER


def _said(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"{answer.status}: redirects are not followed"
    return f"{answer.status} {one_line(answer.words)[:WORDS_LENGTH]}".strip()
