"""Reading the broker's messages so that what is none does no harm: it is dropped, and the worker goes on.

Kombu takes every text in a queue for a message of its own; another one ends the worker, with all its scans.
"""

import logging
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis

log = logging.getLogger(__name__)
NO_MESSAGE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Channel(redis.Channel):
    def _brpop_read(self, **options: Any) -> bool:
        try:
            return super()._brpop_read(**options)
        except NO_MESSAGE as error:
            log.warning("What was in the broker is no message, and is dropped: %r", error)
            raise Empty from error


class Transport(redis.Transport):
    Channel = Channel


def drop_what_is_none() -> None:
    """Have every connection to a broker made from now on read like this."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
