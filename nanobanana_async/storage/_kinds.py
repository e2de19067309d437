"""What a file is, told from its first bytes and never from its name or its Content-Type.

Three kinds are pictures that the gateways make and take: PNG, JPEG and WebP. The others are known by name only, so that
an error can say what came instead of a picture.
"""

from __future__ import annotations

import codecs
from typing import Literal

import attrs

PREFIX_BYTES = 512
"""How many of the first bytes `sniff` looks at: enough for a byte-order mark, blank lines and a doctype."""

MediaType = Literal["image/png", "image/jpeg", "image/webp"]
Extension = Literal["png", "jpg", "webp"]


@attrs.frozen
class Kind:
    """A kind of file: its name with an article, ready for a sentence (``"a PNG"``, ``"an HTML page"``).

    `media_type` and `extension` are set for the three kinds that are used, None for all others.
    """

    label: str
    media_type: MediaType | None = None
    extension: Extension | None = None

    @property
    def is_usable(self) -> bool:
        """True for PNG, JPEG and WebP."""
        return self.media_type is not None


PNG = Kind("a PNG", "image/png", "png")
JPEG = Kind("a JPEG", "image/jpeg", "jpg")
WEBP = Kind("a WebP", "image/webp", "webp")
NOTHING = Kind("nothing at all (0 bytes)")

_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x89PNG", PNG),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"GIF8", Kind("a GIF")),
    (0, b"\xff\x0a", Kind("a JPEG XL")),
    (0, b"\x00\x00\x00\x0cJXL ", Kind("a JPEG XL")),
    (0, b"II*\x00", Kind("a TIFF")),
    (0, b"MM\x00*", Kind("a TIFF")),
    (0, b"%PDF-", Kind("a PDF")),
    (0, b"\x1f\x8b", Kind("a gzip archive")),
    (0, b"PK\x03\x04", Kind("a ZIP archive")),
    (4, b"ftypavi", Kind("an AVIF")),
    (4, b"ftyphe", Kind("an HEIC")),
    (4, b"ftypmif1", Kind("an HEIC")),
    (4, b"ftyp", Kind("a video")),
)
"""Offset, bytes, kind; the first that fits wins."""

_MARKUP: tuple[tuple[bytes, Kind], ...] = (
    (b"<!doctype html", Kind("an HTML page")),
    (b"<html", Kind("an HTML page")),
    (b"<head", Kind("an HTML page")),
    (b"<body", Kind("an HTML page")),
    (b"<!--", Kind("an HTML page")),
    (b"<svg", Kind("an SVG")),
    (b"<", Kind("an XML document")),
    (b"{", Kind("a JSON text")),
    (b"[", Kind("a JSON text")),
)


def sniff(prefix: bytes) -> Kind:
    """What a file that begins with `prefix` is; always an answer, at worst "an unknown kind of file (starts …)".

    Some 32 bytes tell a picture, 512 tell a page with blank lines before its first tag.
    """
    if not prefix:
        return NOTHING
    if prefix[:4] == b"RIFF" and prefix[8:12] == b"WEBP":
        return WEBP
    for offset, signature, kind in _SIGNATURES:
        if prefix.startswith(signature, offset):
            return kind
    return _sniff_text(prefix[:PREFIX_BYTES])


def _sniff_text(prefix: bytes) -> Kind:
    text = prefix.removeprefix(codecs.BOM_UTF8).lstrip()
    for start, kind in _MARKUP:
        if text[: len(start)].lower() == start:
            return kind
    if is_text(prefix):
        return Kind("a text")
    if prefix.startswith(b"BM"):  # two letters are a weak signature: only what isn't a text can be one
        return Kind("a BMP")
    return Kind(f"an unknown kind of file (starts {prefix[:8].hex(' ')})")


def is_text(prefix: bytes) -> bool:
    """Whether `prefix` reads as UTF-8 with no control characters; a character cut at its end doesn't matter."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(prefix)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
