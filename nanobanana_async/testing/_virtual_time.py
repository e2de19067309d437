"""An event loop on virtual time: where it would sleep, it moves the clock.

Hours pass in milliseconds, and what depends on time alone happens in the same order every time.

Theory of operation
===================
1. A loop sleeps in one place only: its selector, which waits for sockets at most until the next timer. The selector
   here looks whether a socket is ready and, if none is, moves the clock to that timer instead of waiting.
2. So time moves only while every task waits, and by no more than the nearest timer asks for; but for the least step
   that a float can make at each turn of the loop, because asyncio runs a timer only when its moment has passed.
3. What is done in a worker thread takes no virtual time: while one is at work the clock stands, also when nobody wants
   its result any more. The loop knows of its executors (`asyncio.to_thread`), of the thread that joins them when it
   shuts down, and of anyio's default limiter (`anyio.to_thread.run_sync`); for other threads, say `hold_while`.
4. A thread that asks the loop for something (`asyncio.run_coroutine_threadsafe`, `anyio.from_thread.run`) is taken to
   wait for the answer: until the task that it began has ended, that thread holds no clock. So the clock stands while
   more threads are at work than wait for the loop. It is a matter of counting, not of real time.
5. A thread that waits for something else that only the loop can bring, such as an item in a queue, can't be told from
   one that works. It is waited for once, `patience` real seconds long, and from then on not at all.
6. The clock ends a hundred years after the loop was made. What is set for later never comes: `asyncio.sleep(math.inf)`,
   `anyio.sleep_forever()` and the like are no timers at all, so they keep no loop awake that nothing else will.
7. Where nothing is scheduled and nobody is at work, nothing will ever happen. After `patience` real seconds, for
   threads that nobody told of, that is a `StalledError` rather than a test that hangs.
8. A real socket is a trap: an answer still on its way on loopback is jumped over, and a deadline of a minute has
   passed before it comes. Tests with real sockets, processes or threads of their own belong on the wall clock.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

import anyio.to_thread

from nanobanana_async.testing._thread_watch import ThreadWatch
from nanobanana_async.testing._waiting import waiting_tasks

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = 1_000.0
"""The loop's clock at its start, in seconds; not 0, which code may take for "never"."""

END = START + 100 * 365.25 * 86_400
"""The loop's clock at its end."""

EPOCH = 1_767_225_600.0
"""What the time of day was when the loop's clock stood at 0: the first second of 2026, UTC."""

PATIENCE = 30.0

_SHORTEST, _LONGEST = 0.001, 0.1
"""Real seconds between two looks whether a thread is still at work: at first, and in the end."""


