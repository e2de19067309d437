"""Pictures from the file host: fetched without the key, checked, and fetched again where that may help.

Fetching costs nothing, so it is repeated; but a full disk does not get better by it. The bearer key never goes to a
file host (PROTOCOL §1.8). A gateway may name, and a redirect lead to, only where either may send us (see `_reach`).
A host that asks to be left alone for a while is, as long as that leaves time for the picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import anyio
import attrs

from nanobanana_async.dialects import retry_after
from nanobanana_async.errors import ConfigurationError, NanoBananaError, NetworkError, ServiceError, StorageError
from nanobanana_async.journal import SQLiteJournal
from nanobanana_async.storage import (
    MAX_FILE_BYTES,
    IfExists,
    Placed,
    SavedImage,
    Target,
    read_image,
    save_copy,
    save_image,
)
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._questions import ask
from nanobanana_async.tasks._reach import host_of, may_lead, reach_of
from nanobanana_async.tasks._still_paid import expired, put_back, refused, still_paid
from nanobanana_async.tasks._unfetched import GONE, chunks_of, digest_in, file_of, is_file, needs_no_fetching
from nanobanana_async.transport import WireStream
from nanobanana_async.values import ImageData, Problem, Result, WireRequest

AT_ONCE = 12
"""Downloads on the wire at the same time, in a lane of their own."""
NEAR_AT_ONCE = 2
"""Pictures that are here already, and are only checked and written."""
TRIES = 4
MOST_REDIRECTS = 3
DEADLINE = 300.0
"""Seconds for one try at a picture."""
ALTOGETHER = 600.0
"""Seconds for all tries at it, with the waits in between: a host that falls silent once leaves time for another."""
OVER_THE_LIMIT = 1024 * 1024
"""Bytes that the wire lets through beyond the longest picture: it is told as too long, and not as a broken answer."""

_LOOK_FIRST = (
    "Try the link in `result.urls` by hand first: the image is paid for. If it is gone for good, make it again if you "
    "need it, which is paid for again."
)

T = TypeVar("T")
Consumer = Callable[[AsyncIterable[bytes], int | None], Awaitable[T]]


class _GoneError(Exception):
    """The file host refuses the URL, or no longer has the file: the status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the file host answers {status}")
        self.status = status


