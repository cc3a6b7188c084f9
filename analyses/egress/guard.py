"""Looks a name up once, judges it and all that it leads to, connects to one of those addresses, and to nothing else.

Every connection to a target is made by `Guard.connect`. What it cannot judge it refuses. What is allowed is asked anew
for every connection, so that an approval that is withdrawn counts from then on.
"""

import socket
import time
from collections.abc import Iterable

from analyses.said import Count
from analyses.said import said as _
from analyses.targets import Address, address_refusal, refusal
from dashboard.names import NoAddress, addresses_of

MOST_REMEMBERED = 1_000  # hosts and ports


class NotReached(Exception):
    """No connection could be made. The message is for people."""


class Refused(NotReached):
    """It must not be reached: nothing was connected to."""


class NotFound(NotReached):
    """The name leads nowhere. `error` is the resolver's own, None when it gave no answer within `seconds`."""

    def __init__(self, host: str, error: Exception | None, seconds: float):
        super().__init__(f"The name {host} could not be looked up")
        self.error = error
        self.seconds = seconds


class NotConnected(NotReached):
    """Nothing answers at `ip`, the last of the addresses that were tried within `seconds`."""

    def __init__(self, ip: str, error: OSError, seconds: float):
        super().__init__(f"{ip} cannot be reached")
        self.ip = ip
        self.error = error
        self.seconds = seconds


class Guard:
    """The way out for one attempt at one target: a host keeps the addresses that it had at first.

    `allowed` are the patterns administrators allow, which may change meanwhile; `own` is the product's own address.
    `known` are addresses that were found earlier in the attempt: they are judged like any, and not looked up again.
    """

    def __init__(
        self, allowed: Iterable[str], own: str = "", known: Iterable[tuple[Address, tuple[str, ...]]] = ()
    ) -> None:
        self._allowed = allowed
        self._own = own
        self._answers: dict[tuple[str, int], tuple[str, ...]] = {
            (address.host, address.port): ips for address, ips in known if ips
        }

    def judge(self, address: Address) -> None:
        """Refuse what is not allowed, or is no longer, as far as the address itself tells. Raises Refused."""
        if reason := refusal(address.url, self._allowed, self._own):
            raise Refused(reason)

    def addresses(self, address: Address, seconds: float) -> tuple[str, ...]:
        """The IP addresses of a host, looked up once and all of them allowed now. Raises Refused, NotFound."""
        self.judge(address)
        key = (address.host, address.port)
        found = self._answers.get(key) or _look_up(*key, seconds)
        for ip in found:
            if reason := address_refusal(ip, address, self._allowed, self._own):
                raise Refused(reason)
        if key not in self._answers and len(self._answers) >= MOST_REMEMBERED:
            raise Refused(_("More than %(count)s hosts in one attempt", count=Count(MOST_REMEMBERED)))
        # Whoever asked first at the same time has the answer: two would be two chances to be led elsewhere.
        return self._answers.setdefault(key, found)

    def connect(self, address: Address, seconds: float, name_seconds: float) -> socket.socket:
        """Connect to the first of the host's addresses that answers, and keep to it. Raises NotReached.

        `seconds` are for all of its addresses together, `name_seconds` for looking them up.
        """
        found = self.addresses(address, name_seconds)
        ends = time.monotonic() + seconds
        failure = NotConnected("", OSError(), seconds)
        for ip in found:
            try:
                connection = socket.create_connection((ip, address.port), max(0.01, ends - time.monotonic()))
            except OSError as error:
                failure = NotConnected(ip, error, seconds)
                continue
            self._answers[address.host, address.port] = (ip,)
            return connection
        raise failure

    def still_allows(self, address: Address, ip: str) -> bool:
        """Tell whether a connection that was made may go on."""
        return not (
            refusal(address.url, self._allowed, self._own) or address_refusal(ip, address, self._allowed, self._own)
        )


def _look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host. Raises NotFound."""
    try:
        return addresses_of(host, port, seconds)
    except NoAddress as nowhere:
        raise NotFound(host, nowhere.error, seconds) from nowhere.error
