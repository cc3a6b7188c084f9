"""Waking workers. The database says what is to be done; a lost ring is made good by the sweep."""

import logging
from functools import partial

from django.db import transaction
from kombu.exceptions import OperationalError

from dashboard.celery import app

log = logging.getLogger(__name__)


def ring(task: str, *ids: int) -> None:
    """Send a task of analyses.tasks once the current transaction is committed; never fails, never waits long."""
    transaction.on_commit(partial(_send, task, ids), robust=True)


def _send(task: str, ids: tuple[int, ...]) -> None:
    try:
        app.send_task(f"analyses.tasks.{task}", ids)
    except (OperationalError, OSError) as error:
        log.warning("The broker does not answer; the sweep will start %s %s: %s", task, ids, error)
