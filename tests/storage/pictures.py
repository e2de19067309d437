"""Pictures, by hand and by Pillow: whole ones, and the pieces to make broken ones of."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import AsyncIterator

from PIL import Image

Picture = tuple[bytes, str, tuple[int, int]]
"""Content, media type, width and height."""


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def make_png(width: int = 2, height: int = 3, *, pixels: bytes | None = None) -> bytes:
    rows = zlib.compress(b"\x00" * height * (1 + 3 * width)) if pixels is None else pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def make_jpeg(width: int = 2, height: int = 3, *, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """A JPEG with a preview in its header, whose end marker must not be taken for the picture's own."""
    preview = jpeg_segment(0xE1, b"Exif\x00\x00\xff\xd8\xff\xda\x00\x02\xff\xd9")
    frame = jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    tables = jpeg_segment(0xC4, b"\x00" * 17)
    start = jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    return b"\xff\xd8" + preview + frame + tables + start + scan + b"\xff\xd9"


def webp_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)


def make_webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def lossy_chunk(width: int = 2, height: int = 3) -> bytes:
    return webp_chunk(b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"pixel")


def lossless_chunk(width: int = 2, height: int = 3) -> bytes:
    return webp_chunk(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"pixels")


def canvas_chunk(width: int = 2, height: int = 3) -> bytes:
    sizes = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return webp_chunk(b"VP8X", b"\x00\x00\x00\x00" + sizes)


def by_pillow(kind: str, width: int = 13, height: int = 7, **options: object) -> bytes:
    """A picture with some detail in it, as a real encoder writes it."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


PICTURES: dict[str, Picture] = {
    "png by hand": (make_png(), "image/png", (2, 3)),
    "jpeg by hand": (make_jpeg(), "image/jpeg", (2, 3)),
    "lossy webp by hand": (make_webp(lossy_chunk()), "image/webp", (2, 3)),
    "lossless webp by hand": (make_webp(lossless_chunk()), "image/webp", (2, 3)),
    "webp with a canvas by hand": (make_webp(canvas_chunk(), lossy_chunk()), "image/webp", (2, 3)),
    "moving webp by hand": (make_webp(canvas_chunk(), webp_chunk(b"ANMF", b"frame")), "image/webp", (2, 3)),
    "png": (by_pillow("PNG"), "image/png", (13, 7)),
    "jpeg": (by_pillow("JPEG"), "image/jpeg", (13, 7)),
    "progressive jpeg": (by_pillow("JPEG", progressive=True), "image/jpeg", (13, 7)),
    "webp": (by_pillow("WEBP"), "image/webp", (13, 7)),
    "lossless webp": (by_pillow("WEBP", lossless=True), "image/webp", (13, 7)),
}


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The stream of a download, in chunks of `size` bytes."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
