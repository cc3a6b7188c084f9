"""Telling a hook: one POST, to an address that was looked up once and judged; no redirects, bounded in every way."""

import hashlib
import hmac
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import certifi
import httpcore
from django.conf import settings

from dashboard.names import NoAddress, addresses_of
from notifications import hook_addresses
from notifications.hook_addresses import Refused

NAME_SECONDS = 5.0
CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0  # from looking the name up to the last byte of the answer
ANSWER_BYTES = 4096


class NotHeard(Exception):
    """Nobody answered. The message is for administrators, and does not contain the address."""


@dataclass(frozen=True)
class Answer:
    """`words` is the beginning of what the hook said."""

    status: int
    words: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in the header Vedette-Signature; docs/notifications.md says how it is checked."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


def post(address: str, body: bytes, secret: str, idempotency_key: str) -> Answer:
    """Send the body. Raises Refused for an address that must not be told, NotHeard when nobody answers."""
    ends = time.monotonic() + WHOLE_SECONDS
    parts = hook_addresses.parsed(address)
    timestamp = str(int(time.time()))
    headers: dict[bytes | str, bytes | str] = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": f"Vedette/{settings.VERSION}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Idempotency-Key": idempotency_key,
        "Vedette-Timestamp": timestamp,
    }
    if secret:
        headers["Vedette-Signature"] = signature(secret, timestamp, body)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=_Judged(parts, ends)) as pool,
            pool.stream("POST", address, headers=headers, content=body) as answer,
        ):
            return Answer(answer.status, _beginning(answer.iter_stream()))
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NotHeard(f"No answer within {WHOLE_SECONDS:.0f} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, UnicodeError, ValueError) as error:
        raise NotHeard(_why(error)) from error


def _beginning(pieces: Iterable[bytes]) -> str:
    """No more of the answer than is kept is read."""
    heard = b""
    for piece in pieces:
        heard += piece
        if len(heard) >= ANSWER_BYTES:
            break
    return heard[:ANSWER_BYTES].decode(errors="replace")


def _why(error: Exception) -> str:
    """What went wrong, in our own words: an error's own might hold the address."""
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"Its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return "No TLS connection could be made"
    if isinstance(cause, ConnectionRefusedError):
        return "The connection was refused"
    if isinstance(error, httpcore.ProtocolError):
        return "Its answer is not HTTP"
    return "The connection failed"


def _trusted() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Judged(httpcore.NetworkBackend):
    """Looks the host up once, judges every address, and connects to one of those."""

    def __init__(self, parts: SplitResult, ends: float):
        self._parts = parts
        self._ends = ends

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        ips = _look_up(host, port, min(NAME_SECONDS, _left(self._ends)))
        for ip in ips:
            hook_addresses.judge(self._parts, ip, _own_ips())
        failure: Exception = NotHeard("The connection failed")
        for ip in ips:
            try:
                seconds = min(CONNECT_SECONDS, _left(self._ends))
                return _Bounded(httpcore.SyncBackend().connect_tcp(ip, port, seconds), self._ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Bounded(httpcore.NetworkStream):
    """A connection that ends at its moment, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float):
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the moment binds
        return self._stream.read(max_bytes, _left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the moment binds
        self._stream.write(buffer, _left(self._ends))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, _left(self._ends)), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


def _own_ips() -> frozenset[str]:
    """Where the site itself is; nothing where its name cannot be looked up here."""
    site = urlsplit(settings.SITE_URL)
    try:
        return frozenset(_look_up(site.hostname or "", hook_addresses.port_of(site), NAME_SECONDS))
    except NotHeard:
        return frozenset()


def _look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host, without the zones that local ones may have. Raises NotHeard."""
    try:
        return tuple(dict.fromkeys(ip.partition("%")[0] for ip in addresses_of(host, port, seconds)))
    except NoAddress as nowhere:
        raise NotHeard("Its name cannot be looked up") from nowhere


__all__ = ["Answer", "NotHeard", "Refused", "post", "signature"]
