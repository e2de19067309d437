"""HTTP/1.1 on one connection: h11 says what the bytes mean, the connection moves them.

Theory of operation
===================
1. A request is written, then its answer is read. A connection that breaks in between is still read from: a server may
   answer before it has everything, and close.
2. The request's evidence hears of the steps by the names that httpcore has for them, because they are what proves how
   far a request came (see `_evidence`). Each is told before the first byte of it leaves.
3. An answer that was read to its end leaves the connection ready for the next request. Anything else closes it: an
   error, a cancellation, a server that asks for it, a body that was not read to its end.
4. Bytes that came when nobody had asked, or followed an answer, are no answer to the next request: a connection that
   has such bytes is not ready for one. Nor is one that the peer has closed.
"""

from __future__ import annotations

from contextlib import suppress

import h11
import httpx

from nanobanana_async.transport._messages import Outgoing, texts_of
from nanobanana_async.transport._sockets import Connection

LONGEST_HEAD = 100 * 1024
"""Bytes, as httpcore has it."""

END = h11.EndOfMessage()


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

    async def ask(self, out: Outgoing) -> Response:
        """Send the request; the answer, once its head is there.

        Raises:
            httpx.ReadError: the connection broke.
            httpx.RemoteProtocolError: what came is no answer.
            h11.LocalProtocolError: the request can't be said in HTTP/1.1.
        """
        try:
            with suppress(httpx.WriteError):  # reading tells what broke, where no answer came all the same
                await self._send(out)
            event = await self.next_event()
            while not isinstance(event, h11.Response):  # hints, at most
                event = await self.next_event()
        except BaseException:
            self._connection.abort()
            raise
        return Response(self, event)

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
            if not isinstance(event, type):  # an event; NEED_DATA and PAUSED are classes
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

    async def _send(self, out: Outgoing) -> None:
        out.evidence.note("http11.send_request_headers.started")
        await self._write(out.head)
        out.evidence.note("http11.send_request_body.started")
        for piece in out.body:
            await self._write(h11.Data(data=piece))
        await self._write(END)

    async def _write(self, event: h11.Event) -> None:
        if data := self._state.send(event):
            await self._connection.write(data)


class Response:
    """An answer whose head has come, and its body as that comes."""

    def __init__(self, http: Http11, head: h11.Response) -> None:
        self._http = http
        self.status = head.status_code
        self.headers = texts_of(head.headers.raw_items())

    async def chunk(self) -> bytes | None:
        """The next bytes of the body, as they came; None once it has ended."""
        event = await self._http.next_event()
        return bytes(event.data) if type(event) is h11.Data else None

    async def aclose(self) -> None:
        """End the exchange, whether the body was read to its end or not."""
        await self._http.finish()
