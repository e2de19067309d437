"""The transport that users get: httpx below, the promises of the seam above."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from nanobanana_async.errors import ClientClosedError, ConfigurationError
from nanobanana_async.transport._exchange import Answer, Exchange
from nanobanana_async.transport._opening import Opener
from nanobanana_async.transport._pool import MAX_IDLE, Pool
from nanobanana_async.transport._requests import Encoder
from nanobanana_async.transport._routes import ClientRoute, PoolRoute
from nanobanana_async.transport._seam import TransportStatistics, WireStream
from nanobanana_async.transport._targets import Origin, target_of
from nanobanana_async.values import WireReply, WireRequest

if TYPE_CHECKING:
    import ssl

    import httpx


class HttpxTransport:
    """Requests over HTTP/1.1, with `httpx` underneath; may be built anywhere, and loads httpx with its first request.

    Without arguments it has connections of its own, as many as there are requests at once, and keeps at most `max_idle`
    of them warm. They go through `proxy`, else through the proxy that the environment names (HTTP_PROXY, HTTPS_PROXY,
    ALL_PROXY, NO_PROXY); servers are verified as `verify` says: True for the usual authorities, or a context of yours
    (False trusts anybody). `trust_env=False` leaves the environment out, its SSL_CERT_FILE and SSL_CERT_DIR as well.

    With an `async_client` of yours everything goes through that: your proxy, your TLS, your headers and hooks. Its own
    time-outs, its `auth` and its Authorization header are not used, and closing it stays with you.

    Raises:
        ConfigurationError: a client and a setting for connections of our own were given together.
    """

    def __init__(
        self,
        async_client: httpx.AsyncClient | None = None,
        *,
        proxy: str | httpx.Proxy | None = None,
        verify: bool | ssl.SSLContext = True,
        trust_env: bool = True,
        max_idle: int = MAX_IDLE,
    ) -> None:
        if async_client is not None and (proxy, verify, trust_env, max_idle) != (None, True, True, MAX_IDLE):
            raise ConfigurationError("proxy, verify, trust_env and max_idle belong to the client that you pass in.")
        self._client = async_client
        self._opener = Opener(proxy=proxy, verify=verify, trust_env=trust_env)
        self._pool = Pool(self._opener, max_idle=max_idle)
        self._encoder = Encoder()
        self._reached: set[Origin] = set()
        self._busy_in_client: Counter[Origin] = Counter()
        self._closed = False

    async def warm_up(self, url: str) -> None:
        """Load httpx and build the SSL context for `url` in a thread: 0.1 s in which the loop would stand still."""
        if self._client is None:
            await anyio.to_thread.run_sync(self._opener.prepare, target_of(url).origin)

    async def send(self, request: WireRequest) -> WireReply:
        """The whole answer, whatever its status. A key that the answer echoes is taken out of it.

        Raises:
            NetworkError: no whole answer came.
            ClientClosedError: the transport, or the client under it, is closed.
        """
        async with self._exchange(request) as exchange:
            return await exchange.watched(exchange.whole())

    @asynccontextmanager
    async def stream(self, request: WireRequest) -> AsyncIterator[WireStream]:
        """The answer as a stream. The body is given as it is: a file is not searched for keys.

        Raises:
            NetworkError: no answer came, or (from `chunks()`) not the whole of it.
            ClientClosedError: the transport, or the client under it, is closed.
        """
        async with self._exchange(request) as exchange:
            yield _Stream(exchange, await exchange.watched(exchange.open()))

    async def aclose(self) -> None:
        """Close the connections that wait, and those in use as soon as their request has ended. May be called twice."""
        self._closed = True
        await self._pool.aclose()

    def statistics(self) -> TransportStatistics:
        """Connections in use, those that wait, hosts they lead to. (Of a client of yours: only what is in use.)"""
        if self._client is None:
            return self._pool.statistics()
        return TransportStatistics(busy=self._busy_in_client.total(), idle=0, hosts=len(self._busy_in_client))

    def __repr__(self) -> str:
        now = self.statistics()
        return f"<HttpxTransport [{now.busy} busy, {now.idle} idle | {now.hosts} hosts]>"

    def _exchange(self, request: WireRequest) -> Exchange:
        if self._closed:
            raise ClientClosedError("the transport is closed")
        if self._client is None:
            return Exchange(PoolRoute(self._pool, self._encoder), request, self._reached)
        if self._client.is_closed:
            raise ClientClosedError("the httpx.AsyncClient that this transport was given is closed")
        return Exchange(ClientRoute(self._client, self._busy_in_client), request, self._reached)


class _Stream:
    """What `stream` yields: an exchange whose head has come."""

    def __init__(self, exchange: Exchange, answer: Answer) -> None:
        self._exchange = exchange
        self._answer = answer
        self._begun = False

    @property
    def status(self) -> int:
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._begun:
            raise RuntimeError("the body of an answer can be read once")
        self._begun = True
        pieces = self._answer.pieces()
        while (piece := await self._exchange.watched(anext(pieces, None))) is not None:
            yield piece
