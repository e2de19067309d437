"""A journal whose file is moved, removed or replaced while it is open: nobody would find what is claimed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.journal import Claimed, LockFile, SQLiteJournal
from tests.journal.conftest import GATEWAY
from tests.journal.steps import SCOPE, S, answered, bring, intent


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def replaced(folder: Path) -> None:
    moved(folder)
    shutil.copytree(folder.with_name("elsewhere"), folder)


def a_file(folder: Path) -> None:
    moved(folder)
    folder.write_text("this is no folder")


GONE = [shutil.rmtree, moved, replaced, a_file]


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("inline", [True, False])
async def test_nothing_is_claimed_in_a_file_that_nobody_would_find(
    tmp_path: Path, inline: bool, gone: Callable[[Path], None]
) -> None:
    """The claim is refused for good, and the file named; what was accepted before is still written and seen."""
    journal = SQLiteJournal(tmp_path / "out" / "run.db", inline=inline)
    await journal.open(GATEWAY)
    await journal.claim(intent("a"))
    gone(tmp_path / "out")

    with pytest.raises(StorageError, match=r"run\.db': its file was moved, removed or replaced") as caught:
        await journal.claim(intent("b"))
    noted = await journal.record(answered("a", task_id="t1"))
    entry = await journal.find(SCOPE, "a")
    await journal.aclose()

    assert (caught.value.charged, caught.value.retryable) == ("no", False)
    assert noted
    assert entry is not None
    assert (entry.state, entry.task_id) == (S.ACCEPTED, "t1")


async def test_what_is_noted_after_a_move_is_in_the_file_that_was_moved(tmp_path: Path) -> None:
    """Whoever goes on there finds it."""
    journal = SQLiteJournal(tmp_path / "out" / "run.db")
    await journal.open(GATEWAY)
    await journal.claim(intent("a"))
    moved(tmp_path / "out")
    await journal.record(answered("a", task_id="t1"))
    await journal.aclose()
    after = SQLiteJournal(tmp_path / "elsewhere" / "run.db")
    await after.open(GATEWAY)
    entry = await after.find(SCOPE, "a")
    await after.aclose()

    assert entry is not None
    assert entry.task_id == "t1"


async def test_the_close_of_one_that_was_moved_harms_no_other(tmp_path: Path) -> None:
    """A new journal under the old name keeps what it has in its log."""
    journal = SQLiteJournal(tmp_path / "out" / "run.db")
    await journal.open(GATEWAY)
    await bring(journal, "old", S.ACCEPTED, task_id="t1")
    moved(tmp_path / "out")
    new = SQLiteJournal(tmp_path / "out" / "run.db")
    await new.open(GATEWAY)
    await new.claim(intent("new"))
    await journal.aclose()
    new.abandon()
    again = SQLiteJournal(tmp_path / "out" / "run.db")
    await again.open(GATEWAY)
    kept, other = await again.find(SCOPE, "new"), await again.find(SCOPE, "old")
    claimed = await again.claim(intent("more"))
    await again.aclose()

    assert kept is not None
    assert kept.state is S.UNKNOWN
    assert other is None
    assert claimed == Claimed(1, 1)


def test_who_holds_a_lock_is_told(tmp_path: Path) -> None:
    """For as long as it is held, without taking it."""
    lock = LockFile(tmp_path / "lock", text="42")
    before = lock.holder
    lock.take()
    held = LockFile(tmp_path / "lock").holder
    lock.let_go()

    assert (before, held, lock.holder) == (None, "42", None)
