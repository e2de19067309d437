"""The thread that writes: one commit for many, nobody forgotten, and a loop that has time for others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.journal import Claimed, SQLiteJournal, _book, _opening, _pass_keys, _writers
from nanobanana_async.journal._book import Book
from nanobanana_async.journal._operations import Operation
from nanobanana_async.testing import VirtualTimeLoop
from tests.journal.conftest import GATEWAY
from tests.journal.steps import SCOPE, S, intent

MANY = 1000


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "nanobanana journal"]


def join_threads() -> None:
    for thread in threads():
        thread.join(60)
    assert not threads()


@asynccontextmanager
async def gathering(journal: SQLiteJournal) -> AsyncIterator[None]:
    """Whatever is asked inside comes into the thread's hands at once, in the end."""
    entered, gate = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        entered.set()
        gate.wait(60)

    waiting = asyncio.ensure_future(journal._at_work().do(Operation(wait, writes=False)))
    await asyncio.sleep(0)
    assert entered.wait(60)
    yield
    await asyncio.sleep(0)
    gate.set()
    await waiting


async def test_many_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks at the same time; and each batch is bounded."""
    sizes: list[int] = []
    carry_out = Book.carry_out

    def noted(book: Book, batch: Any) -> Any:
        sizes.append(len(batch))
        return carry_out(book, batch)

    monkeypatch.setattr(Book, "carry_out", noted)
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    async with gathering(journal):
        claims = [asyncio.ensure_future(journal.claim(intent(str(number)))) for number in range(MANY)]
    said = await asyncio.gather(*claims)
    await journal.aclose()

    assert all(isinstance(one, Claimed) for one in said)
    assert sorted(sizes) == [1, MANY - _writers.AT_ONCE, _writers.AT_ONCE]


async def test_the_loop_has_time_for_others(tmp_path: Path) -> None:
    """While the answers of a large batch are told, the loop turns many times."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    told = [0]
    turns: list[int] = []

    async def claim(number: int) -> None:
        await journal.claim(intent(str(number)))
        told[0] += 1

    async def turn() -> None:
        while told[0] < MANY:
            turns.append(told[0])
            await asyncio.sleep(0)

    async with gathering(journal):
        claims = [asyncio.ensure_future(claim(number)) for number in range(MANY)]
    await asyncio.gather(turn(), *claims)
    await journal.aclose()
    steps = [after - before for before, after in pairwise(turns)]

    assert max(steps) <= 2 * _writers.TOLD_AT_ONCE


async def test_one_that_fails_fails_alone(tmp_path: Path) -> None:
    """Whatever it raises, and whatever it has written by then."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)

    def fail(connection: Any, _: object) -> None:
        connection.execute("update item set state = 'lost'")
        raise ZeroDivisionError

    def stumble(connection: Any, _: object) -> None:
        connection.execute("no such statement")

    do = journal._at_work().do
    await journal.claim(intent("k"))
    said = await asyncio.gather(
        journal.claim(intent("1")),
        do(Operation(fail)),
        do(Operation(stumble)),
        journal.claim(intent("2")),
        return_exceptions=True,
    )

    assert [type(one) for one in said] == [Claimed, ZeroDivisionError, StorageError, Claimed]
    assert "SQLite refuses" in str(said[2])
    assert await journal.counts(SCOPE) == {S.SENDING: 3}
    await journal.aclose()


async def test_a_bug_leaves_nobody_waiting(tmp_path: Path) -> None:
    """What breaks the writing itself is told to all of the batch, and the thread goes on."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    nonsense: Any = object()

    with pytest.raises(AttributeError):
        await journal._at_work().do(nonsense)
    assert isinstance(await journal.claim(intent("k")), Claimed)
    await journal.aclose()


async def test_an_opening_that_nobody_waits_for_is_undone(tmp_path: Path) -> None:
    """The run is over as soon as it has begun, and its thread has ended."""
    journal = SQLiteJournal(tmp_path / "run.db")
    opening = asyncio.ensure_future(journal.open(GATEWAY))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    join_threads()

    heir = SQLiteJournal(tmp_path / "run.db")
    await heir.open(GATEWAY)
    left = [place.name for place in (tmp_path / "run.db.locks").iterdir()]
    await heir.aclose()
    assert len(left) == 1


