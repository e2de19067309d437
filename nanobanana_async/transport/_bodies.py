"""The body of an answer: counted while it comes, and decoded without trusting it.

We ask for no content-coding. A server or a proxy that applies one all the same is understood when it is gzip or
deflate; what comes out is cut off at the bound, so that a small answer that unfolds into gigabytes costs no memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

from nanobanana_async.transport._failures import UnusableBodyError

PIECE = 64 * 1024
"""The most that is decoded at a time, in bytes."""

GZIP_WINDOW = zlib.MAX_WBITS | 16


class Intake:
    """Takes the chunks of one body as they come off the wire and gives out what they mean."""

    def __init__(self, headers: Mapping[str, str], max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._on_the_wire = 0
        self._inflation = _inflation_for(headers.get("content-encoding", ""))
        if headers.get("content-length", "").isdecimal() and int(headers["content-length"]) > max_bytes:
            raise self._too_long()

    def take(self, chunk: bytes) -> Iterable[bytes]:
        """What `chunk` means, in pieces.

        Raises:
            UnusableBodyError: the body is longer than it may be, or is not in the coding that it claims.
        """
        self._on_the_wire += len(chunk)
        if self._on_the_wire > self._max_bytes:
            raise self._too_long()
        return (chunk,) if self._inflation is None else self._decoded(self._inflation, chunk)

    def end(self) -> None:
        """Say that no more will come.

        Raises:
            UnusableBodyError: a compressed body ends in the middle.
        """
        if self._inflation is not None and self._on_the_wire and not self._inflation.is_whole:
            raise UnusableBodyError("the compressed answer ends in the middle")

    def _decoded(self, inflation: Inflation, chunk: bytes) -> Iterator[bytes]:
        for piece in inflation.pieces(chunk):
            if inflation.given_out > self._max_bytes:
                raise self._too_long()
            yield piece

    def _too_long(self) -> UnusableBodyError:
        return UnusableBodyError(f"the answer is longer than the {self._max_bytes} bytes that are read of it")


class Inflation:
    """Undoes gzip or deflate, never more than `PIECE` at a time. (`deflate` comes with zlib's header or without.)"""

    def __init__(self, *, gzip: bool) -> None:
        self._engine = zlib.decompressobj(GZIP_WINDOW) if gzip else None
        self._head = b""
        self.given_out = 0

    @property
    def is_whole(self) -> bool:
        """True once the end of the compressed data has come."""
        return self._engine is not None and self._engine.eof

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """The plain bytes that `chunk` completes. What follows the end of the compressed data is left out."""
        if self._engine is None:
            self._head = chunk = self._head + chunk
            if len(chunk) < 2:
                return
            self._engine = zlib.decompressobj(zlib.MAX_WBITS if _has_zlib_header(chunk) else -zlib.MAX_WBITS)
        more = True
        while more and not self._engine.eof:
            piece = _inflated(self._engine, chunk)
            chunk = self._engine.unconsumed_tail
            more = bool(chunk) or len(piece) == PIECE  # a full piece: zlib may hold back some of what it has
            self.given_out += len(piece)
            if piece:
                yield piece


def _inflated(engine: zlib._Decompress, chunk: bytes) -> bytes:
    try:
        return engine.decompress(chunk, PIECE)
    except zlib.error as error:
        raise UnusableBodyError("the answer is not compressed in the way it says") from error


def _inflation_for(coding: str) -> Inflation | None:
    names = [name.strip().lower() for name in coding.split(",")]
    match [name for name in names if name not in {"", "identity"}]:
        case []:
            return None
        case ["gzip" | "x-gzip"]:
            return Inflation(gzip=True)
        case ["deflate"]:
            return Inflation(gzip=False)
        case _:
            raise UnusableBodyError(f"the answer is encoded as {coding[:40]!r}, which was not asked for")


def _has_zlib_header(head: bytes) -> bool:
    """RFC 1950 §2.2: the method is deflate and the two bytes are a multiple of 31."""
    return head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2]) % 31 == 0
