"""A journal as the first release has written it: it opens, is brought up to date, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nanobanana_async.journal import Claimed, Found, SQLiteJournal, _items, _reading, read_journal
from nanobanana_async.journal._opening import connected, migrate
from nanobanana_async.journal._place import locks_of
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._schema import STEPS
from tests.journal.conftest import GATEWAY
from tests.journal.steps import SCOPE, A, S, answered, change, intent, renewing

ADDED = {"attempt_by_token", "attempt_by_task"}
"""The indices that the second version has brought."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A journal of the first version, with keys in several states and two generations; its run is no more."""
    path = tmp_path / "run.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, STEPS[:1])
        connection.execute("insert into gateway (id, name) values (1, ?)", (GATEWAY,))
        runs = Runs(locks_of(path))
        for one in (intent("done"), intent("lost"), intent("sending")):
            _items.claim(connection, runs, one, _items.wanted(one))
        for step in (
            answered("done", task_id="t1", charged="yes"),
            change("done", S.SUCCEEDED, raw="{}", credits=3.0),
            answered("lost", S.UNKNOWN, charged="unknown", error={"reason": "unknown"}),
        ):
            _items.record(connection, runs, step)
        again = renewing(S.SUCCEEDED, "done")
        _items.claim(connection, runs, again, _items.wanted(again))
        for step in (
            answered("done", generation=2, token="done-2", task_id="t9", charged="yes"),
            change("done", S.FAILED, generation=2, token="done-2", credits=0.0),
        ):
            _items.record(connection, runs, step)
        assert connection.execute("pragma user_version").fetchone() == (1,)
        assert not ADDED & names_of(connection)
    return path


def names_of(connection: sqlite3.Connection) -> set[str]:
    """The indices of a journal."""
    return {row[0] for row in connection.execute("select name from sqlite_master where type = 'index'")}


@pytest.mark.parametrize("inline", [True, False])
async def test_an_old_journal_opens_with_all_that_is_in_it(old: Path, inline: bool) -> None:
    """Once opened it is of today's version; what was being sent is unknown, as ever."""
    journal = SQLiteJournal(old, inline=inline)
    await journal.open(GATEWAY)
    entries = {entry.key: entry async for entry in journal.entries(SCOPE)}
    attempts = {key: [attempt.state for attempt in await journal.attempts(SCOPE, key)] for key in entries}
    spent = await journal.spent(SCOPE)
    await journal.aclose()

    assert {key: (entry.generation, entry.state) for key, entry in entries.items()} == {
        "done": (2, S.FAILED),
        "lost": (1, S.UNKNOWN),
        "sending": (1, S.UNKNOWN),
    }
    assert entries["lost"].error == {"reason": "unknown"}
    assert attempts == {"done": [A.ACCEPTED, A.ACCEPTED], "lost": [A.UNKNOWN], "sending": [A.UNKNOWN]}
    assert (spent.spent, spent.possible) == (3.0, 8.0)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (len(STEPS),)
        assert names_of(connection) >= ADDED


async def test_an_old_journal_does_what_a_new_one_does(old: Path) -> None:
    """Its attempts are found by name, and what was lost there may be found or sent again."""
    journal = SQLiteJournal(old)
    await journal.open(GATEWAY)
    by_task, by_token = await journal.attempt_of(task_id="t1"), await journal.attempt_of(token="lost-1")
    found = await journal.record(answered("sending", task_id="t2", charged="yes"))
    again = intent("lost", token="lost-2", instead_of=Found(1, S.UNKNOWN, "lost-1"))
    claimed = await journal.claim(again)
    await journal.aclose()

    assert by_task is not None
    assert (by_task[0].generation, by_task[1].generation, by_task[1].token) == (2, 1, "done-1")
    assert by_token is not None
    assert by_token[1].state is A.UNKNOWN
    assert found
    assert claimed == Claimed(1, 2)


def test_an_old_journal_is_read_as_it_is(old: Path) -> None:
    """Who only looks changes nothing, and needs nothing that came later."""
    before = old.read_bytes()

    contents = read_journal(old, SCOPE)

    assert old.read_bytes() == before
    assert [(entry.key, entry.state) for entry in contents.entries] == [
        ("done", S.FAILED),
        ("lost", S.UNKNOWN),
        ("sending", S.SENDING),
    ]
    assert [attempt.token for attempt in contents.others] == ["done-1"]


def test_an_attempt_is_found_by_an_index(tmp_path: Path) -> None:
    """However many there are: by its token, and by its task."""
    _, connection = connected(tmp_path / "run.db")
    with closing(connection):
        plan = " ".join(
            str(row[3]) for row in connection.execute(f"explain query plan {_reading._ATTEMPT_OF}", ("t", "t"))
        )

    assert all(name in plan for name in ADDED)
    assert "SCAN" not in plan