async def test_no_thread_is_left(tmp_path: Path) -> None:
    """After a close, after a kill, after an opening that was refused."""
    for end in ("close", "abandon"):
        journal = SQLiteJournal(tmp_path / "run.db")
        await journal.open(GATEWAY)
        running = threads()
        if end == "close":
            await journal.aclose()
        journal.abandon()
        join_threads()

        assert len(running) == 1
    with pytest.raises(ConfigurationError):
        await SQLiteJournal(tmp_path).open(GATEWAY)
    join_threads()


def test_a_loop_may_be_gone_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked is carried out, and nobody is told."""
    journal = SQLiteJournal(tmp_path / "run.db")
    carry_out, entered, gone = Book.carry_out, threading.Event(), threading.Event()

    def late(book: Book, batch: Any) -> Any:
        entered.set()
        gone.wait(60)
        return carry_out(book, batch)

    async def ask() -> None:
        await journal.open(GATEWAY)
        monkeypatch.setattr(Book, "carry_out", late)
        asyncio.ensure_future(journal.claim(intent("k")))  # noqa: RUF006  it dies with the loop
        await asyncio.sleep(0)
        assert entered.wait(60)

    async def look() -> object:
        await journal.open(GATEWAY)
        entry = await journal.find(SCOPE, "k")
        await journal.aclose()
        return entry and entry.state

    asyncio.run(ask())
    gone.set()

    assert asyncio.run(look()) is S.UNKNOWN


@pytest.mark.parametrize("inline", [True, False])
async def test_the_log_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, inline: bool
) -> None:
    """It begins anew each time that it has grown; where somebody reads from it, once he has ended."""
    monkeypatch.setattr(_book, "COPIED_AFTER", 8)
    monkeypatch.setattr(_book, "LARGE_LOG", 600_000)
    monkeypatch.setattr(_book, "_LOG_PATIENCE", 0.001)
    journal = SQLiteJournal(tmp_path / "run.db", inline=inline)
    await journal.open(GATEWAY)
    before = await write(journal, tmp_path, 20)
    _, reader = _opening.connected(tmp_path / "run.db")
    reader.execute("begin")
    reader.execute("select count(*) from item").fetchone()
    with_a_reader = await write(journal, tmp_path, 20)
    reader.close()
    after = await write(journal, tmp_path, 20)
    await journal.aclose()

    assert max(before) < 600_000 < max(with_a_reader)
    assert min(after) < 100_000
    assert max(after[10:]) < 600_000


async def write(journal: SQLiteJournal, folder: Path, count: int) -> list[int]:
    """Claim so many large things; how long the log is after each."""
    sizes, first = [], sum((await journal.counts(SCOPE)).values())
    for number in range(first, first + count):
        await journal.claim(intent(str(number), data="x" * 5000))
        await journal.find(SCOPE, "the thread is done with what comes after an answer")
        sizes.append((folder / "run.db-wal").stat().st_size)
    return sizes


async def test_a_log_that_is_gone_is_nobodys_concern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks after it finds nothing to do."""
    journal = SQLiteJournal(tmp_path / "run.db", inline=True)
    await journal.open(GATEWAY)
    monkeypatch.setattr(_book, "COPIED_AFTER", 0)
    (tmp_path / "run.db-wal").unlink()
    journal._at_work().book.mind_the_log()
    journal.abandon()

    assert not (tmp_path / "run.db-wal").exists()


async def test_keys_that_cannot_be_counted_are_told_of(tmp_path: Path) -> None:
    """As where there is no room for temporary files."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    one = await journal.begin_pass(SCOPE)
    assert isinstance(one, _pass_keys.SQLitePass)
    one._connection.execute("pragma max_page_count = 1")

    with pytest.raises(StorageError, match="can't be counted"):
        for number in range(1000):
            await one.numbered(str(number))
    await journal.aclose()


def test_importing_a_journal_loads_no_sqlite() -> None:
    """It comes with the first file that is opened."""
    program = "import sys, nanobanana_async.journal as j; j.SQLiteJournal('a'); sys.exit('sqlite3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_inline_is_done_when_the_call_returns(tmp_path: Path) -> None:
    """On virtual time, where nobody waits for a thread, no time passes for it."""
    journal = SQLiteJournal(tmp_path / "run.db", inline=True)

    async def work() -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await journal.open(GATEWAY, clock=time.time)
        await journal.claim(intent("k"))
        await journal.aclose()
        return loop.time() - before

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(work()) < 0.001
