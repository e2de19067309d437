"""A disk that is full, locked or broken: nothing is claimed that isn't durable, nothing that is paid for is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.journal import Claimed, SQLiteJournal, _opening
from nanobanana_async.lifecycle import IllegalMoveError
from tests.journal.conftest import GATEWAY
from tests.journal.disks import Disk
from tests.journal.processes import told_by
from tests.journal.steps import SCOPE, S, bring, change, intent

LARGE = "x" * 50_000
"""A result that takes pages of its own."""


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
async def journal(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SQLiteJournal]:
    """An open one, on a disk that can be filled."""
    one = SQLiteJournal(tmp_path / "run.db", inline=request.param)
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Disk))
        await one.open(GATEWAY)
    yield one
    one.abandon()


def fill(journal: SQLiteJournal, *, while_writing: bool = False) -> None:
    """Take all room from the journal's disk."""
    disk = disk_of(journal)
    disk.trouble, disk.while_writing = sqlite3.SQLITE_FULL, while_writing


def empty(journal: SQLiteJournal) -> None:
    """Make room again."""
    disk_of(journal).trouble = 0


def disk_of(journal: SQLiteJournal) -> Disk:
    connection = journal._at_work().book.connection
    assert isinstance(connection, Disk)
    return connection


async def seen_by_others(tmp_path: Path, key: str) -> object:
    """The state that another process finds."""
    other = SQLiteJournal(tmp_path / "run.db")
    await other.open(GATEWAY)
    entry = await other.find(SCOPE, key)
    await other.aclose()
    return entry and entry.state


async def test_what_cannot_be_made_durable_is_not_claimed(journal: SQLiteJournal, tmp_path: Path) -> None:
    """A full disk refuses in words; once there is room it is asked again."""
    fill(journal)

    with pytest.raises(StorageError, match=r"the disk is full .*nothing may be sent") as caught:
        await journal.claim(intent("k", data=LARGE))
    assert (caught.value.charged, caught.value.retryable) == ("no", True)
    assert "Free some space" in caught.value.remedy
    assert await journal.find(SCOPE, "k") is None
    assert await seen_by_others(tmp_path, "k") is None
    assert journal.broken is None
    empty(journal)
    assert await journal.claim(intent("k", data=LARGE)) == Claimed(1, 1)


async def test_what_is_paid_for_is_kept_and_written_later(journal: SQLiteJournal, tmp_path: Path) -> None:
    """This process sees the step at once, others as soon as something can be written."""
    await bring(journal, "k", S.ACCEPTED, task_id="t1")
    fill(journal)
    with pytest.raises(StorageError, match=r"the disk is full .*kept in memory") as caught:
        await journal.record(change("k", S.SUCCEEDED, raw=LARGE, charged="yes"))
    here, there = await journal.find(SCOPE, "k"), await seen_by_others(tmp_path, "k")
    entries = [entry.state async for entry in journal.entries(SCOPE)]
    empty(journal)
    await journal.claim(intent("l"))

    assert caught.value.charged == "yes"
    assert here is not None
    assert (here.state, here.raw, here.charged) == (S.SUCCEEDED, LARGE, "yes")
    assert (there, entries) == (S.ACCEPTED, [S.SUCCEEDED])
    assert await seen_by_others(tmp_path, "k") is S.SUCCEEDED


async def test_steps_that_are_kept_follow_each_other(journal: SQLiteJournal, tmp_path: Path) -> None:
    """A later one builds on what is kept; what is done already, or no step at all, is told as ever."""
    await bring(journal, "k", S.ACCEPTED)
    fill(journal)
    for to in (S.SUCCEEDED, S.SAVED):
        with pytest.raises(StorageError):
            await journal.record(change("k", to, raw=LARGE))
    assert not await journal.record(change("k", S.SAVED))
    with pytest.raises(IllegalMoveError):
        await journal.record(change("k", S.ACCEPTED))
    empty(journal)
    await journal.aclose()

    assert await seen_by_others(tmp_path, "k") is S.SAVED


