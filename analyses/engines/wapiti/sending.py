"""How Wapiti's requests are sent, inside Wapiti's own interpreter: loaded by the launcher, imports nothing of Vedette.

All of them go through tunnels of the egress proxy, those in the open as well: so they reach a target byte for byte as
Wapiti wrote them, and none of its requests can be taken for one to the proxy, whatever its verb.

The target's headers and its client certificate are for the target's own origin. Wapiti would send them to every host
it comes to, so it never learns of them: they are added here, to each request on its way, redirects included.
"""

import asyncio
import os
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpcore
import httpx

HERE = "127.0.0.1"
LONGEST_ANSWER = 1_000  # bytes, of the egress proxy
MOST_CONNECTIONS = 48  # less than that lets through
COUNTED = struct.Struct("<4Q")  # as folder.py reads it
MADE, LOST, TURNED_AWAY, SERVER_ERROR = range(4)
TURNING_AWAY = (401, 403, 407, 429)


def send_as_told(told: dict[str, Any], port: int, credentials: str) -> None:
    """Have every client that Wapiti makes send its requests so:

    {"origin": [scheme, host, port], "headers": [[name, value], ...], "certificate": PEM or "", "seconds_apart": 0.0,
     "counted_in": file}

    With `seconds_apart`, one request at a time is sent, and the next one begins so many seconds later at the earliest.
    The egress proxy is at `port` of this machine, and lets through whoever shows it the `credentials`.
    """
    if told["certificate"]:
        try:
            presenting(told["certificate"], ssl.create_default_context())
        except ssl.SSLError:
            sys.exit("The client certificate cannot be read.")
    pace = Pace(told["seconds_apart"]) if told["seconds_apart"] else None
    way_out = Tunnels(port, credentials)
    count = Count(told["counted_in"])
    made = httpx.AsyncClient

    class Client(made):  # type: ignore[misc, valid-type]
        def __init__(self, *given: Any, verify: Any = True, **options: Any):
            transport = Transport(told, verify, pace, way_out, count)
            super().__init__(*given, verify=verify, transport=transport, **options)

    httpx.AsyncClient = Client  # type: ignore[misc]


class Count:
    """How many requests were made so far and what came of them, in a file, where it goes on from earlier runs."""

    def __init__(self, file: str):
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        before = os.read(self._file, COUNTED.size)
        self._counts = list(COUNTED.unpack(before) if len(before) == COUNTED.size else (0, 0, 0, 0))
        self.add()

    def add(self, *kinds: int) -> None:
        for kind in kinds:
            self._counts[kind] += 1
        with suppress(OSError):  # a disk without room costs the scan more than a count
            os.pwrite(self._file, COUNTED.pack(*self._counts), 0)

    def answered(self, status: int) -> None:
        if status in TURNING_AWAY:
            self.add(TURNED_AWAY)
        elif status >= 500:
            self.add(SERVER_ERROR)


class Pace:
    """Lets one request through at a time, and the next one only some time after the last one began."""

    def __init__(self, seconds_apart: float):
        self._seconds_apart = seconds_apart
        self._busy = asyncio.Lock()
        self._next = 0.0

    async def begin(self) -> None:
        """Wait for one's turn, which lasts until `end`."""
        await self._busy.acquire()
        try:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(max(0.0, self._next - clock()))
            self._next = clock() + self._seconds_apart
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        self._busy.release()