class StalledError(RuntimeError):
    """Everything waits, and nothing that is known of will ever end the wait."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose time passes only when everything waits.

    ``asyncio.Runner(loop_factory=VirtualTimeLoop)`` runs on it; with `nanobanana_async.testing.plugin`, tests do.

    Args:
        patience: real seconds to wait for what the loop doesn't know of, before it moves on, or raises `StalledError`
            where there is nothing to move on to.
    """

    is_virtual = True
    """For whoever has to know that its time is not that of the threads: a journal in a file writes on this loop."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._virtual_now = START
        self._watch = ThreadWatch()
        self._pool: ThreadPoolExecutor | None = None
        self._home: int | None = None
        super().__init__(_JumpingSelector(self, self._watch, patience))

    def time(self) -> float:
        """The virtual time in seconds; it begins at 1 000."""
        return self._virtual_now

    def time_of_day(self) -> float:
        """The virtual time in seconds since the epoch: a loop begins on 2026-01-01, at 00:16:40 UTC."""
        return EPOCH + self._virtual_now

    def advance(self, seconds: float) -> None:
        """Move the clock on at once, as a loop sees it that was blocked for so long. Who wants time to pass sleeps.

        Raises:
            ValueError: `seconds` is negative or no number, or leads past the end of the clock.
        """
        if not seconds >= 0:
            raise ValueError(f"time does not run backwards: advance({seconds!r})")
        if self._virtual_now + seconds > END:
            raise ValueError(f"advance({seconds!r}) leads past the end of the clock, a hundred years after its start")
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        """Move the clock on past this moment; for the selector, which knows what is scheduled."""
        self._virtual_now = math.nextafter(self._virtual_now + seconds, math.inf)

    def hold_while(self, is_busy: Callable[[], bool]) -> None:
        """Let the clock stand for as long as `is_busy()` is true: work goes on that the loop can't see."""
        self._watch.count_also(lambda: bool(is_busy()))

    def is_held(self) -> bool:
        """Whether somebody is at work in a thread, so that the clock has to stand."""
        return self._watch.holds_the_clock()

    def run_forever(self) -> None:
        """Run until `stop`; see `asyncio.loop.run_forever`."""
        if self._home is None:
            self.create_task(self._hold_for_anyio(), name="virtual time meets anyio")
        self._home = threading.get_ident()
        super().run_forever()

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call `callback` at `when`; see `asyncio.loop.call_at`. Past the end of the clock it is never called."""
        if when > END and not self.is_closed():
            return asyncio.TimerHandle(when, callback, args, self, context)
        return super().call_at(when, callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call `callback` soon; see `asyncio.loop.call_soon_threadsafe`. What it begins, its thread waits for."""
        thread = threading.get_ident()
        if self._home is None or thread == self._home:
            return super().call_soon_threadsafe(callback, *args, context=context)
        return super().call_soon_threadsafe(self._answer, thread, callback, *args, context=context)

    def create_task(self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **more: Any) -> asyncio.Task[T]:
        """Schedule a coroutine; see `asyncio.loop.create_task`."""
        task = super().create_task(coro, **more)
        self._watch.began(task)
        return task

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run `func` in a thread, while the clock stands; see `asyncio.loop.run_in_executor`."""
        desk = _Desk(self._default_pool() if executor is None else executor)
        future = super().run_in_executor(desk, func, *args)
        self._watch.begin(desk.job)
        # Called after the callback that brings the result, so that the clock stands until the result is there.
        desk.job.add_done_callback(self._is_done)
        return future

    def set_default_executor(self, executor: Any) -> None:
        """Let this `ThreadPoolExecutor` run what names none; see `asyncio.loop.set_default_executor`."""
        super().set_default_executor(executor)
        self._pool = executor

    async def shutdown_default_executor(self, *args: Any, **more: Any) -> None:
        """Join the threads of the default executor, while the clock stands; takes what Python's own does."""
        joining = object()
        self._watch.begin(joining)
        try:
            await super().shutdown_default_executor(*args, **more)
        finally:
            self._watch.end(joining)

    def _default_pool(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        assert self._pool is not None
        return self._pool

    def _is_done(self, job: Future[Any]) -> None:
        """In the thread that did it."""
        with suppress(RuntimeError):  # the loop has been closed: its clock is of no matter any more
            self.call_soon_threadsafe(self._watch.end, job)

    def _answer(self, thread: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        with self._watch.answering(thread):
            callback(*args)

    async def _hold_for_anyio(self) -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()  # of this loop; only a task may ask
        self._watch.count_also(lambda: int(limiter.borrowed_tokens))


class _Desk(Executor):
    """Hands one call to an executor and keeps the job, which goes on though asyncio's future of it is cancelled."""

    job: Future[Any]

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        self.job = self._executor.submit(fn, *args, **kwargs)
        return self.job


class _JumpingSelector(selectors.DefaultSelector):
    """Looks for ready sockets without waiting, and moves the loop's clock where it would have waited."""

    def __init__(self, loop: VirtualTimeLoop, watch: ThreadWatch, patience: float) -> None:
        super().__init__()
        self._loop = loop
        self._watch = watch
        self._patience = patience

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events:
            return events
        if timeout is None:
            return self._select_for_want_of_timers()
        if timeout > 0 and self._watch.holds_the_clock():
            events = self._select_while(self._watch.holds_the_clock)
            if events:
                return events
            self._watch.give_up()
        self._loop.jump(max(timeout, 0))
        return events

    def _select_for_want_of_timers(self) -> list[tuple[selectors.SelectorKey, int]]:
        events = self._select_while(lambda: True)
        if not events and not self._watch.is_anybody_at_work():
            raise StalledError(
                f"everything waits, nothing is scheduled, and for {self._patience:g} s of real time nobody called: "
                f"on virtual time this would wait for ever. Waiting: {waiting_tasks(self._loop)}"
            )
        return events  # none while somebody is still at work: nothing else can happen before he is done

    def _select_while(self, is_worth_it: Callable[[], bool]) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for real, at most as long as patience lasts; a thread may end its work without a word."""
        left, pause = self._patience, _SHORTEST
        while left > 0 and is_worth_it():
            events = super().select(min(pause, left))
            if events:
                return events
            left, pause = left - pause, min(2 * pause, _LONGEST)
        return []
