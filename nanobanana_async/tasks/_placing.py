"""Where a request stands in the journal: its key, and what tells it from another request under the same key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import anyio.to_thread

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import derive_key, is_url
from nanobanana_async.storage import input_digest
from nanobanana_async.tasks._keeper import Place
from nanobanana_async.tasks._uploads import LARGEST_IMAGE
from nanobanana_async.values import JSON, ImageSource, Request

LONGEST_KEY = 1024


async def place_of(request: Request, *, scope: str, key: str | None, data: JSON) -> Place:
    """The place of `request`; without a key of the user's, under the one that is derived from it.

    Raises:
        BadImageError: an image of it can't be read.
        ConfigurationError: the key can't be one.
    """
    fingerprint = derive_key(request, await _digests(request))
    if key is not None and (not isinstance(key, str) or not key.strip() or len(key) > LONGEST_KEY):
        raise ConfigurationError(
            f"key={key!r} is no key: give a text that is not blank, of up to {LONGEST_KEY} letters"
        )
    return Place(
        scope=scope,
        key=fingerprint if key is None else key,
        fingerprint=fingerprint,
        request=public_fields(request),
        model=request.model,
        dialect=request.dialect,
        price=request.credits,
        data=data,
    )


def public_fields(request: Request) -> Mapping[str, JSON]:
    """What was asked for, under our public names; of images the paths and URLs, never the content."""
    fields = dict(request.fields())
    if request.images:
        fields["images"] = [
            f"<{len(image)} bytes>" if isinstance(image, bytes) else str(image) for image in request.images
        ]
    return fields


async def _digests(request: Request) -> list[str]:
    return [await _digest(request, image) for image in request.images]


async def _digest(request: Request, image: ImageSource) -> str:
    if isinstance(image, str) and is_url(image):
        return image
    most: int = getattr(request, "max_image_bytes", None) or LARGEST_IMAGE
    return await anyio.to_thread.run_sync(partial(input_digest, image, max_bytes=most))
