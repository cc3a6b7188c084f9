"""A forward proxy on this machine, for programs that cannot ask the guard themselves: the browser and the scan engine.

It takes their connections to the spots it was made for, and to nothing else, by the guard, so what leaves the machine
is judged and connected to in one place. It serves whoever knows its password, which is made for it and shows on no
command line. There is one for each run of a program, in a thread of its own, and it ends with it: without it, nothing
of the program gets out.
"""

import asyncio
import base64
import logging
import re
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import h11

from analyses.addresses import DEFAULT_PORTS, Address, InvalidTarget, host_and_port
from analyses.egress.bounds import Bounds, Exceeded, Meter
from analyses.egress.connections import Between, Carried, Side
from analyses.egress.forwarding import forward, next_event, sent_on_to
from analyses.egress.guard import Guard, NotConnected, NotFound, NotReached, Refused
from analyses.said import Count
from analyses.said import said as _

HERE = "127.0.0.1"
USER = "vedette"
WATCH_SECONDS = 1.0  # how often it is asked whether what is connected is still allowed
START_SECONDS = 5.0
MOST_NAMED = 50  # hosts, of those refused
LONGEST_NAMED = 100  # characters
_PLAIN = b"http://"
log = logging.getLogger(__name__)

Spot = tuple[str, int]  # host and port


class Proxy:
    """Lets one program out to `spots`. `between` are those whose TLS it speaks itself, to both sides."""

    def __init__(
        self,
        guard: Guard,
        spots: Iterable[Address],
        *,
        between: Mapping[Spot, Between] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.port = 0
        self.password = secrets.token_urlsafe(32)
        self.refused: Counter[str] = Counter()  # spots that were asked for in vain, for people
        self._guard = guard
        self._spots = {(spot.host, spot.port): spot for spot in spots}
        self._between = between or {}
        self._bounds = bounds or Bounds()
        self._meter = Meter(self._bounds)
        self._asking: dict[asyncio.Task[None], Carried] = {}  # of them nobody knows whose they are
        self._open: dict[asyncio.Task[None], Carried] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="egress", daemon=True)
        self._connecting = ThreadPoolExecutor(self._bounds.at_once, "egress")
        self._server: asyncio.Server | None = None
        self.credentials = base64.b64encode(f"{USER}:{self.password}".encode()).decode()

    def __enter__(self) -> "Proxy":
        """Begin to listen. Raises OSError."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(START_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def problem(self) -> str:
        """Why nothing gets out any more; empty while it does."""
        if self._meter.is_spent:
            return _("More than %(count)s GiB had gone through", count=Count(self._bounds.bytes_in_all // 1024**3))
        listens = self._thread.is_alive() and self._server is not None and self._server.is_serving()
        return "" if listens else _("The egress proxy has ended")

    def close(self) -> None:
        """End every connection, and listen no more. Harmless when it has ended already."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._connecting.shutdown(wait=False, cancel_futures=True)

    def told(self) -> str:
        """Which hosts were asked for in vain, for the log; empty when none were."""
        return ", ".join(f"{spot} ({count})" for spot, count in sorted(self.refused.items()))

    # --- Its thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            with suppress(Exception):
                self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HERE, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._watching = asyncio.ensure_future(self._watch())
        # Should it ever break, so must everything else: nobody would notice any more what is withdrawn.
        self._watching.add_done_callback(lambda watching: watching.cancelled() or self._loop.stop())

    async def _end(self) -> None:
        if self._server:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports let go of their sockets

    async def _watch(self) -> None:
        """End what is no longer allowed, and what has been silent for too long."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            silent_since = time.monotonic() - self._bounds.idle_seconds
            for task, carried in list(self._open.items()):
                address = carried.address
                if address and carried.ip and not self._guard.still_allows(address, carried.ip):
                    self._note(address.spot)
                    task.cancel()
                elif carried.heard < silent_since:
                    task.cancel()

    # --- One connection -----------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        while len(self._asking) >= self._bounds.asking_at_once:
            oldest = next(iter(self._asking))
            del self._asking[oldest]
            oldest.cancel()
        self._asking[task] = carried = Carried(self._meter)
        try:
            await self._take(task, carried, Side(reader, writer))
        except (OSError, EOFError, TimeoutError, h11.ProtocolError):
            pass  # the program is told by the connection's end
        except Exceeded as reason:
            log.warning("A connection to %s was ended: %s", carried.address and carried.address.spot, reason)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._asking.pop(task, None)
            self._open.pop(task, None)
            writer.close()

    async def _take(self, task: asyncio.Task[None], carried: Carried, here: Side) -> None:
        client = h11.Connection(h11.SERVER, max_incomplete_event_size=self._bounds.head_bytes)
        async with asyncio.timeout(self._bounds.head_seconds):
            asked = await next_event(carried, client, here)
        if not isinstance(asked, h11.Request):
            return
        if not self._knows(asked):
            await _answer(here, 407, b'Proxy-Authenticate: Basic realm="egress"\r\n')
            return
        if len(self._open) >= self._bounds.at_once:
            here.writer.transport.abort()
            return
        self._open[task] = self._asking.pop(task)
        tunnelled = asked.method == b"CONNECT"
        try:
            spot, target = _wanted(asked.target, tunnelled=tunnelled)
            there = await self._there(carried, spot)
        except (InvalidTarget, NotReached) as failure:
            if not isinstance(failure, NotFound | NotConnected):
                self._note(_spot_in(asked.target, tunnelled=tunnelled))
            if tunnelled:  # of a target's page there is none: nothing is answered in its place
                await _answer(here, _status(failure))
            return
        try:
            if tunnelled:
                await self._tunnel(carried, client, spot, here, there)
            else:
                sent_on = sent_on_to(asked, _written(spot), target)
                await forward(carried, client, sent_on, here, there, head_bytes=self._bounds.head_bytes)
        finally:
            there.writer.close()

    def _knows(self, asked: h11.Request) -> bool:
        given = [value for name, value in asked.headers if name == b"proxy-authorization"]
        scheme, _, credentials = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        return scheme.lower() == b"basic" and secrets.compare_digest(credentials.strip(), self.credentials.encode())

    async def _there(self, carried: Carried, spot: Spot) -> Side:
        """The target's side, by the guard. Raises NotReached."""
        address = self._spots.get(spot)
        if address is None:
            raise Refused("It is no spot of this scan")
        connection = await self._connected(address)
        carried.address, carried.ip = address, connection.getpeername()[0]
        secured: dict[str, Any] = {}
        if between := self._between.get(spot):
            secured = {"ssl": between.there, "server_hostname": address.host}
        async with asyncio.timeout(self._bounds.connect_seconds):
            return Side(*await asyncio.open_connection(sock=connection, **secured))

    async def _connected(self, address: Address) -> socket.socket:
        limits = self._bounds.connect_seconds, self._bounds.name_seconds
        connecting = self._connecting.submit(self._guard.connect, address, *limits)
        try:
            return await asyncio.wrap_future(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_let_go)
            raise

    async def _tunnel(self, carried: Carried, client: h11.Connection, spot: Spot, here: Side, there: Side) -> None:
        too_early, _ = client.trailing_data
        await here.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        if between := self._between.get(spot):
            if too_early:
                return
            async with asyncio.timeout(self._bounds.head_seconds):
                await here.writer.start_tls(between.here)
        elif too_early:
            await there.send(too_early)
        await carried.tunnel(here, there)

    def _note(self, spot: str) -> None:
        """Keep in mind what was refused: the host alone, whose text is hostile."""
        shown = spot[:LONGEST_NAMED].encode("unicode_escape").decode()
        if shown not in self.refused:
            if len(self.refused) >= MOST_NAMED:
                return
            log.info("Not let out: %s", shown)
        self.refused[shown] += 1


