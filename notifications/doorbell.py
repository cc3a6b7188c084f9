"""Waking the workers once a change is committed. What is to be done stands in the tables: a lost ring loses nothing."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(task: Any, row_ids: Iterable[int]) -> None:
    """Have a task look at each of these rows after the commit; never fails, never waits long."""
    transaction.on_commit(partial(_ring, task, tuple(row_ids)), robust=True)


def _ring(task: Any, row_ids: tuple[int, ...]) -> None:
    try:
        for row_id in row_ids:
            task.delay(row_id)
    except (OperationalError, OSError) as error:
        log.warning("The broker does not answer; %s is sent when it does: %s", row_ids, error)