async def test_of_a_full_batch_each_is_told(journal: SQLiteJournal) -> None:
    """Many at once: claims raise, steps are kept, those who read see the steps and not the claims."""
    for number in range(4):
        await bring(journal, str(number), S.ACCEPTED)
    fill(journal)
    said = await asyncio.gather(
        *(journal.claim(intent(f"new {number}", data=LARGE)) for number in range(4)),
        *(journal.record(change(str(number), S.SUCCEEDED, raw=LARGE)) for number in range(4)),
        return_exceptions=True,
    )

    assert [type(one) for one in said] == [StorageError] * 8
    assert await journal.counts(SCOPE) == {S.SUCCEEDED: 4}
    empty(journal)
    await journal.aclose()


async def test_a_full_disk_may_be_met_while_writing(journal: SQLiteJournal) -> None:
    """SQLite undoes the transaction itself then: each is told, and who reads is told rather than misled."""
    await bring(journal, "k", S.ACCEPTED)
    fill(journal, while_writing=True)
    said = await asyncio.gather(
        journal.claim(intent("l")),
        journal.record(change("k", S.SUCCEEDED, raw=LARGE)),
        journal.find(SCOPE, "k"),
        return_exceptions=True,
    )
    empty(journal)

    assert [type(one) for one in said] == [StorageError] * 3
    assert await journal.counts(SCOPE) == {S.SUCCEEDED: 1}


