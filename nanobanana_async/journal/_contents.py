"""What a file holds, for who only looks: it is read as it stands, and nothing is begun, reaped or written.

So a report can be made of a folder that somebody is at work in, or of one that can't be written to.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal._entries import Attempt, Entry
from nanobanana_async.journal._place import locks_of
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._standing import Spent

if TYPE_CHECKING:
    import sqlite3


@attrs.frozen
class Contents:
    """What a journal knows of one scope, and the `gateway` that it is of.

    `entries` are in the order in which their keys came. `others` are the attempts that no entry follows: of earlier
    generations, and those that were followed by another. `spent` is what all of it has cost.
    """

    gateway: str | None = None
    entries: tuple[Entry, ...] = ()
    others: tuple[Attempt, ...] = ()
    spent: Spent = attrs.field(factory=Spent)


def read_journal(path: str | os.PathLike[str], scope: str) -> Contents:
    """What the journal at `path` knows of `scope`; nothing, where there is no file. It blocks.

    Raises:
        ConfigurationError: the file is no journal, or can't be read.
    """
    import sqlite3  # noqa: PLC0415  late: to import this package must not load it

    place = Path(path).expanduser()
    if not place.exists():
        return Contents()
    place = place.resolve()
    try:
        return _read(place, scope)
    except (sqlite3.Error, OSError) as error:
        raise ConfigurationError(
            f"the journal {str(place)!r} can't be read: {error}", remedy="Get the right to read it, or name another."
        ) from error


def _read(place: Path, scope: str) -> Contents:
    import sqlite3  # noqa: PLC0415  as above

    from nanobanana_async.journal._opening import refuse_others  # noqa: PLC0415  it loads sqlite3

    connection = sqlite3.connect(_address(place), uri=True, isolation_level=None)
    try:
        refuse_others(connection, place)
        connection.execute("begin")  # all of it of one moment
        if connection.execute("pragma user_version").fetchone()[0] == 0:
            return Contents()  # somebody is about to make it
        return _contents(connection, Runs(locks_of(place)), scope)
    finally:
        connection.close()


def _address(place: Path) -> str:
    """Where nobody has it open there is no log, and SQLite is told not to make one."""
    has_log = place.with_name(f"{place.name}-wal").exists()
    return f"file:{quote(str(place))}?mode=ro{'' if has_log else '&immutable=1'}"


def _contents(connection: sqlite3.Connection, runs: Runs, scope: str) -> Contents:
    from nanobanana_async.journal import _reading  # noqa: PLC0415  only who reads needs it

    entries: list[Entry] = []
    others: list[Attempt] = []
    after: int | None = 0
    while after is not None:
        page, after = _reading.page(connection, runs, after, scope, ())
        entries += page
        for entry in page:
            if entry.generation > 1 or entry.attempts > 1 or (entry.attempts and entry.token is None):
                known = _reading.attempts(connection, scope, entry.key)
                others += [attempt for attempt in known if attempt.token != entry.token]
    gateway = connection.execute("select name from gateway").fetchone()
    return Contents(gateway and gateway[0], tuple(entries), tuple(others), _reading.spent(connection, scope))
