"""The chunks of a download become a picture: a file in its place (`save_image`) or bytes in memory (`read_image`).

A picture that is in a file already becomes another file (`save_copy`). It is never a link to the first: the file that
the user gets is his, to do with as he likes, and the first stays what it is known as.

Theory of operation of `save_image`:

1. Chunks are gathered to blocks of 256 KiB and written by worker threads: a hop to a thread costs some 0.1 ms, which
   is nothing for a block and a lot for a chunk.
2. They go to a hidden file beside the target, so that the last step is a rename within one file system.
3. Only a whole picture goes on: length as announced, signature, structure, end, size (`inspect`).
4. It is synced before it is renamed, and the folder after: a power cut leaves no file or the whole one.
5. Whatever goes wrong before, a cancellation included, the hidden file is removed before anybody is told.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncIterable, Callable
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Final

import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.storage._disk import disk_errors, disk_words
from nanobanana_async.storage._flaws import unusable
from nanobanana_async.storage._inspect import MAX_DECODED_BYTES, Inspected, inspect
from nanobanana_async.storage._part import PartFile
from nanobanana_async.storage._targets import IfExists, Target, suffix_differs
from nanobanana_async.storage._threads import run_to_end
from nanobanana_async.values import ImageData

MAX_FILE_BYTES: Final = 256 * 1024**2
"""The longest file that is taken for a picture, in bytes: several times a 4K PNG of noise, which is about 50 MB."""

_BLOCK_BYTES = 256 * 1024


@attrs.frozen
class SavedImage:
    """A picture on disk: where it is, what it is, and whether the name that the user gave says something else."""

    path: Path
    image: Inspected
    suffix_differs: bool


Placed = Callable[[SavedImage], None]
"""Told, in a thread, as soon as a picture is in its place: also where who asked for it is cancelled just then."""


async def save_image(
    chunks: AsyncIterable[bytes],
    target: Path | Target,
    *,
    expected_length: int | None = None,
    if_exists: IfExists = "replace",
    placed: Placed | None = None,
    max_bytes: int = MAX_FILE_BYTES,
    max_decoded_bytes: int = MAX_DECODED_BYTES,
) -> SavedImage:
    """The picture that `chunks` make up, checked and in its place.

    A `Path` is obeyed to the letter; a `Target` of ours gets the extension that the picture asks for. Missing folders
    are made. `if_exists` says what becomes of a file of that name: "replace" puts the new one in its place, in one
    step (a link is replaced, not followed); "beside" never touches it and takes ``name~2.png``, so use it for names
    that we make. `expected_length` is the Content-Length in bytes, None where there is none or the body was
    compressed. `placed` is told of the picture even where the caller is cancelled in the last instant, and never hears
    of it himself. What `chunks` raises comes out unchanged. The iterator is the caller's to close.

    Raises:
        StorageError: what came is no whole PNG, JPEG or WebP, or is over a limit; the disk is full, read-only or out
            of reach. Nothing is left behind.
    """
    place = Target.named(target) if isinstance(target, Path) else target
    part = PartFile(place.folder, place.name)
    intake = _Intake(f"the picture for {place}", expected_length, max_bytes)
    finish = partial(_finish, part, place, intake, if_exists, placed, max_decoded_bytes=max_decoded_bytes)
    try:
        async for chunk in chunks:
            intake.add(chunk)
            if intake.gathered >= _BLOCK_BYTES:
                await run_to_end(part.write, intake.take())
        return await run_to_end(finish)
    except BaseException:
        await run_to_end(part.discard)
        raise


async def save_copy(
    source: Path, target: Target, *, sha256: str | None, if_exists: IfExists = "replace", placed: Placed | None = None
) -> SavedImage:
    """The picture in the file `source`, checked and in its place, as a file of its own.

    `sha256` is what it must be, in hex; None where nobody knows. `if_exists` and `placed` are those of `save_image`.

    Raises:
        FileNotFoundError: `source` is not there, or its content is another by now.
        StorageError: as by `save_image`; or it can't be read.
    """
    part = PartFile(target.folder, target.name)
    try:
        return await run_to_end(partial(_copied, part, source, target, if_exists, placed, sha256=sha256))
    except BaseException:
        await run_to_end(part.discard)
        raise


async def read_image(
    chunks: AsyncIterable[bytes],
    *,
    expected_length: int | None = None,
    max_bytes: int = MAX_FILE_BYTES,
    max_decoded_bytes: int = MAX_DECODED_BYTES,
) -> ImageData:
    """The picture that `chunks` make up, checked, in memory. The parameters are those of `save_image`.

    Raises:
        StorageError: what came is no whole PNG, JPEG or WebP, or is over a limit.
    """
    intake = _Intake("what came", expected_length, max_bytes)
    async for chunk in chunks:
        intake.add(chunk)
    content = intake.take()
    check = partial(
        inspect,
        content,
        subject=intake.subject,
        expected_length=expected_length,
        max_decoded_bytes=max_decoded_bytes,
    )
    image = await run_to_end(check)
    return ImageData(content, image.media_type, image.width, image.height)


class _Intake:
    """The chunks that came and were not taken yet, and the count of all that came, held under a limit."""

    def __init__(self, subject: str, expected_length: int | None, max_bytes: int) -> None:
        self.subject = subject
        self.expected_length = expected_length
        self.gathered = 0
        self._chunks: list[bytes] = []
        self._max_bytes = max_bytes
        self._total = 0
        self._refuse_over_limit(expected_length or 0)

    def add(self, chunk: bytes) -> None:
        self._total += len(chunk)
        self._refuse_over_limit(self._total)
        self.gathered += len(chunk)
        self._chunks.append(chunk)

    def take(self) -> bytes:
        block = b"".join(self._chunks)
        self._chunks.clear()
        self.gathered = 0
        return block

    def _refuse_over_limit(self, size: int) -> None:
        if size > self._max_bytes:
            message = f"{self.subject} has at least {size} bytes, over the limit of {self._max_bytes}"
            raise unusable(message, is_too_large=True)


def _finish(
    part: PartFile,
    place: Target,
    intake: _Intake,
    if_exists: IfExists,
    placed: Placed | None,
    *,
    max_decoded_bytes: int = MAX_DECODED_BYTES,
) -> SavedImage:
    """The last hop to a thread, and for a small picture the only one: write, check, sync, rename."""
    part.write(intake.take())
    with disk_errors(f"read back {place}"):
        image = inspect(
            part.opened(),
            subject=intake.subject,
            expected_length=intake.expected_length,
            max_decoded_bytes=max_decoded_bytes,
        )
    part.sync()
    path = place.path(image.extension)
    there = part.replace(path) if if_exists == "replace" else part.put_beside(path)
    saved = SavedImage(there, image, suffix_differs(there, image.extension))
    if placed is not None:
        placed(saved)
    return saved


def _copied(
    part: PartFile, source: Path, place: Target, if_exists: IfExists, placed: Placed | None, *, sha256: str | None
) -> SavedImage:
    with _opened(source) as file:
        part.copy(file)
    intake = _Intake(f"the picture for {place}", None, MAX_FILE_BYTES)
    with disk_errors(f"read back {place}"):
        copy = part.opened()
        copy.seek(0)
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
    if sha256 not in (None, digest):
        raise FileNotFoundError(errno.ENOENT, f"{source} holds something else now")
    return _finish(part, place, intake, if_exists, placed)


def _opened(source: Path) -> FileIO:
    try:
        return source.open("rb", buffering=0)
    except FileNotFoundError:
        raise
    except OSError as error:
        remedy = "See that it can be read, then save the picture again: it stays paid for."
        raise StorageError(f"can't read {source}: {disk_words(error)}", charged="yes", remedy=remedy) from error
