"""The way without a proxy: one connection of our own, with no pool around it and none of httpcore's layers below.

httpx's own transport costs twice the instructions: a pool with room for one connection makes an event and three scopes
for each request, and a connection of httpcore's three locks, each of which is a turn of the loop. What all that did for
one connection in use by one request at a time is done here in the open: the connection is made with the first request,
and made anew, the old one closed, when that can't take another request (see `Http11.is_ready`). How long it has idled
is the pool's to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nanobanana_async.transport._http11 import Http11, Response
from nanobanana_async.transport._messages import Outgoing
from nanobanana_async.transport._sockets import Connection

if TYPE_CHECKING:
    import ssl


class DirectCarrier:
    """Requests to one origin over one connection, one at a time."""

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        self._ssl_context = ssl_context
        self._http: Http11 | None = None

    async def send(self, out: Outgoing) -> Response:
        """Send, over the connection that there is or over a new one; the answer, once its head is there.

        Raises:
            httpx.TransportError: no connection came about, or it broke, or what came was no answer.
        """
        if self._http is not None and not self._http.is_ready:
            await self._http.aclose()
            self._http = None
        if self._http is None:
            self._http = Http11(await self._connect(out))
        return await self._http.ask(out)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._http is not None:
            await self._http.aclose()

    async def _connect(self, out: Outgoing) -> Connection:
        host, within = out.target.host, out.connect_within
        out.evidence.note("connection.connect_tcp.started")
        connection = await Connection.connect(host, out.target.origin.port, within=within)
        if out.target.origin.scheme == "https":
            self._ssl_context.set_alpn_protocols(["http/1.1"])
            await connection.encrypt(self._ssl_context, host, within=within)
        return connection
