"""The input images of a row: where they are, and what is wrong with them, before anything is sent.

A picture that is missing is a bad line, not a task that fails.
"""

from __future__ import annotations

import re
from pathlib import Path

from nanobanana_async.errors import BadImageError
from nanobanana_async.models import FieldProblem, is_bare_base64
from nanobanana_async.storage import CHECK_PATH
from nanobanana_async.values import JSON

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
    if not image.strip() or _NO_RELATIVE_PATH.match(image) or is_bare_base64(image):
        return image
    return str(folder / image.strip())


def image_problem(error: BadImageError) -> FieldProblem:
    """A picture that can't be used, as what is wrong with the field."""
    remedy = _COUNTED_FROM_THE_FILE if error.remedy == CHECK_PATH else error.remedy
    return FieldProblem("images", None, error.message, remedy)
