"""The input images of a row: where they are, and what their content is, before anything is sent.

A key holds what is in a picture, not where it lies, so that a folder can be moved with its images; and a picture that
is missing is a bad line, not a task that fails.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import attrs

from nanobanana_async.errors import BadImageError
from nanobanana_async.models import FieldProblem, is_url
from nanobanana_async.storage import CHECK_PATH, input_digest
from nanobanana_async.values import JSON, ImageSource, Request

LARGEST_IMAGE = 30_000_000
"""Bytes, for a request that doesn't say its own limit (PROTOCOL §1.5)."""

_COUNTED_FROM_THE_FILE = "Check the path: a relative one is counted from the folder of this file."

_NO_RELATIVE_PATH = re.compile(r"\s*(~|data:|[a-z][a-z0-9+.-]+://)", re.IGNORECASE)


def placed(images: JSON, folder: Path) -> JSON:
    """`images` with relative paths counted from `folder`. What is no text stays, for the field's own rule to report."""
    if isinstance(images, str):
        return _placed(images, folder)
    if isinstance(images, list):
        return [_placed(image, folder) if isinstance(image, str) else image for image in images]
    return images


def _placed(image: str, folder: Path) -> str:
    if not image.strip() or _NO_RELATIVE_PATH.match(image):
        return image
    return str(folder / image.strip())


def written(image: ImageSource, folder: Path | None) -> str:
    """An image as it stands in a manifest: relative to `folder` where it lies in it, so that both can be moved."""
    if isinstance(image, bytes):
        return f"<{len(image)} bytes>"
    if is_url(image):
        return str(image)
    path = Path(image)
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return str(image)


@attrs.define
class Digests:
    """The SHA-256 of images, each file read once while it stays what it was."""

    _known: dict[tuple[str, int, int, int], str] = attrs.field(factory=dict, init=False)

    def of(self, request: Request) -> list[str]:
        """What a key is made of, for each image of `request`: the digest, or the URL. It blocks.

        Raises:
            BadImageError: of the first that can't be used.
        """
        most: int = getattr(request, "max_image_bytes", None) or LARGEST_IMAGE
        return [self._of(image, most) for image in request.images]

    def _of(self, image: ImageSource, most: int) -> str:
        if isinstance(image, str) and is_url(image):
            return image
        mark = _mark(image, most)
        if mark is None:
            return input_digest(image, max_bytes=most)
        if mark not in self._known:
            self._known[mark] = input_digest(image, max_bytes=most)
        return self._known[mark]


def _mark(image: ImageSource, most: int) -> tuple[str, int, int, int] | None:
    """What tells that a file is the same and may be as long as it is; None where there is no telling."""
    if isinstance(image, bytes):
        return None
    try:
        status = Path(image).expanduser().stat()
    except (OSError, RuntimeError, ValueError):
        return None  # reading it says why
    return (os.fspath(image), status.st_mtime_ns, status.st_size, most)


def image_problem(error: BadImageError) -> FieldProblem:
    """A picture that can't be used, as what is wrong with the field."""
    remedy = _COUNTED_FROM_THE_FILE if error.remedy == CHECK_PATH else error.remedy
    return FieldProblem("images", None, error.message, remedy)
