"""One connection through the proxy: a program of ours on one side, a target on the other, bytes in between."""

import asyncio
import ssl
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from analyses.egress.bounds import Meter
from analyses.targets import Address

READ_BYTES = 65_536


@dataclass(frozen=True)
class Between:
    """Speaks TLS to both sides of one host and port: `here` with a certificate of our own, `there` with another one."""

    here: ssl.SSLContext = field(repr=False)
    there: ssl.SSLContext = field(repr=False)


@dataclass
class Side:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


class Carried:
    """A connection under way: where it leads, and when something of it was last heard."""

    def __init__(self, meter: Meter):
        self.address: Address | None = None
        self.ip = ""
        self.heard = time.monotonic()
        self._meter = meter
        self._bytes = 0

    async def read(self, side: Side) -> bytes:
        """The next bytes of one side, counted; none at its end. Raises Exceeded."""
        data = await side.reader.read(READ_BYTES)
        self.heard = time.monotonic()
        self._bytes = self._meter.take(len(data), self._bytes)
        return data

    async def tunnel(self, here: Side, there: Side) -> None:
        """Carry bytes both ways, until one side ends."""
        await until_first_ends(self._one_way(here, there), self._one_way(there, here))

    async def _one_way(self, source: Side, destination: Side) -> None:
        while data := await self.read(source):
            await destination.send(data)


async def until_first_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Run these together; when one has ended, so do the others. Raises what it has raised."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
