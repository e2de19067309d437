"""Bodies that nobody should read to their end: made piece by piece, never whole in memory."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator

_PIECE = 64 * 1024
_BLOCK = 1024 * 1024
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""Of a gzip file: deflate, no name, no time, packed as tightly as can be."""


def plain(size: int) -> Iterator[bytes]:
    """So many spaces."""
    for start in range(0, size, _PIECE):
        yield b" " * min(_PIECE, size - start)


def packed(size: int) -> Iterator[bytes]:
    """The same as one gzip file."""
    yield _HEAD
    checksum = 0
    for _ in range(size // _BLOCK):
        checksum = zlib.crc32(b" " * _BLOCK, checksum)
        yield _block()
    rest = b" " * (size % _BLOCK)
    yield _deflated(rest, zlib.Z_FINISH)
    yield zlib.crc32(rest, checksum).to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


@functools.cache
def _block() -> bytes:
    """A block that is flushed whole looks back on nothing before it, so it can be said again and again."""
    return _deflated(b" " * _BLOCK, zlib.Z_FULL_FLUSH)


def _deflated(content: bytes, flush: int) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(content) + deflate.flush(flush)
