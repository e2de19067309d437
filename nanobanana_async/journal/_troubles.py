"""What SQLite says when it can't, as errors with a remedy; and which of it is the disk's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.values import Charged

_MOVED = (
    "Where it was moved, go on there: what stands in it is not paid for again. Where it was removed, look for its "
    "tasks in what this run has said, or in the vendor's log."
)
_FULL = "Free some space on the disk, then run again: what was paid for is not paid for again."
_LOCKED = "See which process has the journal open: it may be stopped. Then run again."
_BROKEN = "See to the disk, and run again on one that works: what was paid for is not paid for again."
_READ_ONLY = "Get the right to write there; or move it, with what lies beside it, and name it there: --journal PATH."
_DAMAGED = (
    "Restore it from a backup, or with the .recover of sqlite3. Where it is put away, what only it knew of is sent, "
    "and paid for, again: look for that in the vendor's log first."
)
_NO_JOURNAL = (
    "If it was a journal, restore it: what only it knew of would be sent, and paid for, again. If it is something "
    "else, name another file: --journal PATH."
)

_KINDS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("the disk is full", _FULL),
    sqlite3.SQLITE_BUSY: ("another process keeps it locked", _LOCKED),
    sqlite3.SQLITE_LOCKED: ("another client keeps it locked", _LOCKED),
    sqlite3.SQLITE_PROTOCOL: ("another process keeps it locked", _LOCKED),
    sqlite3.SQLITE_IOERR: ("the disk failed", _BROKEN),
    sqlite3.SQLITE_READONLY: ("it can't be written to", _READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: ("it can't be opened", _READ_ONLY),
    sqlite3.SQLITE_PERM: ("it can't be written to", _READ_ONLY),
    sqlite3.SQLITE_CORRUPT: ("it is damaged", _DAMAGED),
    sqlite3.SQLITE_NOTADB: ("it is no database, or damaged", _NO_JOURNAL),
    sqlite3.SQLITE_NOMEM: ("there is no memory left", "Give the process more memory, then run again."),
}
_MORE_KINDS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_READONLY_DBMOVED: ("its file was moved, removed or replaced", _MOVED),
}
"""By the whole code, where the primary one would tell something else."""

_OF_THE_PLACE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_FOR_GOOD = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}


@attrs.frozen
class Trouble:
    """Why a journal can't be read or written; `is_for_good` where nothing may be trusted to it any more."""

    place: Path
    error: sqlite3.Error

    @property
    def is_for_good(self) -> bool:
        """Whether the disk has failed, which a full or a locked one has not."""
        return _code_of(self.error) in _FOR_GOOD

    @property
    def is_of_the_place(self) -> bool:
        """Whether there can be no journal in this file, whatever the disk."""
        return _code_of(self.error) in _OF_THE_PLACE

    @property
    def is_of_rights(self) -> bool:
        """Whether somebody else might be able to."""
        return _code_of(self.error) in _OF_THE_PLACE - {sqlite3.SQLITE_NOTADB}

    @property
    def words(self) -> str:
        """What is wrong, in our words and in SQLite's."""
        code = getattr(self.error, "sqlite_errorname", type(self.error).__name__)
        return f"{self._kind[0]} ({self.error}, {code})"

    @property
    def remedy(self) -> str:
        """What can be done about it."""
        return self._kind[1]

    @property
    def _kind(self) -> tuple[str, str]:
        special = _MORE_KINDS.get(_whole_code_of(self.error))
        return special or _KINDS.get(_code_of(self.error), ("SQLite refuses", _BROKEN))

    def as_error(self, said: str, *, charged: Charged = "no") -> StorageError:
        """The error to raise, with what it means for the caller."""
        message = f"the journal {str(self.place)!r}: {self.words}; {said}"
        return StorageError(message, remedy=self.remedy, charged=charged, retryable=not self.is_for_good)


def moved_away() -> sqlite3.Error:
    """The error of a journal that is no longer found under its name: SQLite has it, but looks at times only."""
    error = sqlite3.OperationalError("it is open, and no longer found under its name")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
    error.sqlite_errorname = "SQLITE_READONLY_DBMOVED"
    return error


def is_of_the_disk(error: sqlite3.Error) -> bool:
    """Whether an error is about the journal as a whole, not about the one statement that met it."""
    return _code_of(error) in _KINDS


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else was at it, so that it may be tried again."""
    return _code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def _whole_code_of(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0)


def _code_of(error: sqlite3.Error) -> int:
    """The primary code: the extended ones tell which step of the disk's it was."""
    return _whole_code_of(error) & 0xFF
