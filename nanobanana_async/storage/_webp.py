"""WebP, walked chunk by chunk through its RIFF container (RFC 9649, §2).

The container says how long it is, so a cut-off file is told at once; bytes after it are left alone, as decoders do. A
last padding byte that was left out is forgiven, for some encoders forget it.
"""

from __future__ import annotations

from typing import BinaryIO

from nanobanana_async.storage._flaws import FlawError, read_exactly, skip

_RIFF_HEADER = 12
_CHUNK_HEADER = 8
_LOSSY_START = b"\x9d\x01\x2a"
_LOSSLESS_START = 0x2F


def measure_webp(file: BinaryIO, size: int) -> tuple[int, int]:
    """Width and height of the picture in `file`, a whole WebP of `size` bytes. Raises: FlawError."""
    header = read_exactly(file, _RIFF_HEADER, part="its header")
    end = 8 + int.from_bytes(header[4:8], "little")
    if end > size:
        raise FlawError(f"cut off after {size} of {end} bytes")
    canvas: tuple[int, int] | None = None
    has_pixels = False
    while file.tell() + _CHUNK_HEADER <= end:
        name, length = _read_chunk_start(file)
        start = file.tell()
        if canvas is None:
            canvas = _read_size(file, name)
        has_pixels = has_pixels or name in {b"VP8 ", b"VP8L", b"ANMF"}
        file.seek(start)
        skip(file, length, end, part=f"its {name.decode('latin-1')!r} chunk")
        file.seek(length % 2, 1)
    if canvas is None or not has_pixels:
        raise FlawError("without any pixels in it")
    return canvas


def _read_chunk_start(file: BinaryIO) -> tuple[bytes, int]:
    start = read_exactly(file, _CHUNK_HEADER, part="the gap between two chunks")
    return start[:4], int.from_bytes(start[4:], "little")


def _read_size(file: BinaryIO, name: bytes) -> tuple[int, int] | None:
    """The size that the chunk `name` tells, None where it is a chunk that tells none."""
    match name:
        case b"VP8X":
            return _read_canvas(file)
        case b"VP8L":
            return _read_lossless(file)
        case b"VP8 ":
            return _read_lossy(file)
        case _:
            return None


def _read_canvas(file: BinaryIO) -> tuple[int, int]:
    fields = read_exactly(file, 10, part="its header")
    return 1 + int.from_bytes(fields[4:7], "little"), 1 + int.from_bytes(fields[7:10], "little")


def _read_lossless(file: BinaryIO) -> tuple[int, int]:
    fields = read_exactly(file, 5, part="its header")
    if fields[0] != _LOSSLESS_START:
        raise FlawError("with a damaged header")
    sizes = int.from_bytes(fields[1:], "little")
    return 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF)


def _read_lossy(file: BinaryIO) -> tuple[int, int]:
    fields = read_exactly(file, 10, part="its header")
    if fields[3:6] != _LOSSY_START:
        raise FlawError("with a damaged header")
    return int.from_bytes(fields[6:8], "little") & 0x3FFF, int.from_bytes(fields[8:10], "little") & 0x3FFF
