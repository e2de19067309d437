"""A journal that is only looked into: nothing is begun, nothing is written."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import attrs
import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Change, Contents, Found, Intent, SQLiteJournal, read_journal
from nanobanana_async.lifecycle import AttemptState, ItemState


def intent(key: str, token: str) -> Intent:
    return Intent(
        scope="b", key=key, fingerprint="f", request={}, model="m", dialect="jobs", price=4.0, at=1.0, token=token
    )


def step(key: str, token: str, generation: int = 1) -> Change:
    attempt = (token, AttemptState.UNKNOWN)
    return Change(scope="b", key=key, generation=generation, at=2.0, to=ItemState.UNKNOWN, attempt=attempt)


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix != ".db-shm"}


async def filled(path: Path) -> SQLiteJournal:
    """A journal with one key of two generations, and one that is being sent; still open."""
    journal = SQLiteJournal(path)
    await journal.open("kie https://a")
    await journal.claim(intent("x", "t1"))
    await journal.record(step("x", "t1"))
    found = Found(1, ItemState.UNKNOWN, "t1")
    await journal.claim(attrs.evolve(intent("x", "t2"), renews=True, instead_of=found))
    return journal


@pytest.mark.parametrize("end", ["open", "closed", "killed"])
async def test_what_is_in_a_journal_is_told_and_nothing_is_touched(tmp_path: Path, end: str) -> None:
    """Whether somebody is at work on it, has ended, or was killed."""
    journal = await filled(tmp_path / "run.db")
    if end == "closed":
        await journal.aclose()
    elif end == "killed":
        journal.abandon()
    before = files(tmp_path)

    contents = await asyncio.to_thread(read_journal, tmp_path / "run.db", "b")

    assert files(tmp_path) == before
    assert contents.gateway == "kie https://a"
    assert [(entry.key, entry.generation, entry.state) for entry in contents.entries] == [("x", 2, ItemState.SENDING)]
    assert [attempt.token for attempt in contents.others] == ["t1"]
    assert contents.spent.total == 8.0
    await journal.aclose()


def test_where_there_is_no_file_nothing_is_known_and_none_is_made(tmp_path: Path) -> None:
    """Nor where somebody is about to make it."""
    (tmp_path / "empty.db").touch()

    assert read_journal(tmp_path / "run.db", "b") == Contents()
    assert read_journal(tmp_path / "empty.db", "b") == Contents()
    assert not (tmp_path / "run.db").exists()


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    """A text, a folder, and a database of something else."""
    (tmp_path / "text.db").write_text("no database" * 100)
    (tmp_path / "folder.db").mkdir()
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("create table t (x)")
    connection.close()

    for name in ("text.db", "folder.db", "other.db"):
        with pytest.raises(ConfigurationError, match=name):
            read_journal(tmp_path / name, "b")
