"""What has to be in a file before it is taken for a journal, and how it comes to be of today's version."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import SQLiteJournal, _items, _reading
from nanobanana_async.journal._opening import connected, migrate, patiently
from nanobanana_async.journal._schema import APPLICATION_ID, STEPS
from tests.journal.conftest import GATEWAY
from tests.journal.disks import Unshared, error_of
from tests.journal.steps import SCOPE, S, bring, intent

NEXT = ("alter table item add column colour text not null default 'yellow'",)
"""What a later version might do."""


async def refused(path: Path) -> ConfigurationError:
    """The error of opening a journal there, which leaves the file as it was."""
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        await SQLiteJournal(path).open(GATEWAY)
    assert path.read_bytes() == before
    return caught.value


@pytest.mark.parametrize(
    "content", [b"hello", b"x" * 10_000, b"SQLite format 3\0" + b"?" * 4000], ids=[5, 10_000, 4016]
)
async def test_what_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """A picture, a text, or half of something."""
    (tmp_path / "run.db").write_bytes(content)

    error = await refused(tmp_path / "run.db")

    assert "no journal at" in str(error)
    assert "--journal PATH" in error.remedy


@pytest.mark.parametrize("sign", ["pragma application_id = 7", "create table t (x)"])
async def test_a_database_of_something_else_is_left_alone(tmp_path: Path, sign: str) -> None:
    """Told by its number, or by its having tables and no number."""
    with closing(sqlite3.connect(tmp_path / "run.db", isolation_level=None)) as connection:
        connection.execute(sign)
        connection.execute("pragma user_version = 1")

    assert "no journal of nanobanana-async" in str(await refused(tmp_path / "run.db"))


async def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    """Both versions are named."""
    connected(tmp_path / "run.db")[1].close()
    with closing(sqlite3.connect(tmp_path / "run.db", isolation_level=None)) as connection:
        connection.execute("pragma user_version = 99")

    error = await refused(tmp_path / "run.db")

    assert f"is of version 99, and this release knows {len(STEPS)}" in str(error)
    assert "newer release" in error.remedy


async def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """As `touch` or `mktemp` leave it."""
    (tmp_path / "run.db").touch()
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    await journal.aclose()

    with closing(sqlite3.connect(tmp_path / "run.db")) as connection:
        assert connection.execute("pragma application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("pragma user_version").fetchone() == (len(STEPS),)
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


async def test_an_older_journal_is_brought_up(tmp_path: Path) -> None:
    """By the steps that it has not taken, each once; what is in it is there still."""
    path = tmp_path / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await bring(journal, "k", S.SAVED)
    await journal.aclose()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for _ in range(2):
            migrate(connection, path, [*STEPS, NEXT])

            assert connection.execute("pragma user_version").fetchone() == (len(STEPS) + 1,)
            assert connection.execute("select key, state, colour from item").fetchall() == [("k", "saved", "yellow")]


def test_a_migration_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    """All of its steps, or none."""
    path, connection = connected(tmp_path / "run.db")
    with closing(connection):
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, path, [*STEPS, NEXT, ("no such statement",)])

        assert connection.execute("pragma user_version").fetchone() == (len(STEPS),)
        assert "colour" not in [row[1] for row in connection.execute("pragma table_info (item)")]


async def test_many_may_open_a_new_journal_at_once(tmp_path: Path) -> None:
    """One of them makes it, and all of them have it."""
    journals = [SQLiteJournal(tmp_path / "run.db") for _ in range(12)]
    await asyncio.gather(*(journal.open(GATEWAY) for journal in journals))
    for number, journal in enumerate(journals):
        await journal.claim(intent(str(number)))

    assert await journals[0].counts(SCOPE) == {S.SENDING: 12}
    await asyncio.gather(*(journal.aclose() for journal in journals))


def test_what_is_busy_is_tried_again() -> None:
    """Until it is free, or the time is up; what is wrong is not tried again."""
    errors = [error_of(sqlite3.SQLITE_BUSY), error_of(sqlite3.SQLITE_BUSY | 2 << 8)]

    def action() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert patiently(action, 60.0) == "done"
    for code, seconds in ((sqlite3.SQLITE_BUSY, 0.0), (sqlite3.SQLITE_IOERR, 60.0)):
        errors.append(error_of(code))
        with pytest.raises(sqlite3.OperationalError):
            patiently(action, seconds)


async def test_a_disk_that_cannot_be_shared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite tells so by keeping the log that it had."""
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Unshared))

    with pytest.raises(ConfigurationError, match="can't be shared between processes"):
        await SQLiteJournal(tmp_path / "run.db", inline=True).open(GATEWAY)


async def test_links_lead_to_the_same_locks(tmp_path: Path) -> None:
    """Who opens a journal by another name is another run of the same journal."""
    (tmp_path / "link.db").symlink_to(tmp_path / "folder" / "run.db")
    one, two = SQLiteJournal(tmp_path / "link.db"), SQLiteJournal(tmp_path / "folder" / "run.db")
    await one.open(GATEWAY)
    await two.open(GATEWAY)
    await one.claim(intent("k"))
    entry, reaped = await two.find(SCOPE, "k"), await two.reap()
    await one.aclose()
    await two.aclose()

    assert entry is not None
    assert entry.is_owned
    assert reaped == []
    assert sorted(place.name for place in tmp_path.iterdir()) == ["folder", "link.db"]


def test_a_commit_is_on_the_disk_itself(tmp_path: Path) -> None:
    """As SQLite calls it: full. On macOS with the stronger call; what has to be undone is kept in memory."""
    _, connection = connected(tmp_path / "run.db")
    names = ("synchronous", "fullfsync", "checkpoint_fullfsync", "temp_store")
    with closing(connection):
        settings = [connection.execute(f"pragma {name}").fetchone()[0] for name in names]

    assert settings == [2, 1, 1, 2]


@pytest.mark.parametrize("statement", [_items._LEFT, _reading._IN_FLIGHT, _reading._SENT])
def test_an_opening_goes_over_no_whole_table(tmp_path: Path, statement: str) -> None:
    """What it asks for is found by an index, however many items there are."""
    _, connection = connected(tmp_path / "run.db")
    with closing(connection):
        plan = connection.execute(f"explain query plan {statement}", (0.0,) * statement.count("?")).fetchall()

    assert plan
    assert not [row for row in plan if "SCAN" in row[3]]


async def test_no_secret_has_a_place_in_it(tmp_path: Path) -> None:
    """Its columns are those that are known; a new one has to be thought about here."""
    _, connection = connected(tmp_path / "run.db")
    with closing(connection):
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        columns = {row[1] for (table,) in tables for row in connection.execute(f"pragma table_info ({table})")}

    assert columns == {
        *("id", "name", "pid", "host", "started_at", "ended_at"),
        *("scope", "key", "generation", "is_newest", "state", "fingerprint", "request", "data", "model", "dialect"),
        *("price", "run", "attempts", "token", "entered_at", "updated_at", "error", "files", "created_at"),
        *("completed_at", "item", "number", "sent_at", "answered_at", "task_id", "credits", "charged", "raw"),
    }
