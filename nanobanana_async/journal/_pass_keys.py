"""The keys of one pass in a private database of SQLite, which grows on the disk, not in memory, and is never kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import attrs

from nanobanana_async.errors import StorageError
from nanobanana_async.journal._passes import key_of

_TABLES = (
    "pragma journal_mode = off",
    "pragma synchronous = off",
    "create table base (name blob primary key, number integer not null) without rowid",
    "create table given (name blob primary key) without rowid",
    "begin",  # and never committed: nothing of it is to last
)
_COUNT = "insert into base values (?, 1) on conflict (name) do update set number = number + 1"


@attrs.define(eq=False)
class SQLitePass:
    """Counts in a file without a name. A call takes microseconds, so it is made on the loop."""

    _connection: sqlite3.Connection

    @classmethod
    def begun(cls) -> Self:
        """A pass that has seen nothing."""
        with _disk_errors():
            connection = sqlite3.connect("", isolation_level=None)
            for statement in _TABLES:
                connection.execute(statement)
            return cls(connection)

    async def numbered(self, base: str) -> str:
        """The key for one more request whose derived key is `base`. Raises: StorageError."""
        name = (_name(base),)
        with _disk_errors():
            self._connection.execute(_COUNT, name)
            (number,) = self._connection.execute("select number from base where name = ?", name).fetchone()
        return key_of(base, number)

    async def seen(self, key: str) -> bool:
        """Whether `key` was asked about before in this pass. Raises: StorageError."""
        with _disk_errors():
            return self._connection.execute("insert or ignore into given values (?)", (_name(key),)).rowcount == 0

    def close(self) -> None:
        """Forget it all."""
        self._connection.close()


def _name(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(
            f"the keys of this pass can't be counted: {error}",
            charged="no",
            remedy="Free some space in the folder for temporary files (TMPDIR).",
        ) from error
