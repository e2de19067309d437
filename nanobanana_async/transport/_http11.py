"""HTTP/1.1 on one connection: h11 says what the bytes mean, the connection moves them.

Theory of operation
===================
1. A request is written, then its answer is read. A connection that breaks in between is still read from: a server may
   answer before it has everything, and close.
2. The request's `trace` hears of the steps by the names that httpcore has for them, because they are what proves how
   far a request came (see `_evidence`). Each is told before the first byte of it leaves.
3. An answer that was read to its end leaves the connection ready for the next request. Anything else closes it: an
   error, a cancellation, a server that asks for it, a body that was not read to its end.
4. Bytes that came when nobody had asked, or followed an answer, are no answer to the next request: a connection that
   has such bytes is not ready for one. Nor is one that the peer has closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import h11
import httpx

from nanobanana_async.transport._sockets import Connection

LONGEST_HEAD = 100 * 1024
"""Bytes, as httpcore has it."""


class Http11:
    """Takes requests over one connection, one after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)

    @property
    def is_ready(self) -> bool:
        """Whether a request may be sent now."""
        is_idle = self._state.our_state is h11.IDLE
        return is_idle and not self._connection.has_news and not self._state.trailing_data[0]

    async def ask(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the answer, once its head is there.

        Raises:
            httpx.ReadError: the connection broke.
            httpx.RemoteProtocolError: what came is no answer.
            httpx.LocalProtocolError: the request can't be said in HTTP/1.1.
        """
        try:
            with suppress(httpx.WriteError):  # reading tells what broke, where no answer came all the same
                await self._send(request)
            head = await self._head()
        except BaseException:
            self._connection.abort()
            raise
        return httpx.Response(head.status_code, headers=list(head.headers), stream=Body(self))

    async def next_event(self) -> h11.Event:
        """What comes next of the answer.

        Raises:
            httpx.ReadError: the connection broke.
            httpx.RemoteProtocolError: what came is no answer, or not the whole of it.
        """
        while True:
            try:
                event = self._state.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if isinstance(event, h11.Event):
                return event
            data = await self._connection.read()
            if not data and self._state.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._state.receive_data(data)

    async def finish(self) -> None:
        """End the exchange: make ready for the next, or close."""
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
        elif self._state.our_state is not h11.IDLE:
            await self._connection.aclose()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._connection.aclose()

    async def _send(self, request: httpx.Request) -> None:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        trace = request.extensions.get("trace", unheard)
        url = request.url
        try:
            head = h11.Request(method=request.method, target=url.raw_path, headers=request.headers.raw)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        await trace("http11.send_request_headers.started", {"request": request})
        await self._write(head)
        await trace("http11.send_request_body.started", {"request": request})
        async for chunk in request.stream:
            await self._write(h11.Data(data=chunk))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        try:
            data = self._state.send(event)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        if data:
            await self._connection.write(data)

    async def _head(self) -> h11.Response:
        while True:
            event = await self.next_event()
            if isinstance(event, h11.Response):
                return event


class Body(httpx.AsyncByteStream):
    """The body of an answer as it comes."""

    def __init__(self, http: Http11) -> None:
        self._http = http

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._http.next_event(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        """Read no further."""
        await self._http.finish()


async def unheard(name: str, info: dict[str, Any]) -> None:
    """For a request that nobody traces."""
