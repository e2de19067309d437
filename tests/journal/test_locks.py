"""Locks on small files: one holder at a time, also while files come and go."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.journal import SQLiteJournal, _locks
from nanobanana_async.journal._locks import LockFile, bury, is_held, text_in
from nanobanana_async.journal._runs import Runs
from tests.journal.conftest import GATEWAY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="best effort there")


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    """Within one process as well; who has it may take it again, and a file that is let go of is gone."""
    path = tmp_path / "a.lock"
    one, two = LockFile(path, text="one"), LockFile(path)

    assert one.take()
    assert one.take()
    assert not two.take()
    assert (is_held(path), bury(path), text_in(path)) == (True, False, "one")
    one.let_go()
    one.let_go()
    assert not path.exists()
    assert two.take()
    two.let_go()


def test_what_the_dead_left_is_removed(tmp_path: Path) -> None:
    """By the first who finds that nobody holds it; who comes after finds nothing, and that is the same."""
    path = tmp_path / "a.lock"
    lock = LockFile(path)
    lock.take()
    lock.abandon()
    lock.abandon()

    assert path.exists()
    assert not is_held(path)
    assert bury(path)
    assert not path.exists()
    assert (is_held(path), bury(path), text_in(path)) == (False, True, "")


def test_a_name_that_has_moved_on_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking somebody may remove the file, and another make a new one of that name."""
    path, lock_it = tmp_path / "a.lock", _locks._lock
    newcomer = LockFile(path)

    def slowly(descriptor: int, *, shared: bool = False) -> bool:
        monkeypatch.setattr(_locks, "_lock", lock_it)
        path.unlink()
        return lock_it(descriptor, shared=shared)

    monkeypatch.setattr(_locks, "_lock", slowly)
    lock = LockFile(path)
    taken = lock.take()

    assert taken
    assert not newcomer.take()
    assert is_held(path)
    lock.let_go()


def test_a_grave_that_is_built_on_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds a dead file after a new holder has made his own of that name removes nothing of his."""
    path, lock_it = tmp_path / "a.lock", _locks._lock
    dead, heir = LockFile(path), LockFile(path)
    dead.take()
    dead.abandon()

    def slowly(descriptor: int, *, shared: bool = False) -> bool:
        monkeypatch.setattr(_locks, "_lock", lock_it)
        path.unlink()
        assert heir.take()
        return lock_it(descriptor, shared=shared)

    monkeypatch.setattr(_locks, "_lock", slowly)

    assert bury(path)
    assert is_held(path)
    heir.let_go()


def test_what_cannot_be_opened_counts_as_held(tmp_path: Path) -> None:
    """Who can't tell does not take the living for dead."""
    (tmp_path / "folder.lock").mkdir()

    assert is_held(tmp_path / "folder.lock")
    assert not bury(tmp_path / "folder.lock")


def test_a_run_is_begun_though_somebody_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its new file may look like that of a dead one for a moment."""
    lock_it, tries = _locks._lock, 0

    def disturbed(descriptor: int, *, shared: bool = False) -> bool:
        nonlocal tries
        tries += 1
        return tries > 2 and lock_it(descriptor, shared=shared)

    monkeypatch.setattr(_locks, "_lock", disturbed)
    runs = Runs(tmp_path / "run.db.locks")
    runs.begin()

    assert tries == 3
    assert Runs(tmp_path / "run.db.locks").is_alive(runs.own)
    runs.end()


def test_who_only_looks_does_not_keep_a_run_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may look at a dead run at the moment in which it is to be buried."""
    dead, heir = Runs(tmp_path / "locks"), Runs(tmp_path / "locks")
    dead.begin()
    dead.abandon()
    lock_it, looks = _locks._lock, []

    def looked_at(descriptor: int, *, shared: bool = False) -> bool:
        looks.append(descriptor)
        return len(looks) > 1 and lock_it(descriptor, shared=shared)

    monkeypatch.setattr(_locks, "_lock", looked_at)

    assert heir.bury(dead.own)
    assert len(looks) == 2


def test_a_fork_leaves_the_parent_its_locks(tmp_path: Path) -> None:
    """The child has closed its copies, and closes no file of its own instead when it lets go."""
    lock = LockFile(tmp_path / "a.lock")
    lock.take()
    with open(tmp_path / "heard", "wb") as heard:  # noqa: PTH123  a descriptor that the child writes to
        child = os.fork()
        if child == 0:  # pragma: no cover  coverage ends with the parent
            mine = os.open(tmp_path / "mine", os.O_RDWR | os.O_CREAT)
            lock.let_go()
            os.write(heard.fileno(), b"ok" if os.write(mine, b"x") else b"")
            os._exit(0)
        os.waitpid(child, 0)

    assert (tmp_path / "heard").read_bytes() == b"ok"
    lock.let_go()


def test_what_was_closed_is_not_closed_again(tmp_path: Path) -> None:
    """Its number may be that of another file by now."""
    mine = os.open(tmp_path / "mine", os.O_RDWR | os.O_CREAT)
    _locks._close(mine)

    assert os.write(mine, b"x") == 1
    os.close(mine)


@pytest.mark.parametrize("inline", [True, False])
async def test_locks_that_have_no_folder_are_told_of(tmp_path: Path, *, inline: bool) -> None:
    """There is no run without a lock, and so no journal; nothing is left of the try."""
    (tmp_path / "run.db.locks").touch()

    with pytest.raises(ConfigurationError, match="can't hold the locks of the journal"):
        await SQLiteJournal(tmp_path / "run.db", inline=inline).open(GATEWAY)
    (tmp_path / "run.db.locks").unlink()
    journal = SQLiteJournal(tmp_path / "run.db", inline=inline)
    await journal.open(GATEWAY)
    await journal.aclose()


async def test_locks_that_cannot_be_made_are_told_of(tmp_path: Path) -> None:
    """Those of a batch; the journal goes on."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    locks = tmp_path / "run.db.locks"
    locks.rename(tmp_path / "moved")

    with pytest.raises(StorageError, match="the batch 'b' can't be locked") as caught:
        await journal.hold("b")
    assert caught.value.charged == "no"
    await journal.aclose()
