"""JPEG, walked marker by marker from SOI to EOI (ITU-T T.81, annex B).

What is tolerated is what decoders tolerate: stray bytes before a marker, fill bytes, and anything at all after the end
of the picture (padding by a CDN, the previews and gain maps that phones append). What is not: an end that never comes,
or a second picture that starts before the first one ended, which is how two halves of a broken download look.
"""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from nanobanana_async.storage._flaws import FlawError, cut_off, read_exactly, skip

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15, which tell the size; DHT, JPG and DAC stand among them."""
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
"""A marker that means something: not a stuffed 0xFF in the pixels, not a fill byte, not a restart or a TEM."""
_BLOCK_BYTES = 4096


def measure_jpeg(file: BinaryIO, size: int) -> tuple[int, int]:
    """Width and height of the picture in `file`, a whole JPEG of `size` bytes. Raises: FlawError."""
    file.seek(2)
    frame: tuple[int, int] | None = None
    has_pixels = False
    while (marker := _next_marker(file, size)) != _EOI:
        if marker == _SOI:
            raise FlawError("with a second picture where the first one should go on")
        length = int.from_bytes(read_exactly(file, 2, part="a segment of its header"), "big")
        start = file.tell()
        if marker in _FRAMES and frame is None:
            frame = _read_frame(file)
        has_pixels = has_pixels or marker == _SOS
        file.seek(start)
        skip(file, max(length - 2, 0), size, part="a segment of its header")
    if frame is None or not has_pixels:
        raise FlawError("without any pixels in it")
    return frame


def _read_frame(file: BinaryIO) -> tuple[int, int]:
    fields = read_exactly(file, 5, part="its frame header")
    return int.from_bytes(fields[3:5], "big"), int.from_bytes(fields[1:3], "big")


def _next_marker(file: BinaryIO, size: int) -> int:
    while block := file.read(_BLOCK_BYTES):
        if found := _MARKER.search(block):
            file.seek(found.end() - len(block), os.SEEK_CUR)
            return block[found.end() - 1]
        if len(block) > 1 and block.endswith(b"\xff"):
            file.seek(-1, os.SEEK_CUR)  # the marker may be split between two blocks
    raise cut_off(size, "its pixels, before its end marker")
