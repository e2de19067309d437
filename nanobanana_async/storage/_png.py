"""PNG, walked chunk by chunk from the signature to IEND (PNG specification, third edition, §5).

The checksums of IHDR and IEND are checked, those between are not: a walk that seeks over the pixels costs the same for
a picture of any size, and what a download gets wrong is its end, not its middle. Bytes after IEND are left alone, as
decoders leave them.
"""

from __future__ import annotations

import zlib
from typing import BinaryIO

from nanobanana_async.storage._flaws import FlawError, read_exactly, skip

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_LENGTH = 13
_CHECKSUM_LENGTH = 4


def measure_png(file: BinaryIO, size: int) -> tuple[int, int]:
    """Width and height of the picture in `file`, a whole PNG of `size` bytes. Raises: FlawError."""
    if read_exactly(file, len(_SIGNATURE), part="its signature") != _SIGNATURE:
        raise FlawError("with a damaged signature: its line ends were changed on the way")
    width, height = _read_header(file)
    has_pixels = False
    while True:
        length, name = _read_chunk_start(file)
        if name == b"IEND":
            break
        has_pixels = has_pixels or name == b"IDAT"
        skip(file, length + _CHECKSUM_LENGTH, size, part=f"its {name.decode('latin-1')!r} chunk")
    _read_checked(file, name, length)
    if not has_pixels:
        raise FlawError("without any pixels in it")
    return width, height


def _read_header(file: BinaryIO) -> tuple[int, int]:
    length, name = _read_chunk_start(file)
    if (length, name) != (_HEADER_LENGTH, b"IHDR"):
        raise FlawError("that doesn't begin with its header")
    header = _read_checked(file, name, length)
    return int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")


def _read_chunk_start(file: BinaryIO) -> tuple[int, bytes]:
    start = read_exactly(file, 8, part="the gap between two chunks, before its end")
    return int.from_bytes(start[:4], "big"), start[4:]


def _read_checked(file: BinaryIO, name: bytes, length: int) -> bytes:
    part = f"its {name.decode('latin-1')!r} chunk"
    if length > _HEADER_LENGTH:
        raise FlawError(f"with a damaged length of {part}")
    data = read_exactly(file, length, part=part)
    checksum = int.from_bytes(read_exactly(file, _CHECKSUM_LENGTH, part=part), "big")
    if checksum != zlib.crc32(name + data):
        raise FlawError(f"with a wrong checksum in {part}")
    return data
