"""Base64 that stands alone, as APIs in OpenAI's style take an image (PROTOCOL §3): told from a path, made a URL."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final

_HEAD: Final = 16
"""Letters, of 12 bytes: as many as it takes to tell a WebP from other files of its container."""
_LEAST: Final = 64
"""Letters: a shorter text is a path; no picture is as small."""

_KINDS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "image/png": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "image/webp": lambda head: head.startswith(b"RIFF") and head.endswith(b"WEBP"),
    "image/gif": lambda head: head.startswith((b"GIF87a", b"GIF89a")),
}


def is_bare_base64(text: str) -> bool:
    """Whether `text` is a picture in base64, with or without line breaks, by its begin.

    Whether it is whole is for whoever decodes it to say. A text with a dot in it is a path or a URL: base64 has none.
    """
    return _kind(text.lstrip()) is not None


def as_data_url(text: str) -> str | None:
    """The ``data:`` URL of the picture that `text` is in base64; None where it is none."""
    kind = _kind(text.lstrip())
    return f"data:{kind};base64,{''.join(text.split())}" if kind is not None else None


def _kind(text: str) -> str | None:
    if len(text) < _LEAST or "." in text:
        return None
    try:
        head = base64.b64decode(text[:_HEAD], validate=True)
    except ValueError:
        return None
    return next((name for name, is_such in _KINDS.items() if is_such(head)), None)
