"""A journal's file, open: operations in, and what came of each out, many of them with one commit.

Theory of operation
===================
1. A transaction holds the right to write from its start (`begin immediate`), so nothing that is read in it can change
   before it is written. One that only reads takes no such right, and never waits for a writer.
2. Operations of many callers share a transaction, because the disk is asked once for all of them. Each has a savepoint:
   one that fails undoes itself, and the others go on.
3. When the transaction itself fails, none of it has happened. Claims raise: nothing was claimed. Steps raise as well,
   but are kept, in order: they tell of what was paid for. What only reads is read again.
4. What is kept is written first in each transaction that comes, and forgotten when one succeeds. In one that fails, it
   is there for those who read, and undone after. So this process always sees its own steps.
5. A disk that is full may have room again, and is asked each time. After any other error of the disk nothing more is
   claimed: the answer to "is it durable" can no longer be trusted. Steps are still tried.
6. A file that is moved or removed is still the one that is open, and takes what is written; but nobody would find that
   again. So before each claim it is seen to that the name still leads there; where it doesn't, it is as with 5.
7. What is committed stands in SQLite's log, and has to be copied into the file at times; then the log begins anew,
   where nobody reads from it. That is done between two batches, when nobody waits for an answer. Where somebody always
   reads it would grow without end; so if it is large, all are made to wait for a moment.
"""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.journal._entries import Change
from nanobanana_async.journal._identity import leads_to
from nanobanana_async.journal._items import reap
from nanobanana_async.journal._opening import connected, told_of
from nanobanana_async.journal._operations import Operation, Outcome, step
from nanobanana_async.journal._place import locks_of
from nanobanana_async.journal._reading import is_bound
from nanobanana_async.journal._rules import refuse_other_gateway
from nanobanana_async.journal._runs import Runs
from nanobanana_async.journal._troubles import Trouble, is_of_the_disk, moved_away

logger = logging.getLogger("nanobanana_async")

COPIED_AFTER = 1000
"""Rows that are changed before the log is copied: three pages each at low load, a third of one in large batches."""

LARGE_LOG = 64 * 1024 * 1024
"""Bytes of the log beyond which all are made to wait until it is begun anew."""

_TURN = 16
_GIVE_WAY = 5e-5
"""After so many operations of a batch, so many seconds for the other threads.

SQLite lets them go on only for moments that are too short to wake up in, and by itself Python makes them wait 5 ms.
"""

_LOG_PATIENCE = 0.1
"""Seconds that the log's readers are waited for."""


