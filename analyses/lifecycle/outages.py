"""What a runner reports outlasts a database that is away for a while: the engine goes on meanwhile."""

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


def outlasting_outages(verb: Callable[_P, _T]) -> Callable[_P, _T]:
    """Try a report again while the database is away, for as long as the lease of whoever reports may last.

    Right for reports only: they are fenced, so one that was stored although the answer was lost does nothing the second
    time. Within a transaction of somebody else's the error is theirs.
    """

    @functools.wraps(verb)
    def patient(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        until = time.monotonic() + settings.LEASE_SECONDS
        while True:
            try:
                return verb(*args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block or time.monotonic() > until:
                    raise
                log.warning("The database is away; %s is tried again: %s", verb.__name__, error)
                connection.close()
                threading.Event().wait(RETRY_SECONDS)

    return patient
