"""Which threads are at work for a loop, and which of them only wait for it: so whether its clock has to stand.

It counts and decides, and never waits. Everything here is called in the loop's own thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import define, field


@define(eq=False)
class ThreadWatch:
    """The threads of one loop.

    A thread that has asked the loop for something, and whose answer is under way, counts as waiting for the loop. One
    that was waited for in vain is given up: it counts no more, until fewer are at work.
    """

    _jobs: set[object] = field(factory=set, init=False)
    _counts: list[Callable[[], int]] = field(factory=list, init=False)
    _answers: dict[asyncio.Task[Any], int] = field(factory=dict, init=False)
    """The tasks that were begun for a thread and still run, with the thread's number."""
    _asker: int | None = field(default=None, init=False)
    _given_up: int = field(default=0, init=False)

    def begin(self, job: object) -> None:
        """A thread has something to do."""
        self.holds_the_clock()  # those that were given up and have ended don't speak for this one
        self._jobs.add(job)

    def end(self, job: object) -> None:
        """It is done, whether or not anybody still wanted it."""
        self._jobs.discard(job)

    def count_also(self, busy: Callable[[], int]) -> None:
        """Ask `busy` as well, how many threads are at work that nobody else tells of."""
        self._counts.append(busy)

    @contextmanager
    def answering(self, thread: int) -> Iterator[None]:
        """While the context is open, whatever is begun is begun for this thread."""
        self._asker = thread
        try:
            yield
        finally:
            self._asker = None

    def began(self, task: asyncio.Task[Any]) -> None:
        """A task has been made; if for a thread, that waits until the task ends."""
        if self._asker is not None and not task.done():
            self._answers[task] = self._asker
            task.add_done_callback(self._answers.pop)

    def is_anybody_at_work(self) -> bool:
        """Whether a thread works, rather than waits for the loop."""
        return self._at_work() > 0

    def holds_the_clock(self) -> bool:
        """Whether a thread works that is still to be waited for."""
        at_work = self._at_work()
        self._given_up = min(self._given_up, max(at_work, 0))
        return at_work > self._given_up

    def give_up(self) -> None:
        """Those at work now were waited for long enough: time goes on without them."""
        self._given_up = max(self._at_work(), 0)

    def _at_work(self) -> int:
        busy = len(self._jobs) + sum(count() for count in self._counts)
        return busy - len(set(self._answers.values())) if busy and self._answers else busy
