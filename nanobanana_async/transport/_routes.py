"""The two ways onto the wire: a line of our own pool, or the client that the user brought."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import anyio

from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._failures import wire_failures
from nanobanana_async.transport._messages import Incoming
from nanobanana_async.transport._pool import CLOSE_WITHIN, Line, Pool
from nanobanana_async.transport._requests import Encoder, everything, user_agent
from nanobanana_async.transport._targets import Origin, Target
from nanobanana_async.values import WireRequest

if TYPE_CHECKING:
    import httpx


class Route(Protocol):
    """The way of one exchange: opened once, left once."""

    async def open(self, request: WireRequest, target: Target, evidence: Evidence) -> Incoming:
        """Send the request; the answer, once its head is there."""

    async def finish(self) -> None:
        """Give back what was used: the answer was read to its end."""

    async def cut(self) -> None:
        """Throw away what was used: the exchange did not end by itself."""


class PoolRoute:
    """Through the pool, below httpx's client layer."""

    def __init__(self, pool: Pool, encoder: Encoder) -> None:
        self._pool = pool
        self._encoder = encoder
        self._line: Line | None = None
        self._evidence: Evidence | None = None

    async def open(self, request: WireRequest, target: Target, evidence: Evidence) -> Incoming:
        """Take a line and send."""
        out = self._encoder.encode(request, target, evidence)
        await self._pool.tidy()
        self._line = self._pool.take(target.origin, pays=request.pays)
        self._evidence = evidence
        evidence.handed_over = True
        return await self._line.carrier.send(out)

    async def finish(self) -> None:
        """Give the line back."""
        if self._line is not None:
            await self._pool.give_back(self._line)

    async def cut(self) -> None:
        """Throw the line away, and close what httpcore may have left open of it."""
        if self._line is not None and self._evidence is not None:
            try:
                await self._pool.throw_away(self._line)
            finally:
                await _close_sockets(self._evidence)


class ClientRoute:
    """Through a client of the user's, with its proxy, its TLS, its headers, cookies and hooks. It is never closed here.

    Ours is what the seam promises: the deadline in the place of the client's time-outs, no redirects, the key from the
    request alone (a key in the client's headers, or its `auth`, would go to result hosts as well), no content-coding.
    """

    def __init__(self, client: httpx.AsyncClient, busy: Counter[Origin]) -> None:
        self._client = client
        self._busy = busy
        self._origin: Origin | None = None

    async def open(self, request: WireRequest, target: Target, evidence: Evidence) -> Incoming:
        """Send through the client."""
        import httpx  # noqa: PLC0415 - loads late (DESIGN §2, rule 5)

        from nanobanana_async.transport._through_httpx import HttpxResponse  # noqa: PLC0415 - it imports httpx, too

        http = self._client.build_request(request.method, target.url, **everything(request, evidence))
        if request.bearer is None:
            http.headers.pop("Authorization", None)
        theirs = self._client.headers.get("User-Agent", "python-httpx/")
        if http.headers["User-Agent"] == user_agent() and not theirs.startswith("python-httpx/"):
            http.headers["User-Agent"] = theirs
        self._origin = target.origin
        self._busy[target.origin] += 1
        evidence.handed_over = True
        return HttpxResponse(await self._client.send(http, stream=True, auth=httpx.Auth(), follow_redirects=False))

    async def cut(self) -> None:
        """Count it as over; what was open is the client's own affair."""
        await self.finish()

    async def finish(self) -> None:
        """Count it as over; the response has given the connection back to the client's own pool."""
        if self._origin is not None:
            self._busy[self._origin] -= 1
            self._busy += Counter()  # without those that are at nought


async def _close_sockets(evidence: Evidence) -> None:
    with anyio.move_on_after(CLOSE_WITHIN, shield=True), suppress(*wire_failures()):
        for socket in evidence.sockets:
            await socket.aclose()
