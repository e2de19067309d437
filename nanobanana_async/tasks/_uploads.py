"""Input images on their way to where the vendor can fetch them: each content is uploaded once, whoever uses it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

import attrs

from nanobanana_async.events import ImageUploaded
from nanobanana_async.models import is_url
from nanobanana_async.pacing import look_failure
from nanobanana_async.storage import InputImage, check_data_url, most_image_bytes, read_input
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._heavy import MUCH
from nanobanana_async.tasks._unfetched import is_content
from nanobanana_async.values import FilePart, ImageSource, Refused, Request

AT_ONCE = 4
"""Uploads on the wire at the same time, in a lane of their own: each may hold 30 MB."""
KEPT_FOR = 24 * 3600.0
"""How long an uploaded URL is used again, in seconds: the vendor keeps it for 3 days (PROTOCOL §4)."""
REMEMBERED = 4096


def needs_upload(request: Request) -> bool:
    """Whether any image of `request` is local."""
    return not all(is_url(image) for image in request.images)


def weight_of(request: Request) -> int:
    """How many bytes of pictures a create of `request` that takes files has to carry, about; 0 where they are few.

    Content takes a third more as base64, in which most go.
    """
    size = sum(map(_length, request.images)) * 4 // 3
    return size if size > MUCH else 0


def _length(image: ImageSource) -> int:
    if isinstance(image, bytes):
        return len(image)
    if isinstance(image, str) and is_url(image):
        return 0
    if isinstance(image, str) and is_content(image):
        return len(image) * 3 // 4
    try:
        return Path(image).expanduser().stat().st_size
    except (OSError, RuntimeError, TypeError, ValueError):
        return 0  # reading it says why


async def inlined(request: Request) -> list[str | FilePart]:
    """The images of `request` for a create that takes files: URLs as they are, and of local ones the content.

    Raises:
        BadImageError: a picture can't be read, or is none.
    """
    images: list[str | FilePart] = []
    for image in request.images:
        if isinstance(image, str) and is_url(image):
            images.append(image)
        elif isinstance(image, str) and is_content(image):
            check_data_url(image)
            images.append(image)
        else:
            picture = await read_input(image, max_bytes=most_image_bytes(request))
            images.append(FilePart("image", picture.filename, picture.content, picture.media_type))
    return images


@attrs.define(eq=False)
class Uploads:
    """Uploads what is local, one try each, and remembers where it went by the hash of its content."""

    _desk: Desk
    _urls: OrderedDict[str, tuple[str, float]] = attrs.field(factory=OrderedDict, init=False)
    _lane: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)
    _locks: WeakValueDictionary[str, asyncio.Lock] = attrs.field(factory=WeakValueDictionary, init=False)

    async def urls_for(self, request: Request) -> tuple[str, ...]:
        """The URL of each image of `request`, in order.

        Raises:
            BadImageError: a picture can't be read, or is none.
            NanoBananaError: the upload was refused or failed; nothing was charged.
        """
        max_bytes = most_image_bytes(request)
        return tuple([await self._url_of(image, max_bytes) for image in request.images])

    async def _url_of(self, image: ImageSource, max_bytes: int) -> str:
        if isinstance(image, str) and is_url(image):
            return image
        async with self._lane:
            picture = await read_input(image, max_bytes=max_bytes)
            # Two uploads of one content at once would overwrite each other behind the vendor's cache (PROTOCOL §4).
            async with self._locks.setdefault(picture.sha256, asyncio.Lock()):
                return self._remembered(picture.sha256) or await self._upload(picture)

    def _remembered(self, sha256: str) -> str | None:
        url, since = self._urls.get(sha256, (None, 0.0))
        return url if self._desk.now() - since < KEPT_FOR else None

    async def _upload(self, picture: InputImage) -> str:
        gateway = self._desk.gateway
        request = gateway.upload(picture.content, filename=picture.filename, media_type=picture.media_type)
        said = gateway.read_uploaded(await self._desk.transport.send(request))
        if isinstance(said, Refused):
            raise look_failure(said.problem)
        self._urls[picture.sha256] = (said, self._desk.now())
        while len(self._urls) > REMEMBERED:
            self._urls.popitem(last=False)
        self._desk.announce(ImageUploaded(at=self._desk.wall(), url=said, size=len(picture.content)))
        return said
