"""The journal of a folder: open before its client and closed after it, and the folder's paths in it are relative.

Theory of operation
===================
1. A run looks the folder over, sends, and writes the manifest. All of that time it holds the locks on the folder and on
   the name of its batch: another process is refused, one that is merely stopped keeps them, and one that is killed lets
   go of them. So what the client does with the journal's life (open, let go, close) changes nothing here.
2. Files in the folder are written down relative to it, and come out absolute. So a folder can be moved with its
   journal.
3. Whether a key is to be made anew is decided once, for the plan: what a manifest told of has no fingerprint, and some
   changes are to be kept. So what is known comes out as the same request, or as another one, as was decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import attrs

from nanobanana_async.errors import BatchBusyError, StorageError
from nanobanana_async.journal import Change, Entry, Spent, SQLiteJournal
from nanobanana_async.runs._folder_hold import FolderHold
from nanobanana_async.runs._folder_note import read_note, write_note
from nanobanana_async.runs._journal_place import JournalPlace, journal_place
from nanobanana_async.storage import run_to_end


class RunJournal(SQLiteJournal):
    """The journal at `place` for runs into the folder that is held. A client can be given it once it has begun."""

    def __init__(self, place: JournalPlace, hold: FolderHold) -> None:
        super().__init__(place.path)
        self.place = place
        self.folder_hold = hold
        self._folder = hold.folder
        self._standing: Mapping[str, Entry] = {}
        self._unsaid = 0.0
        self._redo_at_the_end: Mapping[str, int] | None = None
        self._is_over = False

    @classmethod
    async def begun(cls, folder: Path, named: str | Path | None, gateway: Callable[[Path], str]) -> RunJournal:
        """The journal of `folder`, or the one that is `named`, open; all others are kept out of folder and batch.

        `gateway` tells what a journal at that path is of.

        Raises:
            BatchBusyError: another run is at work there.
            ConfigurationError: it is no journal, that of another gateway, or not the one that the folder goes by.
            StorageError: the disk is full or broken.
        """
        hold = await FolderHold.taken(folder)
        try:
            place = await run_to_end(journal_place, folder, named)
            journal = cls(place, hold)
            await journal._begin(await run_to_end(gateway, place.path))
        except BaseException:
            hold.let_go()
            raise
        return journal

    async def _begin(self, gateway: str) -> None:
        await super().open(gateway)
        try:
            await self.hold(self.place.scope)
            await self.note()
        except BatchBusyError as error:
            await super().aclose()
            raise BatchBusyError(
                f"another run is at work in the journal {str(self.place.path)!r}: {error.message}",
                remedy="Wait for it to end; for another set use another folder.",
            ) from None
        except BaseException:
            await super().aclose()
            raise

    async def note(self, redo: Mapping[str, int] | None = None) -> None:
        """Let the folder tell where its journal is, and what is being made anew: what it told before, if None.

        Raises:
            StorageError: it can't be written down.
        """
        await run_to_end(self.write_note, redo)

    def write_note(self, redo: Mapping[str, int] | None) -> None:
        """As `note`; it blocks."""
        told = read_note(self._folder)
        note = self.place.noted(self._folder, redo=dict(told.redo if redo is None else redo))
        if note != told:
            write_note(self._folder, note)

    def decide(self, standing: Mapping[str, Entry], *, unsaid: float = 0.0) -> None:
        """What stands under keys, each with the fingerprint of its row, or with another where it is made anew.

        `unsaid` credits were spent of which only the file tells the price.
        """
        self._standing, self._unsaid = standing, unsaid

    def forget_at_the_end(self, redo: Mapping[str, int]) -> None:
        """Let the folder tell, once all is over, that only `redo` is being made anew."""
        self._redo_at_the_end = redo

    async def end(self) -> None:
        """Let the next run in. Raises: StorageError, where some steps could not be written down."""
        self._is_over = True
        try:
            await super().let_go(self.place.scope)
            await super().aclose()
            if self._redo_at_the_end is not None:  # nothing is awaited from here on: a run is cut short before, or not
                with suppress(StorageError):  # then it asks for nothing the next time, which costs nothing
                    self.write_note(self._redo_at_the_end)
        finally:
            self.folder_hold.let_go()

    async def open(self, gateway: str, *, clock: Callable[[], float] = time.time) -> None:
        """It is open: the client takes it as it is."""

    async def let_go(self, scope: str) -> None:
        """The name is held until the run ends, and not only its batch."""

    async def aclose(self) -> None:
        """The run has yet to read it; see `end`."""

    async def find(self, scope: str, key: str) -> Entry | None:
        """As `Journal.find`; files by their whole paths."""
        entry = await super().find(scope, key)
        if entry is None:
            return None
        known = self._standing.get(key)
        if known is not None and (known.generation, known.token) == (entry.generation, entry.token):
            entry = attrs.evolve(entry, fingerprint=known.fingerprint)  # nothing was sent for it since
        return attrs.evolve(entry, files=tuple(str(self._folder / file) for file in entry.files))

    async def spent(self, scope: str) -> Spent:
        """As `Journal.spent`, with what only the file tells the price of: a budget is of the whole folder."""
        spent = await super().spent(scope)
        return attrs.evolve(spent, spent=spent.spent + self._unsaid)

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
