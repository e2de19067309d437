"""Steps that could not be written down, in the log: by key, state and task, and never by what was asked for."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.journal import Change, Contents, SQLiteJournal, read_journal, scopes_in
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.journal.conftest import GATEWAY
from tests.journal.disks import Disk
from tests.journal.steps import SCOPE, A, S, answered, bring, change, intent, renewing


@pytest.mark.parametrize(
    ("to", "attempt", "task_id", "words"),
    [
        (ItemState.ACCEPTED, AttemptState.ACCEPTED, "t1", "key 'k', accepted, task t1"),
        (ItemState.SAVED, None, None, "key 'k', saved"),
        (None, AttemptState.ABANDONED, None, "key 'k', abandoned"),
        (None, None, None, "key 'k'"),
    ],
)
def test_a_step_is_told_in_a_few_words(
    to: ItemState | None, attempt: AttemptState | None, task_id: str | None, words: str
) -> None:
    """Its key, where it leads, and its task where it names one."""
    named = ("token", attempt) if attempt is not None else None
    step = Change(scope="b", key="k", generation=1, at=1.0, to=to, attempt=named, task_id=task_id, raw="a secret")

    assert step.in_short == words


async def test_a_key_that_no_journal_took_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all its steps."""
    journal = SQLiteJournal(tmp_path / "run.db", inline=True)
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Disk))
        await journal.open(GATEWAY)
    for key in "ab":
        await journal.claim(intent(key))
    disk = journal._at_work().book.connection
    assert isinstance(disk, Disk)
    disk.trouble = sqlite3.SQLITE_FULL
    for step in (answered("a", task_id="t1"), change("a", S.SUCCEEDED, raw="a secret"), answered("b", S.UNKNOWN)):
        with pytest.raises(StorageError):
            await journal.record(step)
    with pytest.raises(StorageError):
        await journal.aclose()

    assert [line for line in caplog.messages if line.startswith("not in the journal")] == [
        "not in the journal: key 'a', accepted, task t1; key 'a', succeeded",
        "not in the journal: key 'b', unknown",
    ]


async def test_a_journal_of_a_newer_version_is_not_read(tmp_path: Path) -> None:
    """What it tells may mean something else: both versions are named, as where it is opened."""
    path = tmp_path / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.aclose()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma user_version = 99")
    connection.close()

    for look in (lambda: read_journal(path, SCOPE), lambda: scopes_in(path)):
        with pytest.raises(ConfigurationError, match="is of version 99, and this release knows") as caught:
            look()

    assert "newer release" in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "words", "remedy"),
    [(b"no database" * 100, "no database, or damaged", "restore it"), (None, "it is damaged", ".recover")],
)
async def test_a_damaged_journal_is_told_of_in_words(
    tmp_path: Path, content: bytes | None, words: str, remedy: str
) -> None:
    """And what it would cost to do without; to name another would pay for it all again."""
    path = tmp_path / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await bring(journal, "k", S.ACCEPTED)
    await journal.aclose()
    whole = path.read_bytes()
    path.write_bytes(content or whole[:4096] + b"?" * (len(whole) - 4096))

    with pytest.raises(ConfigurationError, match=words) as caught:
        read_journal(path, SCOPE)

    assert remedy in caught.value.remedy
    assert "paid for, again" in caught.value.remedy


async def test_the_names_in_a_journal_are_told(tmp_path: Path) -> None:
    """Of single calls as well; of none where there is no journal."""
    path = tmp_path / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    for scope in ("b", "", "a"):
        await journal.claim(intent("k", token=f"t{scope}", scope=scope))
    await journal.aclose()

    assert scopes_in(path) == ["", "a", "b"]
    assert scopes_in(tmp_path / "none.db") == []


@pytest.mark.parametrize(
    ("end", "generation", "state"),
    [(A.REFUSED, 1, S.SUCCEEDED), (A.NOT_SENT, 1, S.SUCCEEDED), (A.UNKNOWN, 2, S.NEW)],
)
async def test_what_was_to_be_made_anew_and_was_not_taken_leaves_what_stood_there(
    tmp_path: Path, end: AttemptState, generation: int, state: ItemState
) -> None:
    """Unless it may have been taken, and is to be sent again all the same."""
    path = tmp_path / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await bring(journal, "k", S.SUCCEEDED, task_id="t1")
    entry = await journal.find(SCOPE, "k")
    assert entry is not None
    await journal.claim(renewing(S.SUCCEEDED))
    if end is A.UNKNOWN:
        await journal.record(change("k", S.UNKNOWN, generation=2, attempt=("k-2", end)))
        await journal.record(change("k", S.NEW, generation=2))
    else:
        await journal.record(change("k", S.NEW, generation=2, attempt=("k-2", end)))
    await journal.aclose()
    [found] = read_journal(path, SCOPE).entries

    assert (found.generation, found.state) == (generation, state)
    assert read_journal(path, SCOPE).times_lost(found) == (1 if end is A.UNKNOWN else 0)
    assert Contents().times_lost(found) == 0
