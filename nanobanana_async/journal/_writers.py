"""Who carries out what is asked of a journal's file: a thread of its own, or the loop itself.

Theory of operation
===================
1. The file belongs to one thread from its opening to its end. Callers put operations into a queue, each with a future.
2. The thread takes what is in the queue, up to a bound, and carries it out with one commit. While the disk is at it,
   the next batch gathers: the slower the disk, the more callers share a commit.
3. The futures of a batch are resolved by one call to the loop, some at a time, so that the loop has time for others
   between them.
4. What was put in is carried out, whether or not somebody still waits for it.
5. Inline there is no queue: an operation is a batch of its own, done when the call returns. On virtual time nothing
   else will do, because a clock that jumps would not wait for a thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from nanobanana_async.journal._entries import Change
from nanobanana_async.journal._operations import Operation, Outcome

if TYPE_CHECKING:
    from nanobanana_async.journal._book import Book

AT_ONCE = 512
"""The most operations of one commit."""

TOLD_AT_ONCE = 50
"""The most futures that are resolved at one turn of the loop."""

Opening = Callable[[], "Book"]
Answer = asyncio.Future[Any]


class Writer(Protocol):
    """Who has the file."""

    book: Book

    async def open(self, opening: Opening) -> None:
        """Open the file."""

    async def do(self, operation: Operation) -> Any:
        """What the operation returns or raises, once it is durable."""

    async def close(self, at: float) -> list[Change]:
        """Finish what was asked, and end the run at that time of day; the steps that could not be written down."""

    def abandon(self) -> None:
        """Let go of everything as a process does that dies."""


@attrs.define(eq=False)
class InlineWriter:
    """The loop itself, which stands still meanwhile."""

    book: Book = attrs.field(init=False)

    async def open(self, opening: Opening) -> None:
        """Open the file."""
        self.book = opening()

    async def do(self, operation: Operation) -> Any:
        """What the operation returns or raises, once it is durable."""
        outcome = self.book.carry_out([operation])[0]
        self.book.mind_the_log()
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    async def close(self, at: float) -> list[Change]:
        """End the run."""
        return self.book.close(at)

    def abandon(self) -> None:
        """Let go of everything."""
        self.book.abandon()


@attrs.define(eq=False)
class ThreadedWriter:
    """A thread of its own. It is a daemon: where nobody closes it, it ends with the process, as by a kill."""

    _loop: asyncio.AbstractEventLoop
    book: Book = attrs.field(init=False)
    _queue: SimpleQueue[tuple[Operation | None, Answer]] = attrs.field(factory=SimpleQueue, init=False)
    _thread: threading.Thread = attrs.field(init=False)
    _ended_at: float | None = attrs.field(default=None, init=False)
    _is_abandoned: bool = attrs.field(default=False, init=False)

    # --- on the loop ------------------------------------------------------------------------------------------

    async def open(self, opening: Opening) -> None:
        """Open the file in a new thread."""
        answer = self._loop.create_future()
        self._thread = threading.Thread(
            target=self._run, args=(opening, answer), name="nanobanana journal", daemon=True
        )
        self._thread.start()
        try:
            await answer
        except asyncio.CancelledError:
            self._end(is_abandoned=False)
            raise

    async def do(self, operation: Operation) -> Any:
        """What the operation returns or raises, once it is durable."""
        answer = self._loop.create_future()
        self._queue.put((operation, answer))
        return await answer

    async def close(self, at: float) -> list[Change]:
        """Finish what was asked, and end the run."""
        self._ended_at = at
        unwritten: list[Change] = await self._end(is_abandoned=False)
        return unwritten

    def abandon(self) -> None:
        """Let go of everything, and wait for the thread to have done so."""
        self._end(is_abandoned=True)
        self._thread.join()

    def _end(self, *, is_abandoned: bool) -> Answer:
        answer = self._loop.create_future()
        self._is_abandoned = is_abandoned
        self._queue.put((None, answer))
        return answer

    def _tell(self, answers: Sequence[tuple[Answer, Outcome]]) -> None:
        for answer, outcome in answers[:TOLD_AT_ONCE]:
            if answer.done():
                continue  # nobody waits for it any more
            if outcome.error is None:
                answer.set_result(outcome.value)
            else:
                answer.set_exception(outcome.error)
        if len(answers) > TOLD_AT_ONCE:
            self._loop.call_soon(self._tell, answers[TOLD_AT_ONCE:])

    # --- in the thread ----------------------------------------------------------------------------------------

    def _run(self, opening: Opening, answer: Answer) -> None:
        try:
            self.book = opening()
        except Exception as error:  # noqa: BLE001  it is for who has called `open`
            self._send([(answer, Outcome(error=error))])
            return
        self._send([(answer, Outcome())])
        while self._serve():
            self.book.mind_the_log()

    def _serve(self) -> bool:
        """Carry out what is in the queue; False at the end of all."""
        batch = self._gather()
        is_over = batch[-1][0] is None
        outcomes = self._carry_out([operation for operation, _ in batch if operation is not None])
        if is_over:
            outcomes.append(self._finish())
        self._send([(answer, outcome) for (_, answer), outcome in zip(batch, outcomes, strict=True)])
        return not is_over

    def _gather(self) -> list[tuple[Operation | None, Answer]]:
        """What is in the queue, at least one; the end of all comes last."""
        batch = [self._queue.get()]
        with suppress(Empty):
            while batch[-1][0] is not None and len(batch) < AT_ONCE:
                batch.append(self._queue.get_nowait())
        return batch

    def _carry_out(self, operations: list[Operation]) -> list[Outcome]:
        if self._is_abandoned or not operations:
            return [Outcome() for _ in operations]
        try:
            return self.book.carry_out(operations)
        except Exception as error:  # noqa: BLE001  a bug of ours; nobody may wait for ever because of it
            return [Outcome(error=error) for _ in operations]

    def _finish(self) -> Outcome:
        if self._is_abandoned or self._ended_at is None:
            self.book.abandon()
            return Outcome([])
        return Outcome(self.book.close(self._ended_at))

    def _send(self, answers: list[tuple[Answer, Outcome]]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            self._loop.call_soon_threadsafe(self._tell, answers)
