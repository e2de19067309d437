"""A request as it is written down for people, in a journal and in a manifest: under our public names."""

from __future__ import annotations

from pathlib import Path

from nanobanana_async.models._data_url import data_url_length, is_data_url
from nanobanana_async.models._image_rules import is_url
from nanobanana_async.values import JSON, ImageSource, Request


def public_fields(request: Request, source: Path | None = None) -> dict[str, JSON]:
    """What was asked for, under our public names; of images the paths and URLs, never the content.

    Paths that lie in the folder `source` are written relative to it.
    """
    fields = dict(request.fields())
    if request.images:
        fields["images"] = [written_image(image, source) for image in request.images]
    return fields


def written_image(image: ImageSource, folder: Path | None) -> str:
    """An image as it is written down: relative to `folder` where it lies in it, so that both can be moved."""
    if isinstance(image, bytes):
        return f"<{len(image)} bytes>"
    if isinstance(image, str) and is_data_url(image):
        return f"<{data_url_length(image)} bytes>"
    if is_url(image):
        return str(image)
    path = Path(image)
    if folder is not None and path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return str(image)
