"""What is in the input images of a request, as keys are made of it: what counts is the content, not where it lies."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import attrs

from nanobanana_async.models import data_url_content, is_data_url, is_url
from nanobanana_async.storage._inputs import check_data_url, input_digest
from nanobanana_async.values import ImageSource, Request

LARGEST_IMAGE = 30_000_000
"""Bytes, for a request that doesn't say its own limit (PROTOCOL §1.5)."""
REMEMBERED = 4096
"""Files whose digest is kept: a batch may have a million, and most of them once."""

_Mark = tuple[str, int, int, int]


def most_image_bytes(request: Request) -> int:
    """How long an input image of `request` may be, in bytes."""
    most: int | None = getattr(request, "max_image_bytes", None)
    return most or LARGEST_IMAGE


@attrs.define
class Digests:
    """The SHA-256 of images, each file read once while it stays what it was."""

    _known: dict[_Mark, str] = attrs.field(factory=dict, init=False)

    def of(self, request: Request) -> list[str]:
        """What a key is made of, for each image of `request`: the digest, or the URL. It blocks.

        Raises:
            BadImageError: of the first that can't be used.
        """
        most = most_image_bytes(request)
        return [self._of(image, most) for image in request.images]

    def _of(self, image: ImageSource, most: int) -> str:
        if isinstance(image, str) and is_url(image):
            return image
        if isinstance(image, str) and is_data_url(image):
            check_data_url(image)
            return hashlib.sha256(data_url_content(image)).hexdigest()
        mark = _mark(image, most)
        if mark is None:
            return input_digest(image, max_bytes=most)
        digest = self._known.get(mark)
        if digest is None:
            digest = self._known[mark] = input_digest(image, max_bytes=most)
            if len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)), None)
        return digest


def _mark(image: ImageSource, most: int) -> _Mark | None:
    """What tells that a file is the same and may be as long as it is; None where there is no telling."""
    if isinstance(image, bytes):
        return None
    try:
        status = Path(image).expanduser().stat()
    except (OSError, RuntimeError, ValueError):
        return None  # reading it says why
    return (os.fspath(image), status.st_mtime_ns, status.st_size, most)
