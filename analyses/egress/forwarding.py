"""One plain HTTP request, as a browser asks a proxy for it, sent on to its target, and the answer back.

Each request has a connection of its own: what one of them leaves behind cannot be taken for the answer to another.
Both sides are read and written by h11, so nothing is passed on that is not one well-formed message.
"""

import asyncio
from contextlib import suppress
from typing import cast

import h11

from analyses.egress.connections import Carried, Side

# What is for the next one on the way only, beside what a Connection header names.
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"expect"}
)  # fmt: skip

Headers = list[tuple[bytes, bytes]]


async def forward(
    carried: Carried, client: h11.Connection, sent_on: h11.Request, here: Side, there: Side, *, head_bytes: int
) -> None:
    """Send a request, whose head `client` has heard, on to its target.

    Nothing is answered in the target's place: where it gives no answer, there is none.
    """
    server = h11.Connection(h11.CLIENT, max_incomplete_event_size=head_bytes)
    await there.send(server.send(sent_on) or b"")
    sending = asyncio.ensure_future(_send_body(carried, client, server, here, there))
    try:
        await _answer(carried, client, server, here, there)
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, OSError, h11.ProtocolError):
            await sending


def sent_on_to(asked: h11.Request, spot: bytes, target: bytes) -> h11.Request:
    """A request as its target gets it: `target` is the path, `spot` the host and port, which were judged."""
    chunked = any(name == b"transfer-encoding" for name, _ in asked.headers)
    left_out = {b"host", b"content-length"} if chunked else {b"host"}
    headers = [pair for pair in _end_to_end(asked) if pair[0].lower() not in left_out]
    framing = [(b"Transfer-Encoding", b"chunked")] if chunked else []
    headers = [(b"Host", spot), *headers, *framing, (b"Connection", b"close")]
    return h11.Request(method=asked.method, target=target, headers=headers)


async def next_event(carried: Carried, connection: h11.Connection, side: Side) -> h11.Event | type[h11.PAUSED]:
    """What comes next from one side. Raises h11.RemoteProtocolError, Exceeded."""
    while True:
        event = connection.next_event()
        if event is not h11.NEED_DATA:
            return cast("h11.Event | type[h11.PAUSED]", event)
        connection.receive_data(await carried.read(side))


async def _send_body(carried: Carried, client: h11.Connection, server: h11.Connection, here: Side, there: Side) -> None:
    while True:
        event = await next_event(carried, client, here)
        if not isinstance(event, h11.Data | h11.EndOfMessage):
            return
        is_last = isinstance(event, h11.EndOfMessage)
        # Trailers stay here: unlike the other headers, nobody has looked at them.
        await there.send(server.send(h11.EndOfMessage() if is_last else event) or b"")
        if is_last:
            return


async def _answer(carried: Carried, client: h11.Connection, server: h11.Connection, here: Side, there: Side) -> None:
    while True:
        event = await next_event(carried, server, there)
        if isinstance(event, h11.InformationalResponse):
            continue
        if isinstance(event, h11.Response):
            headers = [*_end_to_end(event), (b"Connection", b"close")]
            event = h11.Response(status_code=event.status_code, reason=event.reason, headers=headers)
        if not isinstance(event, h11.Response | h11.Data | h11.EndOfMessage):
            return
        await here.send(client.send(event) or b"")
        if isinstance(event, h11.EndOfMessage):
            return


def _end_to_end(message: h11.Request | h11.Response) -> Headers:
    named = {
        word.strip().lower() for name, value in message.headers if name == b"connection" for word in value.split(b",")
    }
    left_out = _HOP_BY_HOP | named
    return [(name, value) for name, value in message.headers.raw_items() if name.lower() not in left_out]