@attrs.define(eq=False)
class Fetcher:
    """Gets the pictures of results."""

    _desk: Desk
    _lane: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)
    _near: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(NEAR_AT_ONCE), init=False)

    async def save(
        self, result: Result, target: Target, *, if_exists: IfExists, placed: Placed | None = None
    ) -> list[SavedImage]:
        """Each picture of `result` on disk: the first at `target`, the others beside it with a number.

        `placed` is told of each that is in its place, also where the caller is cancelled just then.

        Raises:
            ResultExpiredError, NetworkError, ServiceError: it can't be had.
            StorageError: it is no whole picture, or can't be written.
        """
        places = enumerate(result.urls, start=1)
        return [await self._save(result, url, target.numbered(number), if_exists, placed) for number, url in places]

    async def read(self, result: Result) -> list[ImageData]:
        """Each picture of `result` in memory; the errors are those of `save`."""

        async def keep(chunks: AsyncIterable[bytes], length: int | None) -> ImageData:
            return await read_image(chunks, expected_length=length)

        return [await self._fetch(result, url, keep) for url in result.urls]

    async def _save(
        self, result: Result, url: str, place: Target, if_exists: IfExists, placed: Placed | None
    ) -> SavedImage:
        async def write(chunks: AsyncIterable[bytes], length: int | None) -> SavedImage:
            return await save_image(chunks, place, expected_length=length, if_exists=if_exists, placed=placed)

        if not is_file(url):
            return await self._fetch(result, url, write)
        async with self._near:
            copying = save_copy(file_of(url), place, sha256=digest_in(url), if_exists=if_exists, placed=placed)
            return await self._taken(result, url, copying)

    async def _taken(self, result: Result, url: str, taking: Awaitable[T]) -> T:
        """A picture that came in the answer."""
        try:
            return await taking
        except FileNotFoundError:
            why = "it came in the answer, and the file that the journal kept of it is gone, or holds something else now"
            raise expired(result, url, why, remedy=put_back(self._kept_at(url))) from None
        except StorageError as error:
            raise still_paid(error, result, url) from error.__cause__

    def _kept_at(self, url: str) -> Path | None:
        """The file that the journal kept of `url`, or would find in its place; None where it keeps none in files."""
        journal = self._desk.keeper.journal if self._desk.keeper is not None else None
        if is_file(url):
            return file_of(url)
        return journal.place_of_picture(url.removeprefix(GONE)) if isinstance(journal, SQLiteJournal) else None

    async def _fetch(self, result: Result, url: str, consume: Consumer[T]) -> T:
        """One picture, with a fresh link where the first is refused, and a few more tries where the network fails."""
        if needs_no_fetching(url):
            async with self._near:
                return await self._taken(result, url, consume(chunks_of(url), None))
        renewed = False
        failures = 0
        until = self._now() + ALTOGETHER
        while True:
            asked_at = self._now()
            try:
                async with self._lane:
                    until += self._now() - asked_at  # a full lane is no fault of the host's
                    return await self._fetch_once(url, min(until, self._now() + DEADLINE), consume)
            except _GoneError as gone:
                if renewed:
                    raise expired(result, url, str(gone)) from None
                url, renewed = await self._renewed(result, url, gone), True
            except (NetworkError, ServiceError, StorageError) as error:
                failures += 1
                wait = self._wait(error, failures)
                if failures >= TRIES or not _may_help(error) or self._now() + wait >= until:
                    raise still_paid(error, result, url) from error.__cause__
                await anyio.sleep(wait)

    def _wait(self, error: NanoBananaError, failures: int) -> float:
        """Seconds until it is tried again: no less than the host has asked for."""
        asked = error.problem.retry_after if error.problem is not None else None
        return max(asked or 0.0, self._desk.settings.backoff.delay(failures, self._desk.random()))

    async def _fetch_once(self, url: str, until: float, consume: Consumer[T]) -> T:
        _refuse_neighbours(self._desk.gateway.address, url)
        for _ in range(MOST_REDIRECTS + 1):
            request = WireRequest(
                "GET",
                url,
                deadline=round(max(0.0, until - self._now()), 1),
                max_bytes=MAX_FILE_BYTES + OVER_THE_LIMIT,
                headers={"accept": "image/*"},
            )
            async with self._desk.transport.stream(request) as stream:
                if stream.status == 200:
                    return await consume(stream.chunks(), _length(stream.headers))
                url = _where_to(url, stream)
        raise ServiceError(f"the file host redirects more than {MOST_REDIRECTS} times", charged="yes", retryable=False)

    def _now(self) -> float:
        return self._desk.now()

    async def _renewed(self, result: Result, url: str, gone: _GoneError) -> str:
        gateway = self._desk.gateway
        try:
            return await ask(self._desk, gateway.ask_download_url(url), gateway.read_download_url)
        except ConfigurationError as error:  # it has none to give
            if gone.status in (401, 403):
                raise refused(result, url, gone.status) from error
            raise expired(result, url, f"{gone}; {error.message}", remedy=_LOOK_FIRST) from error
        except NanoBananaError as error:
            raise expired(result, url, f"{gone}; no new link: {error.message}") from error


def _refuse_neighbours(gateway: str, url: str) -> None:
    """Raises: ServiceError, where `url` is one that the gateway at the URL `gateway` has no business to name."""
    if may_lead(gateway, url):
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
        raise _GoneError(status)
    location = stream.headers.get("location")
    if not 300 <= status < 400 or not location:
        raise _not_given(url, stream)
    target = urljoin(url, location)
    if urlsplit(target).scheme not in ("http", "https") or not may_lead(url, target):
        raise ServiceError(
            f"the file host redirects to {target!r}: not followed",
            charged="yes",
            retryable=False,
            remedy="If you trust it with that, fetch the URL in `result.urls` yourself: it stays paid for.",
        )
    return target


def _not_given(url: str, stream: WireStream) -> ServiceError:
    """The host has answered with something else than the picture; perhaps with when to come back."""
    wait = retry_after(stream.headers)
    said = f"the file host answers {stream.status} for {url!r}"
    if wait is not None:
        said += f", and asks to be left alone for {wait:g} s"
    problem = Problem(stream.status, None, said, enveloped=False, retry_after=wait)
    return ServiceError(said, charged="yes", problem=problem)


def _length(headers: Mapping[str, str]) -> int | None:
    """The announced length of the file in bytes, where it is that of the file and not of a compressed form."""
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and "content-encoding" not in headers else None


def _may_help(error: NanoBananaError) -> bool:
    """Whether fetching again may: not when the disk refused it, nor when the host sends us where we don't go."""
    return error.retryable and not isinstance(error.__cause__, OSError) and not getattr(error, "permanent", False)
