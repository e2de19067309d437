"""What a network does to an answer, done for real: kept back, never said, closed, reset, cut off, dripped, flooded.

ASGI has no words for these: an application can only answer. So the connection itself is handed to it in the scope's
state, by a protocol of our own in front of uvicorn's. Where there is no such connection, as in a test client without a
socket, closing one is said by a `ConnectionResetError`.

Each of them ends when the client leaves or the server stops, and none holds more than a piece of a body in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias, assert_never

from attrs import define, field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from nanobanana_async.emulator import _flood as flood
from nanobanana_async.emulator._calls import Cut, Drip, Flood, HangUp, Silence

Broken: TypeAlias = Silence | HangUp | Cut | Drip | Flood
"""A reply that is no whole answer."""

_LONGEST_SILENCE = 60 * 60
"""Seconds after which a silent connection is closed, as somebody on the way would do."""
_STATE = "emulator_connection"
_LINGER = "hh" if os.name == "nt" else "ii"
"""How a system wants to be told that nothing lingers: a switch and seconds."""


@define(eq=False)
class Connection:
    """A client's connection, for those who do with it what no answer can do."""

    _transport: asyncio.Transport
    is_held: bool = field(default=False, init=False)
    """Whether an answer is under way that may never end."""

    def close(self, *, reset: bool = False) -> None:
        """Send what is waiting, then a FIN; or at once a RST."""
        if not reset:
            self._transport.close()
            return
        raw = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        self._transport.abort()


class Protocol(H11Protocol):
    """uvicorn's protocol with its connection within reach. No unending answer keeps its server from stopping."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, _STATE: Connection(transport)}

    def shutdown(self) -> None:
        super().shutdown()
        connection: Connection = self.app_state[_STATE]
        if connection.is_held:
            connection.close(reset=True)


class LateResponse(Response):
    """An answer that comes after a while, unless the client has left by then."""

    def __init__(self, seconds: float, in_time: Callable[[], Awaitable[Response]], hung_up: Callable[[], None]) -> None:
        """`in_time` makes the answer when its time has come; `hung_up` is called where nobody waits for it any more."""
        super().__init__()
        self._seconds = seconds
        self._in_time = in_time
        self._hung_up = hung_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: Connection | None = scope.get("state", {}).get(_STATE)
        async with _until_gone(connection, receive) as gone:
            await asyncio.wait({gone}, timeout=self._seconds)
            is_gone = gone.done()
        if is_gone:
            self._hung_up()
            return
        response = await self._in_time()
        await response(scope, receive, send)


class BrokenResponse(Response):
    """An answer that breaks, or never ends."""

    def __init__(self, reply: Broken, whole: Response | None) -> None:
        """`whole` is the answer that is cut or dripped."""
        super().__init__()
        self._reply = reply
        self._whole = whole or Response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: Connection | None = scope.get("state", {}).get(_STATE)
        async with _until_gone(connection, receive) as gone:
            await self._carry_out(_Line(connection, send, gone))

    async def _carry_out(self, line: _Line) -> None:
        reply = self._reply
        match reply:
            case Silence():
                await line.wait(_LONGEST_SILENCE)
                await line.close()
            case HangUp(reset):
                await line.close(reset=reset)
            case Cut():
                body = bytes(self._whole.body)
                await line.head(self._whole)
                await line.say(body[: int(len(body) * reply.share)])
                await line.close()
            case Drip():
                await line.head(self._whole)
                await self._drip(line, reply.seconds)
            case Flood():
                await line.head(_flooding(reply))
                await self._flood(line, reply)
            case _:
                assert_never(reply)

    async def _drip(self, line: _Line, seconds: float) -> None:
        for byte in bytes(self._whole.body):
            if await line.wait(seconds):
                return
            await line.say(bytes([byte]))
        await line.end()

    async def _flood(self, line: _Line, reply: Flood) -> None:
        for piece in flood.packed(reply.size) if reply.packed else flood.plain(reply.size):
            await line.say(piece)
            if await line.wait(0):
                return
        await line.end()


@define(eq=False)
class _Line:
    """One answer on its way to the client, as long as there is one."""

    _connection: Connection | None
    _send: Send
    _gone: asyncio.Task[None]

    async def wait(self, seconds: float) -> bool:
        """Wait so long, or until the client has left; whether it has."""
        await asyncio.wait({self._gone}, timeout=seconds)
        return self._gone.done()

    async def head(self, response: Response) -> None:
        """The status and the headers."""
        await self._send(
            {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        )

    async def say(self, piece: bytes) -> None:
        """A piece of the body."""
        if piece:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self) -> None:
        """The end of the body."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def close(self, *, reset: bool = False) -> None:
        """Close the connection, and wait until it is."""
        if self._gone.done():
            return
        if self._connection is None:
            raise ConnectionResetError("the emulator hangs up, but here is an application only, and no connection")
        self._connection.close(reset=reset)
        await self._gone


@contextlib.asynccontextmanager
async def _until_gone(connection: Connection | None, receive: Receive) -> AsyncIterator[asyncio.Task[None]]:
    """While the context is open, watch for the client to leave."""
    if connection is not None:
        connection.is_held = True
    gone = asyncio.create_task(_gone(receive))
    try:
        yield gone
    finally:
        if connection is not None:
            connection.is_held = False
        gone.cancel()
        await asyncio.wait({gone})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _flooding(reply: Flood) -> Response:
    """The head of a flood: a body of no announced length."""
    headers: Mapping[str, str] = {"Content-Encoding": "gzip"} if reply.packed else {}
    response = Response(None, reply.status, headers, reply.media_type)
    del response.headers["content-length"]
    return response
