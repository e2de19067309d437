"""An event loop on virtual time: where it would sleep, it moves the clock.

Hours pass in milliseconds, and what depends on time alone happens in the same order every time.

Theory of operation
===================
1. A loop sleeps in one place only: its selector, which waits for sockets at most until the next timer. The selector
   here looks whether a socket is ready and, if none is, moves the clock to that timer instead of waiting.
2. So time moves only while every task waits, and by no more than the nearest timer asks for; but for the least step
   that a float can make at each turn of the loop, because asyncio runs a timer only when its moment has passed.
3. What is done in a worker thread takes no virtual time: while one is at work the clock stands. The loop knows of its
   own executors (`asyncio.to_thread`) and of anyio's default limiter (`anyio.to_thread.run_sync`); for other threads,
   say `hold_while`.
4. A real socket is a trap: an answer still on its way on loopback is jumped over, and a deadline of a minute has
   passed before it comes. Tests with real sockets, processes or threads of their own belong on the wall clock.
5. Where nothing is scheduled and nobody is at work, nothing will ever happen. After `patience` real seconds, for
   threads that nobody told of, that is a `StalledError` rather than a test that hangs.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

import anyio.to_thread

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = 1_000.0
"""The loop's clock at its start, in seconds; not 0, which code may take for "never"."""

EPOCH = 1_767_225_600.0
"""What the time of day was when the loop's clock stood at 0: the first second of 2026, UTC."""

PATIENCE = 30.0


class StalledError(RuntimeError):
    """Everything waits, and nothing that is known of will ever end the wait."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose time passes only when everything waits.

    ``asyncio.Runner(loop_factory=VirtualTimeLoop)`` runs on it; with `nanobanana_async.testing.plugin`, tests do.

    Args:
        patience: real seconds to wait for what the loop doesn't know of, before it moves on, or raises `StalledError`
            where there is nothing to move on to.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._virtual_now = START
        self._busy: list[Callable[[], bool]] = []
        self._in_executor = 0
        self._knows_anyio = False
        super().__init__(_JumpingSelector(self, patience))

    def time(self) -> float:
        """The virtual time in seconds; it begins at 1 000."""
        return self._virtual_now

    def time_of_day(self) -> float:
        """The virtual time in seconds since the epoch: a loop begins on 2026-01-01, at 00:16:40 UTC."""
        return EPOCH + self._virtual_now

    def advance(self, seconds: float) -> None:
        """Move the clock on at once, as a loop sees it that was blocked for so long. Who wants time to pass sleeps.

        Raises:
            ValueError: `seconds` is negative or no number: time does not run backwards.
        """
        if not seconds >= 0:
            raise ValueError(f"time does not run backwards: advance({seconds!r})")
        self._virtual_now = math.nextafter(self._virtual_now + seconds, math.inf)

    def hold_while(self, is_busy: Callable[[], bool]) -> None:
        """Let the clock stand for as long as `is_busy()` is true: work goes on that the loop can't see."""
        self._busy.append(is_busy)

    def is_held(self) -> bool:
        """Whether somebody is at work in a thread, so that the clock has to stand."""
        return self._in_executor > 0 or any(is_busy() for is_busy in self._busy)

    def run_forever(self) -> None:
        """Run until `stop`; see `asyncio.loop.run_forever`."""
        if not self._knows_anyio:
            self._knows_anyio = True
            self.create_task(self._hold_for_anyio(), name="virtual time meets anyio")
        super().run_forever()

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run `func` in a thread, while the clock stands; see `asyncio.loop.run_in_executor`."""
        future = super().run_in_executor(executor, func, *args)
        self._in_executor += 1
        future.add_done_callback(self._back_from_executor)
        return future

    def _back_from_executor(self, _: object) -> None:
        self._in_executor -= 1

    async def _hold_for_anyio(self) -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()  # of this loop; only a task may ask
        self.hold_while(lambda: limiter.borrowed_tokens > 0)


class _JumpingSelector(selectors.DefaultSelector):
    """Looks for ready sockets without waiting, and moves the loop's clock where it would have waited."""

    def __init__(self, loop: VirtualTimeLoop, patience: float) -> None:
        super().__init__()
        self._loop = loop
        self._patience = patience

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events:
            return events
        if timeout is not None and timeout <= 0:
            self._loop.advance(0)
            return events
        if timeout is None or self._loop.is_held():
            events = super().select(self._patience)
        if events:
            return events
        if timeout is None and self._loop.is_held():
            return events  # somebody is still at work, and nothing else can happen before he is done
        if timeout is None:
            raise StalledError(
                f"everything waits, nothing is scheduled, and for {self._patience:g} s of real time nobody called: "
                "on virtual time this would wait for ever"
            )
        self._loop.advance(timeout)
        return events
