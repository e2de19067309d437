"""What a file holds, for who only looks: it is read as it stands, and nothing is begun, reaped or written.

So a report can be made of a folder that somebody is at work in, or of one that can't be written to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal._entries import Attempt, Entry
from nanobanana_async.journal._place import locks_of
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._standing import Spent
from nanobanana_async.lifecycle import LOST, ItemState

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")


@attrs.frozen
class Contents:
    """What a journal knows of one scope, and the `gateway` that it is of; None where it may be any's yet.

    `entries` are in the order in which their keys came. Where a key was to be made anew and that came to nothing, the
    entry is what stood there before. `others` are the attempts that no entry follows: of earlier generations, and those
    that were followed by another. `lost` counts the creates of an entry that had no answer, where it had several, by
    its key. `perhaps` has the tokens of those `others` that belong to the generation of an entry and may be charged, by
    its key. `spent` is what all of it has cost.
    """

    gateway: str | None = None
    entries: tuple[Entry, ...] = ()
    others: tuple[Attempt, ...] = ()
    spent: Spent = attrs.field(factory=Spent)
    lost: Mapping[str, int] = attrs.field(factory=dict)
    perhaps: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    def times_lost(self, entry: Entry) -> int:
        """How many creates of `entry` had no answer."""
        one = int(entry.state in (ItemState.UNKNOWN, ItemState.SENDING))
        return max(one, self.lost.get(entry.key, 0))


def read_journal(path: str | os.PathLike[str], scope: str) -> Contents:
    """What the journal at `path` knows of `scope`; nothing, where there is no file. It blocks.

    Raises:
        ConfigurationError: the file is no journal, or a newer version's, or it can't be read.
    """
    from nanobanana_async.journal import _reading  # noqa: PLC0415  only who reads needs it

    def contents(connection: sqlite3.Connection, runs: Runs) -> Contents:
        entries: list[Entry] = []
        others: list[Attempt] = []
        lost: dict[str, int] = {}
        perhaps: dict[str, tuple[str, ...]] = {}
        for entry in _entries(connection, runs, scope):
            attempts = _attempts(connection, entry)
            entries.append(entry)
            others += [attempt for attempt in attempts if attempt.token != entry.token]
            if count := _count_lost(entry, attempts):
                lost[entry.key] = count
            if tokens := _perhaps(entry, attempts):
                perhaps[entry.key] = tokens
        spent = _reading.spent(connection, scope)
        return Contents(_gateway(connection, runs), tuple(entries), tuple(others), spent, lost, perhaps)

    return _read(path, contents, Contents())


def scopes_in(path: str | os.PathLike[str]) -> list[str]:
    """The names of the batches that the journal at `path` knows, and ``""`` where it knows of single calls.

    Raises: as `read_journal`.
    """

    def scopes(connection: sqlite3.Connection, _: Runs) -> list[str]:
        return [scope for (scope,) in connection.execute("select distinct scope from item order by scope")]

    return _read(path, scopes, [])


def gateway_in(path: str | os.PathLike[str]) -> str | None:
    """The gateway that the journal at `path` is of; None where it may be any's yet, or there is none.

    Raises: as `read_journal`.
    """
    return _read(path, _gateway, None)


def _gateway(connection: sqlite3.Connection, runs: Runs) -> str | None:
    from nanobanana_async.journal import _reading  # noqa: PLC0415  only who reads needs it

    if not _reading.is_bound(connection, runs):
        return None
    names = connection.execute("select name from gateway").fetchone()
    return None if names is None else str(names[0])


def _read(path: str | os.PathLike[str], work: Callable[[sqlite3.Connection, Runs], T], nothing: T) -> T:
    """What `work` finds in the journal at `path`, all of it of one moment; `nothing` where there is none."""
    import sqlite3  # noqa: PLC0415  late: to import this package must not load it

    from nanobanana_async.journal._troubles import Trouble  # noqa: PLC0415  it loads sqlite3

    place = Path(path).expanduser()
    try:
        if not place.exists():
            return nothing
        place = place.resolve()
        return _looked_into(place, work, nothing)
    except (sqlite3.Error, OSError) as error:
        trouble = Trouble(place, error) if isinstance(error, sqlite3.Error) and place.is_file() else None
        can_be_mended = trouble is not None and not trouble.is_of_rights
        raise ConfigurationError(
            f"the journal {str(place)!r} can't be read: {trouble.words if trouble else error}",
            remedy=trouble.remedy if trouble and can_be_mended else "Name a file that you have the right to read.",
        ) from error


def _looked_into(place: Path, work: Callable[[sqlite3.Connection, Runs], T], nothing: T) -> T:
    import sqlite3  # noqa: PLC0415  as above

    from nanobanana_async.journal._opening import known_version, refuse_others  # noqa: PLC0415  it loads sqlite3

    connection = sqlite3.connect(_address(place), uri=True, isolation_level=None)
    try:
        refuse_others(connection, place)
        connection.execute("begin")
        if known_version(connection, place) == 0:
            return nothing  # somebody is about to make it
        return work(connection, Runs(locks_of(place)))
    finally:
        connection.close()


def _address(place: Path) -> str:
    """Where nobody has it open there is no log, and SQLite is told not to make one."""
    has_log = place.with_name(f"{place.name}-wal").exists()
    return f"file:{quote(str(place))}?mode=ro{'' if has_log else '&immutable=1'}"


def _entries(connection: sqlite3.Connection, runs: Runs, scope: str) -> Iterator[Entry]:
    from nanobanana_async.journal import _reading  # noqa: PLC0415  only who reads needs it

    after: int | None = 0
    while after is not None:
        page, after = _reading.page(connection, runs, after, scope, ())
        yield from page


def _attempts(connection: sqlite3.Connection, entry: Entry) -> list[Attempt]:
    """The attempts for a key, where there may be others than the one that its entry follows."""
    from nanobanana_async.journal import _reading  # noqa: PLC0415  as above

    if entry.generation > 1 or entry.attempts > 1 or (entry.attempts and entry.token is None):
        return _reading.attempts(connection, entry.scope, entry.key)
    return []


def _count_lost(entry: Entry, attempts: Sequence[Attempt]) -> int:
    return sum(attempt.generation == entry.generation and attempt.state in LOST for attempt in attempts)


def _perhaps(entry: Entry, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """The attempts that `entry` does not follow, of its generation, whose answers were lost: each may be charged."""
    return tuple(
        attempt.token
        for attempt in attempts
        if attempt.generation == entry.generation and attempt.token != entry.token
        if attempt.state in LOST and attempt.charged != "no"
    )
