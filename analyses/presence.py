"""Whether anybody is at work: workers say every few seconds that they are there, pages ask who is missing."""

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from celery.signals import worker_ready, worker_shutdown
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from analyses.models import MISSING_AFTER, Attendance, Outage, Worker

log = logging.getLogger(__name__)

SIGN_SECONDS = 10.0
FORGOTTEN_AFTER = timedelta(days=7)  # one that died: where machines come and go, each leaves a name
REMEMBERED_SECONDS = 5  # by the pages of a process: a poll costs no query for it
# The queue of each kind of worker, and what does not happen without it.
KINDS = {
    "default": gettext_lazy("No worker is at work: nothing is prescanned, and no mail is sent."),
    "scans": gettext_lazy("No scanner is at work: no scan starts or goes on."),
}
_CACHE_KEY = "presence.missing"


def missing() -> list[str]:
    """What does not happen because nobody is there to do it, in words; empty when all kinds are at work."""
    return [str(KINDS[kind]) for kind in missing_kinds()]


def missing_kinds() -> list[str]:
    """The kinds of which nobody is at work."""
    return cache.get_or_set(_CACHE_KEY, look, REMEMBERED_SECONDS) or []


def look() -> list[str]:
    """The same as `missing_kinds`, looked up now."""
    recent = Worker.objects.filter(seen_at__gte=timezone.now() - MISSING_AFTER)
    present = set(recent.values_list("queue", flat=True))
    return [kind for kind in KINDS if kind not in present]


def say_present(name: str, queue: str) -> None:
    """Give a sign of life for a worker of one queue."""
    now = timezone.now()
    _attend(queue, now)
    if not Worker.objects.filter(name=f"{name} {queue}").update(seen_at=now):
        Worker.objects.create(name=f"{name} {queue}", queue=queue, started_at=now, seen_at=now)
        Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def _attend(queue: str, now: datetime) -> None:
    """Keep that somebody is there; whoever is the first after an outage keeps when that was."""
    if Attendance.objects.filter(queue=queue, seen_at__gte=now - MISSING_AFTER).update(seen_at=now):
        return
    with transaction.atomic():
        Attendance.objects.get_or_create(queue=queue, defaults={"seen_at": now})
        last = Attendance.objects.select_for_update().get(queue=queue)
        if last.seen_at < now - MISSING_AFTER:
            Outage.objects.create(queue=queue, began_at=last.seen_at, ended_at=now)
        Attendance.objects.filter(queue=queue).update(seen_at=now)


class Signs(threading.Thread):
    """Gives signs of life for this process, for as long as it can."""

    def __init__(self, name: str, queues: list[str]):
        super().__init__(name="signs of life", daemon=True)
        self._worker = name
        self._queues = queues
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                for queue in self._queues:
                    say_present(self._worker, queue)
            except DatabaseError as error:  # it comes back; until then pages say that nobody is here
                log.warning("No sign of life could be given: %s", error)
            finally:
                connection.close()
            self._over.wait(SIGN_SECONDS)

    def end(self) -> None:
        """Stop, and be missing from now on."""
        self._over.set()
        self.join(SIGN_SECONDS)
        Attendance.objects.filter(queue__in=self._queues).update(seen_at=timezone.now())
        Worker.objects.filter(name__in=[f"{self._worker} {queue}" for queue in self._queues]).delete()


_signs: list[Signs] = []


def connect() -> None:
    """Have every worker of this process give signs of life."""
    worker_ready.connect(_begin)
    worker_shutdown.connect(_end)


def _begin(sender: Any, **_signal: Any) -> None:
    signs = Signs(sender.hostname, list(sender.app.amqp.queues.consume_from))
    _signs.append(signs)
    signs.start()


def _end(**_signal: Any) -> None:
    while _signs:
        _signs.pop().end()
