"""A connection to a journal's file: what that has to be before it is touched, and which version it gets."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal._place import prepared
from nanobanana_async.journal._schema import APPLICATION_ID, STEPS, Step
from nanobanana_async.journal._troubles import Trouble, is_busy

T = TypeVar("T")

BUSY_SECONDS = 30.0
"""How long a lock of another process is waited for. Its transactions take milliseconds, unless it is stopped."""

_TRY_AGAIN = 0.02
_SETTINGS = (
    "pragma synchronous = full",  # a step is on the disk itself when it is said to be
    "pragma fullfsync = on",  # on macOS, where fsync alone leaves it in the disk's cache; elsewhere nothing
    "pragma checkpoint_fullfsync = on",
    "pragma wal_autocheckpoint = 10000",  # in pages, and a net: it is copied earlier, when nobody waits
    "pragma cache_size = -8000",  # in KiB: the inner pages of the indices of a million keys
    "pragma journal_size_limit = 16777216",  # a log that begins anew overwrites the old one, which is faster
    "pragma temp_store = memory",  # what a savepoint may have to undo: a full disk has no room for it
)

# SQLite's locks belong to the process: to close any other opening of the file would take them from a connection. So in
# this process a file is created, which opens and closes it, only while nobody connects.
_creating = threading.Lock()


def connected(path: str | Path) -> tuple[Path, sqlite3.Connection]:
    """The journal's place, made if it was missing, and a connection to it.

    Raises:
        ConfigurationError: there can be no journal there, or what is there is none, or a newer version's.
        StorageError: the disk is full or broken, or others keep it locked.
    """
    with _creating:
        place = prepared(path)
        with told_of(place):
            connection = sqlite3.connect(place, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=256)
    try:
        with told_of(place):
            _set_up(connection, place)
    except BaseException:
        connection.close()
        raise
    return place, connection


def _set_up(connection: sqlite3.Connection, place: Path) -> None:
    refuse_others(connection, place)  # before anything is written, if only into the header
    mode = patiently(lambda: connection.execute("pragma journal_mode = wal").fetchone()[0], BUSY_SECONDS)
    if mode != "wal":
        raise ConfigurationError(
            f"the disk of the journal {str(place)!r} can't be shared between processes; nothing was sent",
            remedy="Name a file on another disk of this machine: --journal PATH.",
        )
    for setting in _SETTINGS:
        connection.execute(setting)
    migrate(connection, place)


def refuse_others(connection: sqlite3.Connection, place: Path) -> None:
    """Raises: ConfigurationError where the file is a database of something else; an empty one is a new journal."""
    connection.execute("begin")  # both of one moment: somebody may be at making it
    application = connection.execute("pragma application_id").fetchone()[0]
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    connection.execute("rollback")
    if application != APPLICATION_ID and (application or tables):
        raise ConfigurationError(
            f"{str(place)!r} is a database, and no journal of nanobanana-async; it was left as it is",
            remedy="Name another file: --journal PATH.",
        )


def migrate(connection: sqlite3.Connection, place: Path, steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that the journal has not taken yet, all of them or none.

    Raises:
        ConfigurationError: it has taken more than are known here.
    """
    version = known_version(connection, place, steps)
    if version == len(steps):
        return
    connection.execute("begin immediate")
    try:
        version = _version(connection)  # somebody else may have been at it
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute(f"pragma user_version = {len(steps)}")
        connection.execute("commit")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have rolled back itself
            connection.execute("rollback")
        raise


def known_version(connection: sqlite3.Connection, place: Path, steps: Sequence[Step] = STEPS) -> int:
    """How many of the steps the journal has taken. Raises: ConfigurationError, for more than are known here."""
    version = _version(connection)
    if version > len(steps):
        raise ConfigurationError(
            f"the journal {str(place)!r} is of version {version}, and this release knows {len(steps)}",
            remedy="Use a newer release of nanobanana-async: without it what it knows would be paid for again.",
        )
    return version


def patiently(action: Callable[[], T], seconds: float) -> T:
    """What `action` gives, tried again while others are at it: SQLite itself doesn't wait where two would for ever."""
    until = time.monotonic() + seconds
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= until:
                raise
        time.sleep(_TRY_AGAIN)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("pragma user_version").fetchone()[0]
    return version


@contextmanager
def told_of(place: Path) -> Iterator[None]:
    """Turns what SQLite says of a journal that is to be opened into what may be done about it."""
    try:
        yield
    except sqlite3.Error as error:
        trouble = Trouble(place, error)
        if not trouble.is_of_the_place:
            raise trouble.as_error("nothing was sent") from error
        raise ConfigurationError(
            f"there can be no journal at {str(place)!r}: {trouble.words}; nothing was sent, and the file was left as "
            "it is",
            remedy=trouble.remedy,
        ) from error
