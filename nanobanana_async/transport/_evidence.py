"""How far a request came: what decides whether a create may be sent again.

Theory of operation
===================
1. "Not sent" is only said with proof; everything else is "perhaps" (DESIGN §4).
2. httpcore calls the evidence before and after each of its steps, and so does our own `_http11`, by the same names. A
   request with a body is out from the moment its body is begun, and one without from the moment its head is begun,
   because that head is all there is of it.
3. That a step failed proves nothing: a write that was cut short may have been whole on the other side.
4. Silence proves nothing either: under respx, or on a transport that isn't httpcore's, no event ever comes. So at least
   one must have come for the absence of another to mean something.
5. The CONNECT that opens a tunnel through a proxy has a head and a body of its own; those are not the request's.
6. The name before the dot is the protocol's (`http11`, `http2`) and is not looked at: a user's client may speak either.
7. A request that was never handed over was not sent.
8. httpcore leaves the socket of a TLS handshake open when the handshake is cancelled; the evidence has seen that
   socket, so that it can be closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nanobanana_async.values import WireRequest

NOTHING_MORE: Mapping[str, Any] = {}


class Evidence:
    """What has been told of one exchange; it is the `trace` extension of the request."""

    __slots__ = ("_decisive", "_events", "_out", "handed_over", "sockets")

    def __init__(self, request: WireRequest) -> None:
        has_body = bool(request.body or request.form or request.files)
        self._decisive = ".send_request_body.started" if has_body else ".send_request_headers.started"
        self._events = 0
        self._out = False
        self.handed_over = False
        self.sockets: list[Any] = []

    async def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        """Take note of one step of httpcore's."""
        self.note(name, info)

    def note(self, name: str, info: Mapping[str, Any] = NOTHING_MORE) -> None:
        """Take note of one step, by httpcore's name for it."""
        self._events += 1
        if name.endswith(self._decisive):
            self._out = self._out or getattr(info.get("request"), "method", None) != b"CONNECT"
        elif name == "connection.connect_tcp.complete":
            self.sockets.append(info["return_value"])

    @property
    def may_be_out(self) -> bool:
        """True once the part of the request that counts was begun."""
        return self._out

    @property
    def proves_not_sent(self) -> bool:
        """True when the steps that were seen leave no room for the request to have arrived."""
        return not self.handed_over or (self._events > 0 and not self._out)
