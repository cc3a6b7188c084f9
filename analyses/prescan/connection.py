"""The way to a target's hosts: each name is looked up once, its addresses judged, one of them connected to.

Nothing else in the prescan opens a connection: a name that changes its mind, or leads inside, gains nothing.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import certifi
import httpcore

from analyses.prescan.contract import CheckFailed, PrescanTarget
from analyses.statuses import ScanStatus
from analyses.targets import Address, address_refusal, refusal

NAME_SECONDS = 5.0
TCP_SECONDS = 5.0
TLS_SECONDS = 5.0

_ALLOW = "Ask an administrator to allow it, or correct the address."


class Deadline:
    """When everything must be over."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.moment = time.monotonic() + seconds

    def left(self, most: float) -> float:
        """Seconds that something may take: `most`, or what is left. Raises CheckFailed when none is."""
        left = self.moment - time.monotonic()
        if left <= 0:
            raise CheckFailed(
                f"The {self.seconds:.0f} s for the whole prescan were over",
                "Check that the target answers quickly, then submit again.",
            )
        return min(most, left)


class Network:
    """Resolves, judges and connects for one target."""

    def __init__(self, target: PrescanTarget, deadline: Deadline):
        self.target = target
        self.deadline = deadline
        self._answers: dict[tuple[str, int], tuple[str, ...]] = {}
        self._trusted: ssl.SSLContext | None = None

    def addresses(self, address: Address) -> tuple[str, ...]:
        """The IP addresses of a host, looked up once and all of them allowed. Raises CheckFailed."""
        if reason := refusal(address.url, self.target.allowed, self.target.own):
            raise CheckFailed(reason, _ALLOW, ScanStatus.VERIFICATION_FAILED)
        key = (address.host, address.port)
        if key not in self._answers:
            found = _look_up(*key, self.deadline.left(NAME_SECONDS))
            for ip in found:
                if reason := address_refusal(ip, address, self.target.allowed, self.target.own):
                    raise CheckFailed(reason, _ALLOW, ScanStatus.VERIFICATION_FAILED)
            self._answers[key] = found
        return self._answers[key]

    def connect(self, address: Address) -> socket.socket:
        """Connect to the first of the host's addresses that answers, and keep to it. Raises CheckFailed."""
        found = self.addresses(address)
        limit = self.deadline.left(TCP_SECONDS)
        ends = time.monotonic() + limit
        failure = CheckFailed("", "")
        for ip in found:
            try:
                connection = socket.create_connection((ip, address.port), max(0.01, ends - time.monotonic()))
            except OSError as error:
                failure = _not_connected(error, ip, address, limit)
                continue
            self._answers[address.host, address.port] = (ip,)
            return connection
        raise failure

    @property
    def trusted(self) -> ssl.SSLContext:
        """What certificates are verified against: this machine's authorities, and the public ones."""
        if self._trusted is None:
            self._trusted = ssl.create_default_context()
            self._trusted.load_verify_locations(certifi.where())
        return self._trusted

    def secured(self, connection: socket.socket, host: str, seconds: float) -> ssl.SSLSocket:
        """Turn a connection into a TLS one with a verified certificate. Raises CheckFailed."""
        connection.settimeout(seconds)
        try:
            return self.trusted.wrap_socket(connection, server_hostname=host)
        except OSError as error:  # ssl.SSLError is one
            connection.close()
            raise _not_secured(error, host, seconds) from error


