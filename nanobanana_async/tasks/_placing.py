"""Where a request stands in the journal: its key, and what tells it from another request under the same key."""

from __future__ import annotations

import anyio.to_thread

from nanobanana_async.errors import BadImageError, ConfigurationError
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.models import derive_key, public_fields
from nanobanana_async.storage import Digests
from nanobanana_async.tasks._keeper import Keeper, Place
from nanobanana_async.tasks._uploads import needs_upload
from nanobanana_async.values import JSON, Request

LONGEST_KEY = 1024


async def place_of(request: Request, keeper: Keeper, *, scope: str, key: str | None, data: JSON) -> Place:
    """The place of `request`; without a key of the user's, under the one that is derived from it.

    Where an image of it can't be read any more, and something was sent under the user's key, it is taken for the same
    request: what is paid for is given all the same.

    Raises:
        BadImageError: an image of it can't be read.
        ConfigurationError: the key can't be one.
    """
    if key is not None:
        check_key(key)
    try:
        fingerprint = await _fingerprint(request, keeper.digests)
    except BadImageError:
        known = await keeper.find(scope, key) if key is not None else None
        if known is None or known.state is ItemState.NEW:
            raise
        fingerprint = known.fingerprint
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


async def _fingerprint(request: Request, digests: Digests) -> str:
    # Files are read in a thread; URLs are what they are.
    made_of = await anyio.to_thread.run_sync(digests.of, request) if needs_upload(request) else digests.of(request)
    return derive_key(request, made_of)


def check_key(key: object, name: str = "key") -> None:
    """Raises: ConfigurationError, where `key` can't be one."""
    fits = isinstance(key, str) and key.strip() and len(key) <= LONGEST_KEY
    if not fits or not _is_writable(str(key)):
        raise ConfigurationError(
            f"{name}={key!r} is no {name}: give a text that is not blank, of up to {LONGEST_KEY} whole letters"
        )


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