async def test_a_step_that_was_overtaken_is_told_to_the_log(
    journal: SQLiteJournal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else has moved the item elsewhere while it was kept: the others are written all the same."""
    await bring(journal, "k", S.ACCEPTED)
    await bring(journal, "l", S.ACCEPTED)
    fill(journal)
    for key in "kl":
        with pytest.raises(StorageError):
            await journal.record(change(key, S.SUCCEEDED, raw=LARGE))
    other = SQLiteJournal(tmp_path / "run.db")
    await other.open(GATEWAY)
    await other.record(change("k", S.FAILED))
    empty(journal)
    await journal.claim(intent("m"))

    assert await other.counts(SCOPE) == {S.FAILED: 1, S.SUCCEEDED: 1, S.SENDING: 1}
    assert "could not be taken" in caplog.text
    await other.aclose()


async def test_what_is_never_written_is_told_in_the_end(
    journal: SQLiteJournal, caplog: pytest.LogCaptureFixture
) -> None:
    """The close names the tasks, the log has the steps; and the run is over all the same."""
    await bring(journal, "k", S.UNKNOWN)
    fill(journal)
    with pytest.raises(StorageError):
        await journal.record(change("k", S.ACCEPTED, raw=LARGE, task_id="t1"))

    with caplog.at_level(logging.WARNING), pytest.raises(StorageError, match=r"1 steps are not in the journal.*t1"):
        await journal.aclose()
    assert "not in the journal: key" in caplog.text
    await journal.open(GATEWAY)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes, and doesn't end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield
        connection.execute("rollback")


@pytest.mark.parametrize("inline", [True, False])
async def test_who_is_locked_out_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, inline: bool
) -> None:
    """Claims are refused, steps are kept, those who read go on."""
    monkeypatch.setattr(_opening, "BUSY_SECONDS", 0.05)
    journal = SQLiteJournal(tmp_path / "run.db", inline=inline)
    await journal.open(GATEWAY)
    await bring(journal, "k", S.ACCEPTED)
    with locked(tmp_path / "run.db"):
        counts = await journal.counts(SCOPE)
        with pytest.raises(StorageError, match="another process keeps it locked"):
            await journal.claim(intent("l"))
        with pytest.raises(StorageError, match="kept in memory"):
            await journal.record(change("k", S.PENDING))
        with pytest.raises(StorageError, match="locked"):
            await journal.find(SCOPE, "k")
        with pytest.raises(StorageError, match="locked"):
            await SQLiteJournal(tmp_path / "run.db").open(GATEWAY)

    assert counts == {S.ACCEPTED: 1}
    assert await journal.counts(SCOPE) == {S.PENDING: 1}
    assert journal.broken is None
    await journal.aclose()


async def test_an_error_of_the_disk_is_remembered(journal: SQLiteJournal) -> None:
    """Of whatever is to be written, only steps are still tried."""
    await bring(journal, "k", S.ACCEPTED)
    disk_of(journal).trouble = sqlite3.SQLITE_IOERR | 3 << 8
    with pytest.raises(StorageError, match="the disk failed"):
        await journal.record(change("k", S.SUCCEEDED))
    with pytest.raises(StorageError, match="the disk failed"):
        await journal.claim(intent("l"))
    empty(journal)
    with pytest.raises(StorageError, match="nothing more is sent") as caught:
        await journal.claim(intent("l"))
    assert caught.value is not journal.broken
    with pytest.raises(StorageError, match="nothing more is sent"):
        await journal.enter(intent("l"))

    assert await journal.counts(SCOPE) == {S.SUCCEEDED: 1}
    assert await journal.record(change("k", S.SAVED))
    assert journal.broken is not None
    assert not journal.broken.retryable
    await journal.aclose()
    assert journal.broken is None


BROKEN = """
    journal = SQLiteJournal(path, inline={inline})
    await journal.open(GATEWAY)
    await journal.claim(intent("k"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    async def said(step):
        try:
            return repr(await step)
        except StorageError as error:
            return str(error)
    tell(await said(journal.claim(intent("l"))), str(journal.broken))
    tell(await said(journal.record(answered("k", task_id="t1"))), (await journal.find(SCOPE, "k")).task_id)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tell(await said(journal.claim(intent("l"))), await said(journal.enter(intent("l"))))
    tell(await said(journal.record(change("k", S.SUCCEEDED, raw="{{}}"))), (await journal.attempts(SCOPE, "l")))
    await journal.aclose()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX bounds the size of a file")
@pytest.mark.parametrize("inline", [True, False])
async def test_after_an_error_of_the_disk_nothing_is_claimed(tmp_path: Path, *, inline: bool) -> None:
    """Also when it works again: its word was not good once. Steps are tried, for what is paid for is worth it."""
    first, second, third, fourth = told_by(tmp_path / "run.db", BROKEN.format(inline=inline))

    assert all("the disk failed (disk I/O error, SQLITE_IOERR_WRITE)" in said for said in first)
    assert "kept in memory" in second[0]
    assert second[1] == "t1"
    assert all("nothing more is sent" in said for said in third)
    assert fourth == ["True", []]
    assert await seen_by_others(tmp_path, "k") is S.SUCCEEDED


async def test_a_damaged_journal_is_told_of(tmp_path: Path) -> None:
    """It is not taken for another's, nor for a new one."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    await bring(journal, "k", S.ACCEPTED)
    await journal.aclose()
    content = (tmp_path / "run.db").read_bytes()
    (tmp_path / "run.db").write_bytes(content[:8192] + bytes(len(content) - 8192))

    with pytest.raises(StorageError, match="it is damaged") as caught:
        await SQLiteJournal(tmp_path / "run.db").open(GATEWAY)
    assert not caught.value.retryable


READ_ONLY = """
    from nanobanana_async.journal import _book  # nobody may not read our files
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        await SQLiteJournal(path).open(GATEWAY)
    except ConfigurationError as error:
        tell(str(error), error.remedy)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
@pytest.mark.parametrize("mode", ["file", "folder", "locks"])
async def test_a_read_only_place_is_told_of(tmp_path: Path, mode: str) -> None:
    """A file, a folder or the locks that can't be written to; root can write everywhere, and so runs as nobody."""
    path = tmp_path / "open to all" / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.aclose()
    for place, of_all in ((path.parent, 0o755), (path, 0o444), (path.with_name("run.db.locks"), 0o555)):
        place.chmod(of_all)
    if mode == "locks":
        path.chmod(0o666)
        path.parent.chmod(0o777)
    if mode == "file":
        path.parent.chmod(0o777)
    if os.geteuid() == 0:
        for parent in (tmp_path, *tmp_path.parents[:2]):  # pytest's own folders, which only root may enter
            parent.chmod(0o755)
    [[said, remedy]] = told_by(path, READ_ONLY)

    assert str(path) in said
    assert "--journal PATH" in remedy
