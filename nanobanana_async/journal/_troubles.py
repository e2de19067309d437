"""What SQLite says when it can't, as errors with a remedy; and which of it is the disk's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.values import Charged

_FULL = "Free some space on the disk, then run again: what was paid for is not paid for again."
_LOCKED = "See which process has the journal open: it may be stopped. Then run again."
_BROKEN = "See to the disk, and run again on one that works: what was paid for is not paid for again."
_READ_ONLY = "Get the right to write there, or name another journal: --journal PATH."
_DAMAGED = "Keep the file, and begin another journal: --journal PATH. The tasks are in the vendor's log."

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
    sqlite3.SQLITE_NOTADB: ("it is damaged", _DAMAGED),
    sqlite3.SQLITE_NOMEM: ("there is no memory left", "Give the process more memory, then run again."),
}
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

    def as_error(self, said: str, *, charged: Charged = "no") -> StorageError:
        """The error to raise, with what it means for the caller."""
        words, remedy = _KINDS.get(_code_of(self.error), ("SQLite refuses", _BROKEN))
        code = getattr(self.error, "sqlite_errorname", type(self.error).__name__)
        message = f"the journal {str(self.place)!r}: {words} ({self.error}, {code}); {said}"
        return StorageError(message, remedy=remedy, charged=charged, retryable=not self.is_for_good)


def is_of_the_disk(error: sqlite3.Error) -> bool:
    """Whether an error is about the journal as a whole, not about the one statement that met it."""
    return _code_of(error) in _KINDS


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else was at it, so that it may be tried again."""
    return _code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def _code_of(error: sqlite3.Error) -> int:
    """The primary code: the extended ones tell which step of the disk's it was."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
