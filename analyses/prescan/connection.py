"""The prescan's connections to a target's hosts, all of them made by the guard, and what people are told of them.

Nothing else in the prescan opens a connection: a name that changes its mind, or leads inside, gains nothing.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import certifi
import httpcore

from analyses.egress.guard import Guard, NotConnected, NotFound, Refused
from analyses.prescan.certificates import CertificateError, present
from analyses.prescan.contract import CheckFailed, PrescanTarget, SignInFailed
from analyses.prescan.handshake import about_client_certificate, not_secured
from analyses.said import said as _
from analyses.said import said_by
from analyses.statuses import ScanStatus
from analyses.targets import Address, parse_target

NAME_SECONDS = 5.0
TCP_SECONDS = 5.0
TLS_SECONDS = 5.0

_ALLOW = _("Ask an administrator to allow it, or correct the address.")


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
                _("The %(seconds)s s for the whole prescan were over", seconds=round(self.seconds)),
                _("Check that the target answers quickly, then submit again."),
            )
        return min(most, left)


class Network:
    """Resolves, judges and connects for one target, by its guard."""

    def __init__(self, target: PrescanTarget, deadline: Deadline):
        self.target = target
        self.deadline = deadline
        self.guard = Guard(target.allowed, target.own)
        self._trusted: ssl.SSLContext | None = None
        self._presenting: ssl.SSLContext | None = None

    def addresses(self, address: Address) -> tuple[str, ...]:
        """The IP addresses of a host, looked up once and all of them allowed now. Raises CheckFailed."""
        with _in_words(address):
            return self.guard.addresses(address, self.deadline.left(NAME_SECONDS))

    def judge(self, address: Address) -> None:
        """Refuse what is not allowed, or is no longer. Raises CheckFailed."""
        with _in_words(address):
            self.guard.judge(address)

    def connect(self, address: Address) -> socket.socket:
        """Connect to the first of the host's addresses that answers, and keep to it. Raises CheckFailed."""
        with _in_words(address):
            return self.guard.connect(address, self.deadline.left(TCP_SECONDS), self.deadline.left(NAME_SECONDS))

    @property
    def trusted(self) -> ssl.SSLContext:
        """What certificates are verified against: this machine's authorities, and the public ones."""
        if self._trusted is None:
            self._trusted = _verifying()
        return self._trusted

    def secured(self, connection: socket.socket, host: str, seconds: float) -> ssl.SSLSocket:
        """Turn a connection into a TLS one with a verified certificate. Raises CheckFailed."""
        connection.settimeout(seconds)
        context = self.presenting if self._presents(host, connection) else self.trusted
        try:
            return context.wrap_socket(connection, server_hostname=host)
        except OSError as error:  # ssl.SSLError is one
            connection.close()
            raise not_secured(error, host, seconds, presented=context is not self._trusted) from error

    @property
    def presenting(self) -> ssl.SSLContext:
        """The same, with the client certificate of the target. Raises SignInFailed."""
        if self._presenting is None:
            context = _verifying()
            try:
                present(context, self.target.client_certificate)
            except CertificateError as error:
                raise SignInFailed(said_by(error), _("Upload it again in the sign-in settings.")) from error
            self._presenting = context
        return self._presenting

    def _presents(self, host: str, connection: socket.socket) -> bool:
        """Tell whether the client certificate belongs there: to the target's own origin, and nowhere else."""
        if not self.target.client_certificate:
            return False
        own = parse_target(self.target.url)
        return (own.scheme, own.host, own.port) == ("https", host, connection.getpeername()[1])


def _verifying() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@contextmanager
def _in_words(address: Address) -> Iterator[None]:
    """What the guard says of a host, as a check's failure. Raises CheckFailed."""
    try:
        yield
    except Refused as refused:
        raise CheckFailed(said_by(refused), _ALLOW, ScanStatus.VERIFICATION_FAILED) from refused
    except NotFound as failure:
        raise _not_found(failure, address.host) from failure
    except NotConnected as failure:
        raise _not_connected(failure, address) from failure


def _not_found(failure: NotFound, host: str) -> CheckFailed:
    if failure.error is None:
        return CheckFailed(
            _("The name %(host)s could not be looked up within %(seconds)s", host=host, seconds=_time(failure.seconds)),
            _("Check the name servers of the machine that runs the scans."),
        )
    if isinstance(failure.error, socket.gaierror) and failure.error.errno == socket.EAI_AGAIN:
        return CheckFailed(
            _("The name server gave no answer for %(host)s", host=host),
            _("Check the name servers of the machine that runs the scans, then submit again."),
        )
    return CheckFailed(
        _("The name %(host)s does not exist", host=host),
        _("Check the spelling. A name of your own network must be known to the machine that runs the scans."),
    )


def _not_connected(failure: NotConnected, address: Address) -> CheckFailed:
    ip, error = failure.ip, failure.error
    spot = f"[{ip}]:{address.port}" if ":" in ip else f"{ip}:{address.port}"
    if isinstance(error, ConnectionRefusedError):
        return CheckFailed(
            _("Connection refused at %(spot)s", spot=spot),
            _("Start the site, or correct the port: nothing listens there."),
        )
    if isinstance(error, TimeoutError):
        return CheckFailed(
            _("No answer from %(spot)s within %(seconds)s", spot=spot, seconds=_time(failure.seconds)),
            _("A firewall may be in the way: let the machine that runs the scans through."),
        )
    return CheckFailed(
        _("%(spot)s cannot be reached: %(reason)s", spot=spot, reason=error.strerror or _("no connection")),
        _("Check the route and the firewall between the machine that runs the scans and the target."),
    )


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
            presented = bool(self._network.target.client_certificate)
            raise about_client_certificate(error, presented=presented) or httpcore.ReadError from error
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
