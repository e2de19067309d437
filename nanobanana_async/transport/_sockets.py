"""A connection on plain asyncio: it *is* its asyncio protocol, with no stream, queue or task in between.

Bytes that come are put down; a reader that finds none waits for one future; a write goes straight to asyncio's
transport. What fails is raised as httpx names it.

Theory of operation
===================
1. One reader or writer at a time: a connection belongs to one request, and HTTP/1.1 writes first and reads then. There
   are no time-outs on either, because the deadline of the exchange cuts short whatever takes too long.
2. What has come is given out before what went wrong: an answer whose connection broke after its last byte is whole.
3. A slow peer holds up the writer, a slow reader holds up the peer, and neither's bytes pile up here: a write goes out
   in pieces of `PIECE`, each when there is room for it; beyond `MOST_UNREAD` nothing more is read.
4. `has_news` looks at the socket itself as well: while this process was busy asyncio has heard nothing, and a create
   that leaves on a connection which its server closed a moment ago is an unknown one.
5. `aclose` aborts: what is unsent stays so, nobody is waited for, the loop's next turn closes the socket. It says no
   goodbye to TLS, as httpcore doesn't either: the length of an answer tells whether it was whole.
6. Whatever cuts connecting or a handshake short, cancellation included, leaves no socket open.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from typing import Self, cast

import anyio
import httpx

from nanobanana_async.transport._racing import addresses_of, first_to_open

PIECE = 256 * 1024
MOST_UNREAD = 256 * 1024
"""Bytes. What asyncio reads at a time may come on top."""

READ = 64 * 1024
"""The most that is given out at a time, in bytes."""


class Connection(asyncio.Protocol):
    """One connection, made by `connect`."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._unread = bytearray()
        self._has_ended = False
        self._failure: Exception | None = None
        self._is_encrypted = False
        self._is_reading_paused = False
        self._is_writing_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._poll: select.poll | None = None

    @classmethod
    async def connect(cls, host: str, port: int, *, within: float | None) -> Self:
        """A connection to the first address of `host` that takes one.

        Raises:
            httpx.ConnectTimeout: none has `within` so many seconds.
            httpx.ConnectError: none will.
        """

        async def to(address: str, port: int) -> Self:
            _, connection = await asyncio.get_running_loop().create_connection(cls, address, port)
            return connection

        try:
            with anyio.fail_after(within):
                return await first_to_open(await addresses_of(host, port), to, cls.abort)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error

    async def encrypt(self, context: ssl.SSLContext, host: str, *, within: float | None) -> None:
        """Shake hands with `host`; from here on everything is encrypted. A connection that fails in it is closed.

        Raises:
            httpx.ConnectTimeout: that took more than `within` seconds.
            httpx.ConnectError: it failed.
        """
        try:
            self._refuse_early_bytes()
            with anyio.fail_after(within):
                encrypted = await self._loop.start_tls(self._transport, self, context, server_hostname=host)
            assert encrypted is not None  # None is for a transport that is closing, whose handshake fails
            self._transport, self._is_encrypted = encrypted, True
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        finally:
            if not self._is_encrypted:
                self.abort()

    @property
    def has_news(self) -> bool:
        """Whether bytes, or the end, have come and were not read yet. No request may begin on such a connection."""
        return bool(self._unread) or self._has_ended or self._is_readable()

    async def read(self) -> bytes:
        """What has come, as soon as there is any; nothing once the peer has closed.

        Raises:
            httpx.ReadError: the connection broke.
        """
        while not self._unread and not self._has_ended:
            await self._wait()
        if not self._unread and self._failure is not None:
            raise httpx.ReadError(str(self._failure)) from self._failure
        taken = bytes(self._unread[:READ])
        del self._unread[:READ]
        if self._is_reading_paused and not self._unread and not self._has_ended:
            self._is_reading_paused = False
            self._transport.resume_reading()
        return taken

    async def write(self, data: bytes) -> None:
        """Send `data`; the last of it may still be on its way through this machine.

        Raises:
            httpx.WriteError: the connection broke or was closed.
        """
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            if self._has_ended:
                raise httpx.WriteError(str(self._failure or "the peer has closed")) from self._failure
            self._transport.write(view[start : start + PIECE])
            while self._is_writing_paused and not self._has_ended:
                await self._wait()

    async def aclose(self) -> None:
        """Close, at once."""
        self.abort()
        await asyncio.sleep(0)

    def abort(self) -> None:
        """Begin to close; the loop's next turn ends it."""
        self._transport.abort()
        self._end(None)

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._unread += data
        if len(self._unread) > MOST_UNREAD and not self._is_reading_paused:
            self._is_reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """The peer sends no more. Without TLS that leaves the connection open, for us to close."""
        self._end(None)
        return not self._is_encrypted

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over; `exc` says why, unless it was closed in good order."""
        self._end(exc)

    def pause_writing(self) -> None:
        """There is no more room for what is to be sent."""
        self._is_writing_paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._is_writing_paused = False
        self._wake()

    def _refuse_early_bytes(self) -> None:
        """What came before the handshake is lost to it. OpenSSL, had it seen them, would say what is said here."""
        if self._unread:
            error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] the server spoke before the handshake")
            error.reason = "WRONG_VERSION_NUMBER"
            raise error

    def _is_readable(self) -> bool:
        if self._poll is None:
            if not hasattr(select, "poll"):  # Windows: asyncio's word has to do
                return False
            self._poll = select.poll()
            self._poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return bool(self._poll.poll(0))

    async def _wait(self) -> None:
        """Wait until asyncio tells something."""
        assert self._waiter is None, "one reader or writer at a time"
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, failure: Exception | None) -> None:
        self._has_ended = True
        self._failure = self._failure or failure
        self._wake()
