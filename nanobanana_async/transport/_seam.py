"""The seam: what everything above may ask of a network, and what every network promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

import attrs

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport._targets import rough_label
from nanobanana_async.values import WireReply, WireRequest


@attrs.frozen
class TransportStatistics:
    """What a transport holds at this moment: requests under way, connections that wait for the next, hosts in use."""

    busy: int
    idle: int
    hosts: int


class WireStream(Protocol):
    """An answer whose head has come and whose body is read piece by piece."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, their names in lower case."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, decoded of its content-encoding, in pieces; to be read once.

        Raises:
            NetworkError: the body broke off, came too slowly for the request's deadline, or is longer than its
                `max_bytes`.
        """


@runtime_checkable
class Transport(Protocol):
    """Takes a `WireRequest` to where it goes and brings the `WireReply` back, whatever its status.

    Redirects are not followed. `deadline` bounds the exchange as a whole, `max_bytes` the body.
    """

    async def send(self, request: WireRequest) -> WireReply:
        """The whole answer.

        Raises:
            NetworkError: no whole answer came; `sent` says whether the request may have arrived.
            ClientClosedError: the transport is closed.
        """

    def stream(self, request: WireRequest) -> AbstractAsyncContextManager[WireStream]:
        """The answer as a stream, for bodies that should not be in memory.

        The deadline runs from here on, through the whole `async with`; it cuts short what the transport does, never
        what the caller does with a piece.

        Raises:
            NetworkError: as for `send`, on entering and from `chunks()`.
            ClientClosedError: the transport is closed.
        """

    async def aclose(self) -> None:
        """Close what is open. May be called twice."""


def lost_answer(request: WireRequest, what: str) -> NetworkError:
    """The error of an exchange that may have arrived and brought no whole answer, for whoever writes a transport.

    `what` says what came instead. A create that is lost may be charged, and is not to be repeated.
    """
    where = rough_label(request.url)  # no query: it may be signed
    error = NetworkError(f"{request.method} {where}: {what}", charged="unknown" if request.pays else "no")
    error.retryable = not request.pays
    return error