class Transport(httpx.AsyncBaseTransport):
    """Sends requests: to the target with what is meant for it, to all others without."""

    def __init__(self, told: dict[str, Any], trusted: Any, pace: Pace | None, way_out: "Tunnels", count: Count):
        self._count = count
        self._origin = tuple(told["origin"])
        self._headers = told["headers"]
        self._pace = pace
        self._to_others = through(way_out, trusted)
        self._to_target = self._to_others
        if told["certificate"]:
            # A context shows its certificate to whoever asks for one: the others get a context without.
            self._to_target = through(way_out, presenting(told["certificate"], trusted))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._pace is None:
            return await self._counted(request)
        await self._pace.begin()
        try:
            response = await self._counted(request, self._pace.end)
        except BaseException:
            self._pace.end()
            raise
        return response

    async def _counted(self, request: httpx.Request, over: Callable[[], None] | None = None) -> httpx.Response:
        """Send a request and count what comes of it; `over` is called when its answer has been read or given up."""
        self._count.add(MADE)
        try:
            response = await self._sent(request)
        except httpx.TransportError:
            self._count.add(LOST)
            raise
        self._count.answered(response.status_code)
        response.stream = Answer(response.stream, over, lambda: self._count.add(LOST))
        return response

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        if origin(request.url) != self._origin:
            return await self._to_others.handle_async_request(request)
        # A request of its own: what is redirected elsewhere is made from Wapiti's, which has none of this.
        headers = request.headers.copy()
        for name, value in self._headers:
            headers[name] = value
        meant_for_it = httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        return await self._to_target.handle_async_request(meant_for_it)

    async def aclose(self) -> None:
        await self._to_others.aclose()
        await self._to_target.aclose()


def through(way_out: "Tunnels", trusted: Any) -> httpx.AsyncHTTPTransport:
    """A transport whose connections are tunnels. It can be told so in no other way; untold, it would reach nothing."""
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    transport = httpx.AsyncHTTPTransport(verify=trusted, limits=limits)
    transport._pool._network_backend = way_out
    return transport


class Tunnels(httpcore.AsyncNetworkBackend):
    """Connects to a host and port by the egress proxy, which looks the name up, judges it, and connects."""

    def __init__(self, port: int, credentials: str):
        self._port = port
        self._credentials = credentials
        self._machine = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: Any = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        del local_address, socket_options
        stream = await self._machine.connect_tcp(HERE, self._port, timeout)
        try:
            status = await self._asked_for(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", timeout)
        except BaseException:
            await stream.aclose()
            raise
        if status == 200:
            return stream
        await stream.aclose()
        raise (httpcore.ConnectTimeout if status == 504 else httpcore.ConnectError)(f"No way out: {status}")

    async def _asked_for(self, stream: httpcore.AsyncNetworkStream, spot: str, timeout: float | None) -> int:
        lines = f"CONNECT {spot} HTTP/1.1", f"Host: {spot}", f"Proxy-Authorization: Basic {self._credentials}"
        await stream.write("".join(f"{line}\r\n" for line in (*lines, "")).encode(), timeout)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = await stream.read(LONGEST_ANSWER, timeout)
            answer += more
            if not more or len(answer) > LONGEST_ANSWER:
                return 0
        status = answer[9:12]
        return int(status) if answer.startswith(b"HTTP/1.1 ") and status.isdigit() else 0

    async def sleep(self, seconds: float) -> None:
        await self._machine.sleep(seconds)


class Answer(httpx.AsyncByteStream):
    """An answer's body, that tells when it breaks off, and when it has been read or given up."""

    def __init__(self, body: Any, over: Callable[[], None] | None, broken: Callable[[], None]):
        self._body = body
        self._over = over
        self._broken = broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._body:
                yield part
        except httpx.TransportError:
            self._broken()
            raise

    async def aclose(self) -> None:
        over, self._over = self._over, None
        try:
            await self._body.aclose()
        finally:
            if over:
                over()


def origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.raw_host.decode().lower(), url.port or (443 if url.scheme == "https" else 80)


def presenting(certificate: str, like: ssl.SSLContext) -> ssl.SSLContext:
    """A context like another one, that presents a certificate to whoever asks for one."""
    context = httpx.create_ssl_context()
    context.minimum_version = like.minimum_version
    # It can be loaded from a file only: this one is in memory, without a name, and gone when it is closed.
    with open(os.memfd_create("certificate"), "wb") as file:
        file.write(certificate.encode())
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
