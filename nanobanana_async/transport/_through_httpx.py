"""The way through all of httpx: through a proxy, while somebody has replaced a part of it, on a client of the user's.

The only place that says a request in httpx's words and reads an answer of httpx's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import httpx

from nanobanana_async.transport._messages import Outgoing, texts_of
from nanobanana_async.transport._replaced import is_client_replaced
from nanobanana_async.transport._requests import extensions


class HttpxCarrier:
    """Requests over httpx's own transport, whose pool has room for one connection."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self._transport = transport

    async def send(self, out: Outgoing) -> HttpxResponse:
        """Send; the answer, once its head is there.

        Raises:
            httpx.TransportError: no connection came about, or it broke, or what came was no answer.
        """
        request = httpx.Request(
            out.head.method.decode("ascii"),
            out.target.url,
            headers=out.head.headers.raw_items(),
            stream=httpx.ByteStream(b"".join(out.body)),
            extensions=extensions(out.evidence, out.connect_within),
        )
        return HttpxResponse(await _sender(self._transport)(request))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._transport.aclose()


class HttpxResponse:
    """An answer of httpx's, whose body is read as it comes, not decoded."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = aiter(cast("AsyncIterator[bytes]", response.stream))
        self.status = response.status_code
        self.headers = texts_of(response.headers.raw)

    async def chunk(self) -> bytes | None:
        """The next bytes of the body, as they came; None once it has ended."""
        return await anext(self._chunks, None)

    async def aclose(self) -> None:
        """Give the connection back to httpx, or close it when the body was not read to its end."""
        await self._response.aclose()


def _sender(transport: httpx.AsyncHTTPTransport) -> Callable[[httpx.Request], Awaitable[httpx.Response]]:
    """How to send on a whole transport of httpx: straight, unless somebody has replaced what httpx's clients do.

    `respx.mock(using="httpx")` does that, and expects to see every request: then one goes through a client.
    """
    if not is_client_replaced():
        return transport.handle_async_request
    client = httpx.AsyncClient(transport=transport, trust_env=False)

    async def send(request: httpx.Request) -> httpx.Response:
        return await client.send(request, stream=True, auth=httpx.Auth(), follow_redirects=False)

    return send
