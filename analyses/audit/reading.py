"""How the audit reads: one moment of the database, a batch at a time, without keeping anybody waiting."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from django.db import connection, transaction

# A dead worker is noticed within this: its lease ends, and a sweep sees it.
NOTICED = timedelta(seconds=75)
# Clocks of several machines may differ by this.
CLOCKS = timedelta(seconds=5)

Item = TypeVar("Item")


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything read inside come from the same moment. Nothing can be written, and no writer waits for it."""
    if connection.in_atomic_block:  # the caller's transaction is that moment
        yield
    elif connection.vendor == "sqlite":  # not by atomic(), which would take the only place of a writer
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
                cursor.execute("PRAGMA query_only = OFF")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def in_batches(items: Iterable[Item], size: int = 200) -> Iterator[list[Item]]:
    """The items, at most `size` at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
