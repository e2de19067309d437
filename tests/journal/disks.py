"""A disk that fails when it is told to, as SQLite tells of it."""

from __future__ import annotations

import sqlite3
from typing import Any


class Disk(sqlite3.Connection):
    """A connection to a file on a disk that may fail: it is said when a transaction is to be committed.

    Or `while_writing`: then SQLite has undone the transaction itself.
    """

    trouble = 0
    while_writing = False
    _changes = 0

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql.startswith("begin"):
            self._changes = self.total_changes
        if self.trouble and sql == "commit" and self.total_changes > self._changes:
            raise error_of(self.trouble)
        if self.trouble and self.while_writing and "insert into answer" in sql:
            super().execute("rollback")
            raise error_of(self.trouble)
        return super().execute(sql, *parameters)


class Unshared(sqlite3.Connection):
    """A connection to a file on a disk that can't be shared between processes."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        return super().execute("pragma journal_mode" if sql == "pragma journal_mode = wal" else sql, *parameters)


def error_of(code: int) -> sqlite3.OperationalError:
    """What SQLite raises under this code."""
    error = sqlite3.OperationalError("a reason")
    error.sqlite_errorcode, error.sqlite_errorname = code, f"SQLITE_{code}"
    return error
