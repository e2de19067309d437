"""What goes out and what comes in, by whichever way: the words between an exchange and the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from nanobanana_async.transport._evidence import Evidence
from nanobanana_async.transport._targets import Target

if TYPE_CHECKING:
    import h11


@attrs.frozen
class Outgoing:
    """A request as it will stand on the wire. `connect_within` is in seconds; the evidence is told how far it came."""

    target: Target
    head: h11.Request = attrs.field(repr=False)  # the key stands in it
    body: Iterable[bytes] = attrs.field(repr=False)
    evidence: Evidence
    connect_within: float


class Incoming(Protocol):
    """An answer whose head has come."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, their names in lower case."""

    async def chunk(self) -> bytes | None:
        """The next bytes of the body, as they came; None once it has ended."""

    async def aclose(self) -> None:
        """End the exchange, whether the body was read to its end or not. May be called twice."""


class Carrier(Protocol):
    """One connection, or the promise of one, as a line of the pool has it."""

    async def send(self, out: Outgoing) -> Incoming:
        """Send the request; the answer, once its head is there."""

    async def aclose(self) -> None:
        """Close the connection."""


def texts_of(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text, their names in lower case, the values of one name joined by commas."""
    try:
        lines = [(name.decode(), value.decode()) for name, value in headers]
    except UnicodeDecodeError:  # the charset of the old standard, in which nothing is wrong
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    texts: dict[str, str] = {}
    for name, value in lines:
        lower = name.lower()
        texts[lower] = f"{texts[lower]}, {value}" if lower in texts else value
    return texts
