"""Saving what a batch made: where each picture goes, and what the outcome says of it.

What can't be saved is paid for all the same. So where it is not one picture that the disk refuses but every one, as a
full disk does, nothing more is paid for: the batch is told to stop.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from nanobanana_async.errors import NanoBananaError, StorageError
from nanobanana_async.events import FilesSaved, RunStopped, SaveFailed
from nanobanana_async.outcomes import SkipReason, Succeeded
from nanobanana_async.storage import (
    SavedImage,
    Target,
    disk_remedy,
    ensure_writable,
    file_stem,
    key_stem,
    takes_no_more,
)
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._fetching import Fetcher
from nanobanana_async.tasks._keeper import nothing_charged
from nanobanana_async.values import Item

Namer = Callable[[Item, int], Path]
"""From an item and its place in the input (from 0) to the path of its picture, without the extension."""
Stop = Callable[[NanoBananaError, SkipReason], None]
"""Has a batch send nothing more."""

_NO_FOLDER: Final = (errno.ENOTDIR, errno.EEXIST)
"""A file stands where a folder should be: where a namer of the user's names folders, for some pictures only."""


@attrs.define(eq=False)
class Saver:
    """Puts the pictures of successes where a namer says; a file that is there already is never overwritten."""

    _desk: Desk
    _fetcher: Fetcher
    _name: Namer
    _folder: Path | None = None
    _has_stopped: bool = attrs.field(default=False, init=False)

    async def prepare(self) -> None:
        """Make sure that there is a place for pictures, before any is paid for. Raises: ConfigurationError."""
        if self._folder is not None:
            await ensure_writable(self._folder)

    async def save(self, outcome: Succeeded, stop: Stop) -> Succeeded:
        """The outcome with its files, or with the error that kept them from being saved: it is paid for.

        `stop` is called, once, where what kept them from it will keep every other picture from it, too. Who is
        cancelled when all of them are in their places has them: else they would be saved a second time.
        """
        folder: Path | None = None
        placed: list[SavedImage] = []
        try:
            path = self._name(outcome.item, outcome.index)
            target = Target.in_folder(path.parent, path.name)
            folder = target.folder
            saved = await self._fetcher.save(outcome.result, target, if_exists="beside", placed=placed.append)
        except asyncio.CancelledError:
            if len(placed) < len(outcome.result.urls):
                raise
            saved = placed
        except NanoBananaError as error:
            if folder is not None and isinstance(error, StorageError):
                await self._judge(folder, error, stop)
            return self._unsaved(outcome, error)
        except Exception as error:  # noqa: BLE001  a namer of the user's may raise anything; what is paid for is handed over
            return self._unsaved(outcome, StorageError(f"no place for the picture: {type(error).__name__}: {error}"))
        files = tuple(picture.path for picture in saved)
        self._desk.announce(FilesSaved(at=self._desk.wall(), item=outcome.item, files=files))
        return attrs.evolve(outcome, files=files)

    async def _judge(self, folder: Path, error: StorageError, stop: Stop) -> None:
        """Have nothing more sent, where `folder` takes no more pictures."""
        cause = error.__cause__
        if not isinstance(cause, OSError) or (self._folder is None and cause.errno in _NO_FOLDER):
            return
        is_full = await takes_no_more(folder, error)
        if self._has_stopped or not is_full:
            return
        self._has_stopped = True
        why = nothing_charged(error)
        why.task_id = None  # it is told to the others
        why.remedy = f"{disk_remedy(cause)}, then send what was skipped."
        self._desk.announce(RunStopped(at=self._desk.wall(), error=why))
        stop(why, "storage")

    def _unsaved(self, outcome: Succeeded, error: NanoBananaError) -> Succeeded:
        self._desk.announce(SaveFailed(at=self._desk.wall(), item=outcome.item, error=error))
        return attrs.evolve(outcome, file_error=error)


def names_in(folder: Path) -> Namer:
    """Names by the user's key, or by place and prompt: ``00001-a-banana-in-orbit``."""

    def name(item: Item, index: int) -> Path:
        return folder / (key_stem(item.key) if item.key is not None else file_stem(index + 1, prompt_of(item)))

    return name


def prompt_of(item: Item) -> str:
    """The prompt of an item, or where it has none the name of its model."""
    request = item.request
    if isinstance(request, str):
        return request
    return str(getattr(request, "prompt", request.model))