@attrs.define(eq=False)
class Book:
    """The file at `place`, for the run that `runs` tells of. Used by one thread at a time, and blocks it."""

    place: Path
    runs: Runs
    connection: sqlite3.Connection
    file: os.stat_result = attrs.field(init=False)
    broken: StorageError | None = attrs.field(default=None, init=False)
    kept: list[Change] = attrs.field(factory=list, init=False)
    _copied: int = attrs.field(default=0, init=False)

    # --- a run ------------------------------------------------------------------------------------------------

    @classmethod
    def opened(cls, path: str | Path, gateway: str, clock: Callable[[], float]) -> Book:
        """The journal at `path`, with a run begun and those of the dead reaped; see `Journal.open`."""
        place, connection = connected(path)
        book = cls(place, Runs(locks_of(place)), connection)
        try:
            with told_of(place):
                book._begin(gateway, clock())
        except BaseException:
            connection.close()
            book.runs.end()
            raise
        return book

    def _begin(self, gateway: str, at: float) -> None:
        try:
            self.runs.begin()
        except OSError as error:
            raise ConfigurationError(
                f"{str(self.runs.folder)!r} can't hold the locks of the journal: {error.strerror}; nothing was sent",
                remedy="Get the right to write there. One that is new may be elsewhere: --journal PATH.",
            ) from error
        self.file = _file_at(self.place)
        execute = self.connection.execute
        execute("begin immediate")
        execute("insert or ignore into gateway (id, name) values (1, ?)", (gateway,))
        recorded = execute("select name from gateway").fetchone()[0]
        if recorded != gateway and not is_bound(self.connection, self.runs):
            execute("update gateway set name = ?", (gateway,))
            recorded = gateway
        refuse_other_gateway(recorded, gateway, place=f"the journal {str(self.place)!r}")
        own = (self.runs.own, os.getpid(), socket.gethostname(), at)
        execute("insert into run (id, pid, host, started_at) values (?, ?, ?, ?)", own)
        reap(self.connection, self.runs, at)
        gone = [(at, run) for run in self.runs.bury_all()]
        self.connection.executemany("update run set ended_at = ? where id = ? and ended_at is null", gone)
        execute("commit")

    def close(self, at: float) -> list[Change]:
        """End the run, and let go of everything; the steps that could not be written down."""
        try:
            self._transaction([], [])
            self.connection.execute("update run set ended_at = ? where id = ?", (at, self.runs.own))
        except sqlite3.Error as error:
            logger.warning("the journal %s could not be closed in order: %s", self.place, error)
        for scope, key in dict.fromkeys((change.scope, change.key) for change in self.kept):
            steps = [change for change in self.kept if (change.scope, change.key) == (scope, key)]
            logger.error("not in the journal: %s", "; ".join(step.in_short for step in steps))
        with suppress(sqlite3.Error):
            self.connection.close()
        self.runs.end()
        return self.kept

    def abandon(self) -> None:
        """Let go of everything as a process does that dies."""
        with suppress(sqlite3.Error):
            self.connection.close()
        self.runs.abandon()

    # --- operations -------------------------------------------------------------------------------------------

    def carry_out(self, batch: Sequence[Operation]) -> list[Outcome]:
        """What comes of each operation, all of it durable."""
        outcomes: list[Outcome] = []
        if any(operation.writes and operation.change is None for operation in batch):
            self._see_to_the_name()
        try:
            self._transaction(batch, outcomes)
        except sqlite3.Error as error:
            self._roll_back()
            return self._failed(batch, outcomes, Trouble(self.place, error))
        return outcomes

    def _see_to_the_name(self) -> None:
        """Claim nothing more in a file that nobody would find again."""
        with suppress(OSError):  # that can't be told, as where a folder above may no longer be read
            if self.broken is None and not leads_to(self.place, self.file):
                self.broken = Trouble(self.place, moved_away()).as_error("nothing more is sent")

    def _transaction(self, batch: Sequence[Operation], outcomes: list[Outcome]) -> None:
        """Fill `outcomes`, and make them durable. Raises: sqlite3.Error, and nothing has happened."""
        self._start(batch)
        for number, operation in enumerate(batch, start=1):
            outcomes.append(self._outcome(operation))
            if number % _TURN == 0:
                time.sleep(_GIVE_WAY)
        self.connection.execute("commit")
        self.kept.clear()

    def _start(self, batch: Sequence[Operation]) -> None:
        writes = self.kept or any(operation.writes for operation in batch)
        self.connection.execute("begin immediate" if writes else "begin")
        for change in self.kept:
            outcome = self._outcome(step(change))
            if outcome.error is not None:
                logger.error("a step that was kept could not be taken: %s: %s", outcome.error, change.in_short)

    def _outcome(self, operation: Operation) -> Outcome:
        """What comes of one operation, which is undone where it fails. Raises: sqlite3.Error of the whole disk."""
        if operation.writes and operation.change is None and self.broken is not None:
            return Outcome(error=copy(self.broken))
        execute = self.connection.execute
        execute("savepoint step")
        try:
            outcome = Outcome(operation.work(self.connection, self.runs))
        except sqlite3.Error as error:
            if is_of_the_disk(error):
                raise
            outcome = Outcome(error=Trouble(self.place, error).as_error("it was not written down"))
        except Exception as error:  # noqa: BLE001  whatever it is, it is for who asked, and not for the others
            outcome = Outcome(error=error)
        if outcome.error is not None:
            execute("rollback to step")
        execute("release step")
        return outcome

    # --- trouble ----------------------------------------------------------------------------------------------

    def _failed(self, batch: Sequence[Operation], outcomes: list[Outcome], trouble: Trouble) -> list[Outcome]:
        """What comes of each operation of a transaction that failed."""
        if trouble.is_for_good and self.broken is None:
            self.broken = trouble.as_error("nothing more is sent")
        judged = [*outcomes, *[None] * (len(batch) - len(outcomes))]
        found = [self._failure(*each, trouble) for each in zip(batch, judged, strict=True)]
        return self._read_again(batch, found)

    def _failure(self, operation: Operation, outcome: Outcome | None, trouble: Trouble) -> Outcome:
        if outcome is not None and (outcome.error is not None or outcome.value is False):
            return outcome  # it would have changed nothing
        if operation.change is None:
            return Outcome(error=trouble.as_error("it was not written down, and nothing may be sent for it"))
        self.kept.append(operation.change)
        said = "what became of it is kept in memory, and written down as soon as that can be done"
        return Outcome(error=trouble.as_error(said, charged=operation.change.charged or "unknown"))

    def _read_again(self, batch: Sequence[Operation], outcomes: list[Outcome]) -> list[Outcome]:
        """The same outcomes, with those of reading as the journal stands: what failed has not happened."""
        reading = [operation for operation in batch if not operation.writes]
        if not reading:
            return outcomes
        try:
            self._start(reading)
            read = iter([self._outcome(operation) for operation in reading])
        except sqlite3.Error:
            return outcomes
        finally:
            self._roll_back()
        return [outcome if operation.writes else next(read) for operation, outcome in zip(batch, outcomes, strict=True)]

    def _roll_back(self) -> None:
        if self.connection.in_transaction:  # SQLite may have done it itself
            with suppress(sqlite3.Error):
                self.connection.execute("rollback")

    # --- the log ----------------------------------------------------------------------------------------------

    def mind_the_log(self) -> None:
        """Copy the log if it has grown; to be called when nobody waits. What fails is tried again when it has grown."""
        changes = self.connection.total_changes
        if changes - self._copied < COPIED_AFTER:
            return
        self._copied = changes
        with suppress(OSError, sqlite3.Error):  # what is committed is safe in the log
            size = self.place.with_name(f"{self.place.name}-wal").stat().st_size
            self._copy_log(patience=_LOG_PATIENCE if size > LARGE_LOG else 0.0)

    def _copy_log(self, *, patience: float) -> None:
        execute = self.connection.execute
        if not patience:
            execute("pragma wal_checkpoint(passive)")
            return
        before = execute("pragma busy_timeout").fetchone()[0]
        execute(f"pragma busy_timeout = {int(1000 * patience)}")
        try:
            execute("pragma wal_checkpoint(truncate)")
        finally:
            execute(f"pragma busy_timeout = {before}")


def _file_at(place: Path) -> os.stat_result:
    """The file that has just been opened. Raises: sqlite3.Error, where it was removed at once."""
    try:
        return place.stat()
    except OSError as error:
        raise moved_away() from error
