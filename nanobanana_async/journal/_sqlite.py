"""A journal in a file, which several processes may write at once: what is in it survives a kill and a power cut."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nanobanana_async.errors import ClientClosedError, StorageError
from nanobanana_async.journal import _items, _reading
from nanobanana_async.journal._entries import Attempt, Change, Claimed, Draft, Entry, Intent
from nanobanana_async.journal._holding import refuse_second_opening
from nanobanana_async.journal._journal import Pass
from nanobanana_async.journal._operations import Operation, step
from nanobanana_async.journal._pictures import PictureFolder
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._standing import Spent, Standing
from nanobanana_async.journal._writers import InlineWriter, ThreadedWriter, Writer
from nanobanana_async.lifecycle import ItemState

if TYPE_CHECKING:
    import sqlite3

    from nanobanana_async.journal._book import Book

T = TypeVar("T")


class SQLiteJournal:
    """A `Journal` in the file at `path`; beside it come a log (``-wal``), its index (``-shm``), a folder of locks,
    and where pictures come in answers a folder of these.

    The file is made where there is none, readable by its owner alone, and its folder as well. It has to be on a disk of
    this machine. A thread of its own writes it, with one commit for many callers. `inline=True` writes on the loop,
    which stands still meanwhile: for virtual time, where no thread can be waited for.

    A process that is stopped (not killed) while it writes keeps all others from writing: they wait half a minute, and
    then raise. Don't use it in a child made by `fork`; the child may open one of its own.
    """

    def __init__(self, path: str | os.PathLike[str], *, inline: bool = False) -> None:
        self._path = os.fspath(path)
        self._inline = inline
        self._writer: Writer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: Callable[[], float] = time.time
        self._passes: list[Pass] = []

    def __repr__(self) -> str:
        return f"<SQLiteJournal {self._path!r}{'' if self._writer else ' | closed'}>"

    @property
    def broken(self) -> StorageError | None:
        """The error of the disk after which nothing more may be claimed, None while there was none."""
        return None if self._writer is None else self._writer.book.broken

    @property
    def run(self) -> str | None:
        """What this opening is called; see `Journal.run`."""
        return None if self._writer is None else self._writer.book.runs.own

    # --- a run ------------------------------------------------------------------------------------------------

    async def open(self, gateway: str, *, clock: Callable[[], float] = time.time) -> None:
        """Begin a run; see `Journal.open`."""
        if self._writer is not None:
            refuse_second_opening(self._loop)
            self.abandon()
        loop = asyncio.get_running_loop()
        # On a virtual clock no thread can be waited for: hours would pass meanwhile.
        is_inline = self._inline or getattr(loop, "is_virtual", False)
        writer: Writer = InlineWriter() if is_inline else ThreadedWriter(loop)
        await writer.open(partial(_opened, self._path, gateway, clock))
        self._writer, self._loop, self._clock = writer, loop, clock

    async def aclose(self) -> None:
        """End the run, once everything is durable; see `Journal.aclose`."""
        self._close_passes()
        writer, self._writer = self._writer, None
        unwritten = [] if writer is None else await writer.close(self._clock())
        if unwritten:
            tasks = ", ".join(change.task_id for change in unwritten if change.task_id) or "none"
            raise StorageError(
                f"{len(unwritten)} steps are not in the journal {self._path!r}, and are in the log; tasks: {tasks}",
                remedy="See to the disk; tasks can be waited for by their ids.",
            )

    def abandon(self) -> None:
        """End the run without a word, as a kill does. For tests of crashes; safe to call twice."""
        self._close_passes()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()

    async def reap(self) -> list[Entry]:
        """Make `unknown` what the dead have left `sending`; see `Journal.reap`."""
        at = self._clock()
        return await self._write(lambda connection, runs: _items.reap(connection, runs, at))

    def _at_work(self) -> Writer:
        if self._writer is None:
            raise ClientClosedError("the journal is not open")
        return self._writer

    async def _write(self, work: Callable[[sqlite3.Connection, Runs], T]) -> T:
        value: T = await self._at_work().do(Operation(work))
        return value

    async def _read(self, work: Callable[[sqlite3.Connection, Runs], T]) -> T:
        value: T = await self._at_work().do(Operation(work, writes=False))
        return value

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """What `work` gives, which blocks: in a thread, but on the loop where the journal is written there."""
        return work() if isinstance(self._at_work(), InlineWriter) else await asyncio.to_thread(work)

    @property
    def _pictures(self) -> PictureFolder:
        return PictureFolder(self._at_work().book.place)

    def _close_passes(self) -> None:
        for one in self._passes:
            one.close()
        self._passes.clear()

    # --- one key ----------------------------------------------------------------------------------------------

    async def find(self, scope: str, key: str) -> Entry | None:
        """What is known of a key; see `Journal.find`."""
        return await self._read(lambda connection, runs: _reading.find(connection, runs, scope, key))

    async def enter(self, draft: Draft) -> Entry:
        """What stands there for a key, `new` if nothing did; see `Journal.enter`."""
        columns = _items.wanted(draft)
        return await self._write(lambda connection, runs: _items.enter(connection, runs, draft, columns))

    async def claim(self, intent: Intent) -> Entry | Claimed:
        """The right to send, or who has it; see `Journal.claim`."""
        columns = _items.wanted(intent)
        return await self._write(lambda connection, runs: _items.claim(connection, runs, intent, columns))

    async def record(self, change: Change) -> bool:
        """Make one step; see `Journal.record`."""
        done: bool = await self._at_work().do(step(change))
        return done

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        """Keep a picture that came in an answer in a file beside the journal; see `Journal.keep`."""
        return await self._on_disk(partial(self._pictures.keep, content, f"{sha256}{suffix}"))

    async def kept(self, sha256: str) -> str | None:
        """The ``file:`` URL of a picture that was kept; see `Journal.kept`."""
        return await self._on_disk(partial(self._pictures.find, sha256))

    def place_of_picture(self, sha256: str) -> Path:
        """Where a picture of that digest is looked for, whatever type its name says: for people who put one back."""
        return self._pictures.place(sha256)

    async def attempts(self, scope: str, key: str) -> list[Attempt]:
        """Every attempt for a key; see `Journal.attempts`."""
        return await self._read(lambda connection, _: _reading.attempts(connection, scope, key))

    async def attempt_of(self, *, token: str | None = None, task_id: str | None = None) -> tuple[Entry, Attempt] | None:
        """The attempt with that token or task; see `Journal.attempt_of`."""
        return await self._read(lambda connection, runs: _reading.attempt_of(connection, runs, token, task_id))

    # --- many -------------------------------------------------------------------------------------------------

    async def entries(self, scope: str | None = None, states: Collection[ItemState] = ()) -> AsyncIterator[Entry]:
        """The entries in the order in which their keys came; see `Journal.entries`."""
        after: int | None = 0
        while after is not None:
            read = partial(_reading.page, after=after, scope=scope, states=states)
            page, after = await self._read(read)
            for entry in page:
                yield entry

    async def counts(self, scope: str) -> Counter[ItemState]:
        """How many entries are in each state; see `Journal.counts`."""
        return await self._read(lambda connection, _: _reading.counts(connection, scope))

    async def standing(self, since: float) -> Standing:
        """What counts against the limits, and what is in flight; see `Journal.standing`."""
        return await self._read(lambda connection, _: _reading.standing(connection, since))

    async def spent(self, scope: str) -> Spent:
        """What a scope has cost, and may still cost; see `Journal.spent`."""
        return await self._read(lambda connection, _: _reading.spent(connection, scope))

    # --- a batch ----------------------------------------------------------------------------------------------

    async def hold(self, scope: str) -> None:
        """Take the lock on the name of a batch; see `Journal.hold`."""
        try:
            await self._at_work().book.runs.hold(scope)
        except OSError as error:
            raise StorageError(
                f"the batch {scope!r} can't be locked beside the journal {self._path!r}: {error.strerror}",
                charged="no",
                remedy="See to the disk; nothing was sent.",
            ) from error

    async def let_go(self, scope: str) -> None:
        """Let go of the lock on a name; see `Journal.let_go`."""
        self._at_work().book.runs.let_go(scope)

    async def begin_pass(self, scope: str) -> Pass:  # noqa: ARG002  one pass knows nothing of another
        """A new pass over the source of `scope`; see `Journal.begin_pass`."""
        self._at_work()
        from nanobanana_async.journal._pass_keys import SQLitePass  # noqa: PLC0415  it loads sqlite3

        begun = SQLitePass.begun()
        self._passes.append(begun)
        return begun


def _opened(path: str, gateway: str, clock: Callable[[], float]) -> Book:
    from nanobanana_async.journal._book import Book  # noqa: PLC0415  it loads sqlite3, which may take a while

    return Book.opened(path, gateway, clock)
