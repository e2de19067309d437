"""The journal of a folder: open before its client and closed after it, and the folder's paths in it are relative.

Theory of operation
===================
1. A run looks the folder over, sends, and writes the manifest. All of that time it holds the lock on the name of its
   batch: another process is refused, one that is merely stopped keeps it, and one that is killed lets go of it. So
   what the client does with the journal's life (open, let go, close) changes nothing here.
2. Files in the folder are written down relative to it, and come out absolute. So a folder can be moved with its
   journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import attrs

from nanobanana_async.errors import BatchBusyError
from nanobanana_async.journal import Change, Entry, SQLiteJournal

NAME = "run.db"
"""The journal's file, in the folder, where no other is named."""

SCOPE = "default"
"""What the batch of a folder is called in its journal."""


class RunJournal(SQLiteJournal):
    """The journal at `path` for runs into `folder`. A client can be given it once it has begun."""

    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(path)
        self.place = path
        self._folder = folder.absolute()
        self._is_over = False

    async def begin(self, gateway: str) -> None:
        """Open it for `gateway`, and keep all others out of the folder's batch.

        Raises:
            BatchBusyError: another run is at work on it.
            ConfigurationError: it is no journal, or that of another gateway; or it can't be where it is.
            StorageError: the disk is full or broken.
        """
        await super().open(gateway)
        try:
            await self.hold(SCOPE)
        except BatchBusyError as error:
            await super().aclose()
            raise BatchBusyError(
                f"another run is at work in the folder {str(self._folder)!r}: {error.message}",
                remedy="Wait for it to end, or choose another folder (and, with --journal, another journal).",
            ) from None
        except BaseException:
            await super().aclose()
            raise

    async def end(self) -> None:
        """Let the next run in. Raises: StorageError, where some steps could not be written down."""
        self._is_over = True
        await super().let_go(SCOPE)
        await super().aclose()

    async def open(self, gateway: str, *, clock: Callable[[], float] = time.time) -> None:
        """It is open: the client takes it as it is."""

    async def let_go(self, scope: str) -> None:
        """The name is held until the run ends, and not only its batch."""

    async def aclose(self) -> None:
        """The run has yet to read it; see `end`."""

    async def find(self, scope: str, key: str) -> Entry | None:
        """As `Journal.find`; files by their whole paths."""
        entry = await super().find(scope, key)
        if entry is None or not entry.files:
            return entry
        return attrs.evolve(entry, files=tuple(str(self._folder / file) for file in entry.files))

    async def record(self, change: Change) -> bool:
        """As `Journal.record`; files of the folder relative to it.

        Where a run was cut off while it closed, what it hears after its end is left to the next run, as after a kill.
        """
        if self._is_over:
            return False
        if change.files:
            change = attrs.evolve(change, files=tuple(inside(file, self._folder) for file in change.files))
        return await super().record(change)


def inside(file: str | Path, folder: Path) -> str:
    """The path of `file` from `folder`, where it lies in it, with ``/`` on every system; else as it is."""
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(file)


def journal_of(folder: Path, named: str | Path | None) -> Path:
    """The path of the journal for `folder`: the one that is named, else its own."""
    return folder / NAME if named is None else Path(named).expanduser()