def _wanted(target: bytes, *, tunnelled: bool) -> tuple[Spot, bytes]:
    """The host and port that are asked for, and what of them. Raises InvalidTarget."""
    named = _spot_in(target, tunnelled=tunnelled)
    host, port = host_and_port(named)
    if tunnelled:
        if port is None:
            raise InvalidTarget("A tunnel leads to a host and a port.")
        return (host, port), b""
    if not target.lower().startswith(_PLAIN):
        raise InvalidTarget("What a proxy is asked for is an http address.")
    path = target[len(_PLAIN) + len(named) :].partition(b"#")[0]
    return (host, port or DEFAULT_PORTS["http"]), path if path.startswith(b"/") else b"/" + path


def _spot_in(target: bytes, *, tunnelled: bool) -> str:
    """Host and port as they are written in what is asked for."""
    text = target.decode("latin-1")
    return text if tunnelled else re.split("[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _status(failure: Exception) -> int:
    match failure:
        case InvalidTarget():
            return 400
        case Refused():
            return 403
        case NotConnected(error=TimeoutError()):
            return 504
    return 502


def _written(spot: Spot) -> bytes:
    host, port = spot
    return Address("http", host, port).spot.encode()


def _let_go(connecting: Future[socket.socket]) -> None:
    """Close a connection that nobody waits for any more."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


async def _answer(here: Side, status: int, header: bytes = b"") -> None:
    """Say why not."""
    await here.send(b"HTTP/1.1 %d No\r\n%bContent-Length: 0\r\nConnection: close\r\n\r\n" % (status, header))