def _look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """Ask the system's resolver, which knows no time limit of its own: a thread waits for it."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise CheckFailed(
            f"The name {host} could not be looked up within {_time(seconds)}",
            "Check the name servers of the machine that runs the scans.",
        )
    if isinstance(answers[0], Exception):
        raise _not_found(answers[0], host) from answers[0]
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in answers[0]))


def _not_found(error: Exception, host: str) -> CheckFailed:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return CheckFailed(
            f"The name server gave no answer for {host}",
            "Check the name servers of the machine that runs the scans, then submit again.",
        )
    return CheckFailed(
        f"The name {host} does not exist",
        "Check the spelling. A name of your own network must be known to the machine that runs the scans.",
    )


def _not_connected(error: OSError, ip: str, address: Address, seconds: float) -> CheckFailed:
    spot = f"[{ip}]:{address.port}" if ":" in ip else f"{ip}:{address.port}"
    if isinstance(error, ConnectionRefusedError):
        return CheckFailed(
            f"Connection refused at {spot}", "Start the site, or correct the port: nothing listens there."
        )
    if isinstance(error, TimeoutError):
        return CheckFailed(
            f"No answer from {spot} within {_time(seconds)}",
            "A firewall may be in the way: let the machine that runs the scans through.",
        )
    return CheckFailed(
        f"{spot} cannot be reached: {error.strerror or 'no connection'}",
        "Check the route and the firewall between the machine that runs the scans and the target.",
    )


_AUTHORITY = (
    "Give the site a certificate of a known authority, or have its authority added to those that the machine "
    "running the scans trusts."
)
_CHAIN = " If it is known, the site must send its intermediate certificates too."
_BY_VERIFY_CODE = {
    9: ("The certificate is not valid yet", "Check the site's certificate, and the clock of both machines."),
    10: ("The certificate has expired", "Renew the site's certificate."),
    18: ("The certificate is self-signed", _AUTHORITY),
    19: ("The certificate comes from an authority that is not trusted", _AUTHORITY),
    20: ("The certificate comes from an authority that is not known", _AUTHORITY + _CHAIN),
    21: ("The certificate comes from an authority that is not known", _AUTHORITY + _CHAIN),
}
_WRONG_HOST = frozenset({62, 64})
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER", "PACKET_LENGTH")


def _not_secured(error: OSError, host: str, seconds: float) -> CheckFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_HOST:
            cause = f"The certificate is for another host than {host}"
            return CheckFailed(cause, "Use the name that the certificate is for, or renew it for this one.")
        known = _BY_VERIFY_CODE.get(error.verify_code)
        return CheckFailed(*known) if known else CheckFailed("The certificate cannot be verified", _AUTHORITY)
    reason = getattr(error, "reason", None) or ""
    if isinstance(error, TimeoutError):
        cause = f"The TLS handshake did not end within {_time(seconds)}"
    elif any(word in reason for word in _NOT_TLS):
        cause = "What answers there does not speak TLS"
    elif any(word in reason for word in _OLD_TLS):
        return CheckFailed(
            "The site offers only TLS versions that are no longer safe", "Have it offer TLS 1.2 or later."
        )
    elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return CheckFailed(
            f"The TLS handshake failed ({reason.lower().replace('_', ' ') or 'no reason given'})",
            "Check the TLS settings of the site.",
        )
    else:
        cause = "The connection was closed during the TLS handshake"
    return CheckFailed(cause, "Check the port. If the site has no TLS, its address begins with http://.")


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s"


_BEGINNING = b"HTTP/"  # of every answer


class BoundedStream(httpcore.NetworkStream):
    """A connection for one HTTP answer, that ends at its moment however slowly the other side drips."""

    def __init__(self, connection: socket.socket, network: Network, ends: float):
        self._connection = connection
        self._network = network
        self._ends = ends
        self._heard = b""

    def _hurry(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the moment binds
        try:
            self._hurry()
            received = self._connection.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError from error
        if len(self._heard) < len(_BEGINNING):
            self._heard += received[: len(_BEGINNING)]
            if not _BEGINNING.startswith(self._heard[: len(_BEGINNING)]):  # it would be waited for in vain
                raise httpcore.RemoteProtocolError("This is not HTTP")
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the moment binds
        try:
            self._hurry()
            self._connection.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:  # the network's own context verifies: no other is ever given
        del ssl_context, timeout
        seconds = min(TLS_SECONDS, self._hurry())
        secured = self._network.secured(self._connection, server_hostname or "", seconds)
        return BoundedStream(secured, self._network, self._ends)

    def close(self) -> None:
        self._connection.close()


class PinnedBackend(httpcore.NetworkBackend):
    """Lets httpcore reach one address only, the way `Network` allows, until the moment `ends`."""

    def __init__(self, network: Network, address: Address, ends: float):
        self._network = network
        self._address = address
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout, local_address, socket_options
        if (host, port) != (self._address.host, self._address.port):
            raise httpcore.ConnectError("Not the address that was checked")
        return BoundedStream(self._network.connect(self._address), self._network, self._ends)
