"""Pictures as text: base64, alone or in a ``data:`` URL, as it comes and as it goes out.

What comes may be broken into lines, use the URL-safe alphabet, lack its padding, or be percent-encoded in its URL. A
picture may be tens of megabytes: text that needs no mending is decoded as it stands, and the larger pieces are copied
as seldom as can be.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from urllib.parse import unquote

import attrs

_BLANKS = b" \t\r\n\f\v"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_LONGEST_HEAD = 200  # characters of a data URL before its comma: a media type and a few parameters
_MOST_HEADS = 3  # who adds one may not see that there is one
_IMAGE_TYPE = re.compile(r"image/[a-z0-9][a-z0-9.+-]{0,40}", re.ASCII)
_SIGNATURES = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
_BEGINNINGS = tuple(signature for signature, _ in _SIGNATURES)


@attrs.frozen
class Content:
    """A picture's bytes, its media type, and the same bytes as standard base64."""

    data: bytes = attrs.field(repr=lambda data: f"<{len(data)} bytes>")
    media_type: str
    text: str = attrs.field(repr=False)

    @property
    def url(self) -> str:
        """It as a ``data:`` URL."""
        return f"data:{self.media_type};base64,{self.text}"

    @property
    def digest(self) -> str:
        """Its SHA-256, as it stands in the place of a content that is kept elsewhere."""
        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"


def read_base64(text: str) -> Content | None:
    """The picture that `text` is, with or without the head of a ``data:`` URL; None where it is none."""
    if text[:5].lower() == "data:":
        return read_data_url(text)
    return _content(text, "")


def read_data_url(url: str) -> Content | None:
    """The picture in a ``data:`` URL of base64; None where there is none."""
    text, media_type = url, ""
    for _ in range(_MOST_HEADS):
        comma = text.find(",", 0, _LONGEST_HEAD)
        named, *parameters = text[: max(comma, 0)].lower().split(";")
        if not named.startswith("data:") or "base64" not in map(str.strip, parameters):
            return None
        media_type = media_type or named.removeprefix("data:").strip()
        text = text[comma + 1 :]
        if text[:5].lower() != "data:":
            return _content(unquote(text) if "%" in text else text, media_type)
    return None


def data_url(content: bytes, media_type: str) -> str:
    """`content` as a ``data:`` URL; what its bytes say it is, where `media_type` names no image."""
    text = binascii.b2a_base64(content, newline=False).decode("ascii")
    return Content(content, media_type_of(content, media_type), text).url


def read_bytes(data: bytes) -> Content | None:
    """The picture that `data` are; None where they do not begin as one does."""
    if not data.startswith(_BEGINNINGS) and not _is_webp(data):
        return None
    return Content(data, media_type_of(data, ""), binascii.b2a_base64(data, newline=False).decode("ascii"))


def _content(text: str, media_type: str) -> Content | None:
    data = _decoded(text)
    if len(text) != 4 * -(-len(data) // 3):  # not read, or padded by more than it should be
        text = _mended(text)
        data = _decoded(text)
    return Content(data, media_type_of(data, media_type), text) if data else None


def _decoded(text: str) -> bytes:
    """What `text` says in base64; nothing where it is none, or not even ASCII."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""


def _mended(text: str) -> str:
    """`text` without blanks, in the standard alphabet, padded as it should be."""
    tidy = text.encode("ascii", errors="replace").translate(_TO_STANDARD, _BLANKS).rstrip(b"=").decode("ascii")
    return tidy + "=" * (-len(tidy) % 4)


def media_type_of(data: bytes, media_type: str) -> str:
    """`media_type`, where it names an image; else what the bytes say."""
    if _IMAGE_TYPE.fullmatch(media_type):
        return media_type
    if _is_webp(data):
        return "image/webp"
    return next((found for signature, found in _SIGNATURES if data.startswith(signature)), "image/png")


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
