"""Where a request stands in the journal: its key, and what tells it from another request under the same key."""

from __future__ import annotations

import anyio.to_thread

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.models import derive_key, public_fields
from nanobanana_async.storage import Digests
from nanobanana_async.tasks._keeper import Place
from nanobanana_async.tasks._uploads import needs_upload
from nanobanana_async.values import JSON, Request

LONGEST_KEY = 1024


async def place_of(request: Request, digests: Digests, *, scope: str, key: str | None, data: JSON) -> Place:
    """The place of `request`; without a key of the user's, under the one that is derived from it.

    Raises:
        BadImageError: an image of it can't be read.
        ConfigurationError: the key can't be one.
    """
    # Files are read in a thread; URLs are what they are.
    made_of = await anyio.to_thread.run_sync(digests.of, request) if needs_upload(request) else digests.of(request)
    fingerprint = derive_key(request, made_of)
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
