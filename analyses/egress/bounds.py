"""How much goes out by one proxy, and how long its connections last."""

from dataclasses import dataclass

MIB = 1024**2


@dataclass(frozen=True)
class Bounds:
    """Of one proxy. Bytes are counted in both directions."""

    at_once: int = 64  # connections of whoever knows the password
    asking_at_once: int = 64  # those that have not shown it yet; the oldest makes way for one more
    bytes_each: int = 512 * MIB  # of one connection, over all the requests that it carries
    bytes_in_all: int = 64 * 1024 * MIB
    head_bytes: int = 256 * 1024  # of a request's first line and headers
    head_seconds: float = 10.0  # to send them, and the name and the password
    name_seconds: float = 5.0
    connect_seconds: float = 5.0
    idle_seconds: float = 120.0  # without a byte in any direction


class Exceeded(Exception):
    """More than the bounds allow; the message says of what."""


class Meter:
    """Counts what goes through one proxy."""

    def __init__(self, bounds: Bounds):
        self._bounds = bounds
        self._in_all = 0

    @property
    def is_spent(self) -> bool:
        return self._in_all > self._bounds.bytes_in_all

    def take(self, count: int, of_this_one: int) -> int:
        """Count bytes of a connection that has carried `of_this_one`; answers its new sum. Raises Exceeded."""
        self._in_all += count
        if self.is_spent:
            raise Exceeded(f"more than {self._bounds.bytes_in_all // MIB:,} MiB in all")
        if of_this_one + count > self._bounds.bytes_each:
            raise Exceeded(f"more than {self._bounds.bytes_each // MIB:,} MiB in one connection")
        return of_this_one + count
