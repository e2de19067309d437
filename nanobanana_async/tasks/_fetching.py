"""Pictures from the file host: fetched without the key, checked, and fetched again where that may help.

Fetching costs nothing, so it is repeated; but a full disk does not get better by it. The bearer key never goes to a
file host (PROTOCOL §1.8). A gateway may name, and a redirect lead to, only where either may send us (see `_reach`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import anyio
import attrs

from nanobanana_async.errors import NanoBananaError, NetworkError, ResultExpiredError, ServiceError, StorageError
from nanobanana_async.storage import (
    MAX_FILE_BYTES,
    IfExists,
    SavedImage,
    Target,
    read_image,
    save_copy,
    save_image,
)
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._questions import ask
from nanobanana_async.tasks._reach import host_of, may_lead, may_name, reach_of
from nanobanana_async.tasks._unfetched import chunks_of, digest_in, file_of, is_file, needs_no_fetching
from nanobanana_async.transport import WireStream
from nanobanana_async.values import ImageData, Result, WireRequest

AT_ONCE = 12
"""Downloads on the wire at the same time, in a lane of their own."""
NEAR_AT_ONCE = 2
"""Pictures that are here already, and are only checked and written."""
TRIES = 4
MOST_REDIRECTS = 3
DEADLINE = 300.0
"""Seconds for one picture."""

_NOWHERE_ELSE = (
    "It was in that file alone, in the folder beside the journal. Put a copy of the picture back there under that name "
    "if you have one, such as the file that was saved of it; else make it again, which is paid for again."
)

T = TypeVar("T")
Consumer = Callable[[AsyncIterable[bytes], int | None], Awaitable[T]]


class _GoneError(Exception):
    """The file host refuses the URL, or no longer has the file."""


@attrs.define(eq=False)
class Fetcher:
    """Gets the pictures of results."""

    _desk: Desk
    _lane: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)
    _near: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(NEAR_AT_ONCE), init=False)

    async def save(self, result: Result, target: Target, *, if_exists: IfExists) -> list[SavedImage]:
        """Each picture of `result` on disk: the first at `target`, the others beside it with a number.

        Raises:
            ResultExpiredError, NetworkError, ServiceError: it can't be had.
            StorageError: it is no whole picture, or can't be written.
        """
        places = enumerate(result.urls, start=1)
        return [await self._save(result, url, target.numbered(number), if_exists) for number, url in places]

    async def read(self, result: Result) -> list[ImageData]:
        """Each picture of `result` in memory; the errors are those of `save`."""

        async def keep(chunks: AsyncIterable[bytes], length: int | None) -> ImageData:
            return await read_image(chunks, expected_length=length)

        return [await self._fetch(result, url, keep) for url in result.urls]

    async def _save(self, result: Result, url: str, place: Target, if_exists: IfExists) -> SavedImage:
        async def write(chunks: AsyncIterable[bytes], length: int | None) -> SavedImage:
            return await save_image(chunks, place, expected_length=length, if_exists=if_exists)

        if not is_file(url):
            return await self._fetch(result, url, write)
        async with self._near:
            copying = save_copy(file_of(url), place, sha256=digest_in(url), if_exists=if_exists)
            return await _taken(result, url, copying)

    async def _fetch(self, result: Result, url: str, consume: Consumer[T]) -> T:
        """One picture, with a fresh link where the first is refused, and a few more tries where the network fails."""
        if needs_no_fetching(url):
            async with self._near:
                return await _taken(result, url, consume(chunks_of(url), None))
        renewed = False
        failures = 0
        while True:
            try:
                async with self._lane:
                    return await self._fetch_once(url, consume)
            except _GoneError as gone:
                if renewed:
                    raise _expired(result, url, str(gone)) from None
                url, renewed = await self._renewed(result, url, str(gone)), True
            except (NetworkError, ServiceError, StorageError) as error:
                failures += 1
                if failures >= TRIES or not _may_help(error):
                    raise _with_task(error, result) from error.__cause__
                await anyio.sleep(self._desk.settings.backoff.delay(failures, self._desk.random()))

    async def _fetch_once(self, url: str, consume: Consumer[T]) -> T:
        _refuse_neighbours(self._desk.gateway.address, url)
        for _ in range(MOST_REDIRECTS + 1):
            request = WireRequest(
                "GET", url, deadline=DEADLINE, max_bytes=MAX_FILE_BYTES, headers={"accept": "image/*"}
            )
            async with self._desk.transport.stream(request) as stream:
                if stream.status == 200:
                    return await consume(stream.chunks(), _length(stream.headers))
                url = _where_to(url, stream)
        raise ServiceError(f"the file host redirects more than {MOST_REDIRECTS} times", charged="yes", retryable=False)

    async def _renewed(self, result: Result, url: str, why: str) -> str:
        gateway = self._desk.gateway
        try:
            return await ask(self._desk, gateway.ask_download_url(url), gateway.read_download_url)
        except NanoBananaError as error:
            raise _expired(result, url, f"{why}; no new link: {error.message}") from error


async def _taken(result: Result, url: str, taking: Awaitable[T]) -> T:
    """A picture that came in the answer."""
    try:
        return await taking
    except FileNotFoundError:
        why = "it came in the answer, and the file that the journal kept of it is gone, or holds something else now"
        raise _expired(result, url, why, remedy=_NOWHERE_ELSE) from None
    except StorageError as error:
        raise _with_task(error, result) from error.__cause__


def _refuse_neighbours(gateway: str, url: str) -> None:
    """Raises: ServiceError, where `url` is one that the gateway at the URL `gateway` has no business to name."""
    if may_name(gateway, url):
        return
    where = "on this machine" if reach_of(url) == "loopback" else "in your own network"
    raise ServiceError(
        f"the gateway at {gateway!r} names a picture at {host_of(url)!r}, which is {where}, as it is not itself: "
        "nothing was asked there",
        charged="yes",
        retryable=False,
        remedy="If you trust it with that, fetch the URL in `result.urls` yourself; else tell whoever runs it.",
    )


def _where_to(url: str, stream: WireStream) -> str:
    """Where an answer other than 200 leads: the URL of a redirect; else it is an error."""
    status = stream.status
    if status in (401, 403, 404, 410):
        raise _GoneError(f"the file host answers {status}")
    location = stream.headers.get("location")
    if not 300 <= status < 400 or not location:
        raise ServiceError(f"the file host answers {status} for {url!r}", charged="yes")
    target = urljoin(url, location)
    if urlsplit(target).scheme not in ("http", "https") or not may_lead(url, target):
        raise ServiceError(f"the file host redirects to {target!r}: not followed", charged="yes", retryable=False)
    return target


def _length(headers: Mapping[str, str]) -> int | None:
    """The announced length of the file in bytes, where it is that of the file and not of a compressed form."""
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in headers else None


def _may_help(error: NanoBananaError) -> bool:
    """Whether fetching again may: not when the disk refused it, nor when the host sends us where we don't go."""
    return error.retryable and not isinstance(error.__cause__, OSError) and not getattr(error, "permanent", False)


def _with_task(error: NanoBananaError, result: Result) -> NanoBananaError:
    """The picture is made and paid for: nobody must think that it has to be made again because it did not come."""
    error.task_id = result.task_id
    error.charged = "yes"
    if not isinstance(error, StorageError):
        if error.retryable:
            where = "by its task id" if result.task_id is not None else f"from {', '.join(result.urls)[:500]}"
            error.remedy = f"Fetch the result again {where}: it stays paid for."
        error.public_message = (
            "The image is made, but could not be fetched. It can be fetched again; do not order it anew."
        )
    return error


def _expired(result: Result, url: str, why: str, *, remedy: str | None = None) -> ResultExpiredError:
    message = f"the image at {url[:200]!r} can't be had any more: {why}"
    return ResultExpiredError(message, task_id=result.task_id, remedy=remedy)
