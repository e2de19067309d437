"""Is this a whole picture? Signature, structure, end and size, without decoding a pixel.

The check is for what downloads do to files (cut them off, swap them for an error page) and for what a file may do to
its reader (unfold to gigabytes). A picture that decoders would open is never refused for being odd: it was paid for.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import attrs

from nanobanana_async.storage._disk import disk_errors
from nanobanana_async.storage._flaws import FlawError, TooLargeError, unusable
from nanobanana_async.storage._jpeg import measure_jpeg
from nanobanana_async.storage._kinds import JPEG, PNG, PREFIX_BYTES, WEBP, Extension, Kind, MediaType, is_text, sniff
from nanobanana_async.storage._png import measure_png
from nanobanana_async.storage._webp import measure_webp

MAX_DECODED_BYTES: Final = 1024**3
"""The most that a picture may take once it is decoded, in bytes (width * height * 4): 16 times the largest that the
gateways make (4K, about 4096 by 4096), and still what a laptop can open."""

_SNIPPET_CHARACTERS = 80

_MEASURES: dict[Kind, Callable[[BinaryIO, int], tuple[int, int]]] = {
    PNG: measure_png,
    JPEG: measure_jpeg,
    WEBP: measure_webp,
}


@attrs.frozen
class Inspected:
    """A whole picture: its media type, the extension for it (without a dot), its size in pixels and in bytes."""

    media_type: MediaType
    extension: Extension
    width: int
    height: int
    size_bytes: int


def inspect(
    source: bytes | Path | BinaryIO,
    *,
    subject: str = "the file",
    expected_length: int | None = None,
    max_decoded_bytes: int = MAX_DECODED_BYTES,
) -> Inspected:
    """Checks that `source` is one whole PNG, JPEG or WebP, and says which and how large.

    It blocks: call it in a thread for files. An open file is read from its start. `subject` stands at the head of an
    error's message; `expected_length` is what was announced for the file, in bytes.

    Raises:
        StorageError: it is something else (the message says what), cut off, damaged, too large once decoded (width *
            height * 4 over `max_decoded_bytes`), or can't be read.
    """
    with _opened(source) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        prefix = file.read(PREFIX_BYTES)
        kind = sniff(prefix)
        if kind.media_type is None or kind.extension is None:
            raise unusable(f"{subject} is {kind.label}{_snippet(prefix)}, not a PNG, a JPEG or a WebP")
        try:
            _check_length(size, expected_length)
            file.seek(0)
            width, height = _MEASURES[kind](file, size)
            _check_area(width, height, max_decoded_bytes)
        except FlawError as flaw:
            is_too_large = isinstance(flaw, TooLargeError)
            raise unusable(f"{subject} is {kind.label} {flaw}", is_too_large=is_too_large) from None
        return Inspected(kind.media_type, kind.extension, width, height, size)


@contextmanager
def _opened(source: bytes | Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with disk_errors(f"read {source}"), source.open("rb") as file:
            yield file
    else:
        yield source


def _check_length(size: int, expected: int | None) -> None:
    if expected is not None and size < expected:
        raise FlawError(f"cut off after {size} of {expected} bytes")
    if expected is not None and size > expected:
        raise FlawError(f"of {size} bytes where {expected} were announced")


def _check_area(width: int, height: int, max_decoded_bytes: int) -> None:
    if width == 0 or height == 0:
        raise FlawError(f"of {width}x{height} pixels")
    if width * height * 4 > max_decoded_bytes:
        limit = f"over the limit of {max_decoded_bytes} bytes once it is decoded"
        raise TooLargeError(f"of {width}x{height} pixels, {limit}")


def _snippet(prefix: bytes) -> str:
    """The first words of a text that came instead of a picture: they tell what went wrong."""
    if not prefix or not is_text(prefix):
        return ""
    words = " ".join(prefix.decode("utf-8-sig", "ignore").split())
    return f" ({words[:_SNIPPET_CHARACTERS]!r})" if words else ""
