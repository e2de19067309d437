"""Threads beside a loop on virtual time: the clock stands while they work, and goes on while they wait for the loop."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import pytest

from nanobanana_async.testing import VirtualTimeLoop
from tests.testing.test_virtual_time import on_virtual_time

PATIENCE = 60.0
"""Seconds that no test here may spend: a clock that waits for a thread in vain is told by real time, with room."""


def soon(event: threading.Event) -> None:
    """Set `event` from a thread that no loop knows of, a little later."""
    threading.Timer(0.05, event.set).start()


def ask_by_asyncio(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    asyncio.run_coroutine_threadsafe(asyncio.sleep(seconds), loop).result()


def ask_by_anyio(_: asyncio.AbstractEventLoop, seconds: float) -> None:
    anyio.from_thread.run(anyio.sleep, seconds)


@pytest.mark.parametrize(
    ("run", "ask"),
    [
        (asyncio.to_thread, ask_by_asyncio),
        (anyio.to_thread.run_sync, ask_by_asyncio),
        (anyio.to_thread.run_sync, ask_by_anyio),
    ],
    ids=["asyncio", "asyncio-in-anyio", "anyio"],
)
def test_a_thread_that_asks_the_loop_waits_for_it(
    run: Callable[..., Awaitable[None]], ask: Callable[..., None]
) -> None:
    """An hour of virtual time passes for it at once: no real second is waited for a thread that waits itself."""
    began = time.monotonic()

    async def main(loop: VirtualTimeLoop) -> float:
        def ask_often() -> None:
            for _ in range(60):
                ask(loop, 60.0)

        await run(ask_often)
        return loop.time()

    took = on_virtual_time(main, patience=PATIENCE)

    assert took == pytest.approx(1000 + 3600)
    assert time.monotonic() - began < PATIENCE


def test_the_clock_stands_again_when_the_thread_has_its_answer() -> None:
    """What it does between two questions takes no time."""
    go_on = threading.Event()

    async def main(loop: VirtualTimeLoop) -> list[float]:
        moments: list[float] = []

        def work() -> None:
            ask_by_asyncio(loop, 5)
            moments.append(loop.time())
            go_on.wait()
            moments.append(loop.time())

        soon(go_on)
        background = asyncio.create_task(asyncio.sleep(1000))
        await asyncio.to_thread(work)
        background.cancel()
        return moments

    first, second = on_virtual_time(main, patience=PATIENCE)

    assert first == pytest.approx(1005)
    assert second - first < 1


def test_one_who_waits_for_the_loop_does_not_speak_for_one_who_works() -> None:
    """The clock stands while more threads are at work than wait."""
    release = threading.Event()

    async def main(loop: VirtualTimeLoop) -> float:
        asking = asyncio.create_task(asyncio.to_thread(ask_by_asyncio, loop, 100))
        soon(release)
        async with asyncio.timeout(1):
            await asyncio.to_thread(release.wait)
        at = loop.time()
        await asking
        return at

    assert on_virtual_time(main, patience=PATIENCE) < 1001


def test_a_thread_whose_result_nobody_wants_still_holds_the_clock() -> None:
    """Its future is cancelled, its work goes on."""
    began_work, release, done = threading.Event(), threading.Event(), []

    def work() -> None:
        began_work.set()
        release.wait()
        done.append(True)

    async def main(_: VirtualTimeLoop) -> list[bool]:
        task = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.to_thread(began_work.wait)
        task.cancel()
        soon(release)
        await asyncio.sleep(100)
        return list(done)

    assert on_virtual_time(main, patience=PATIENCE) == [True]


def test_a_job_that_never_began_holds_nothing() -> None:
    """Cancelled in the queue of its executor, it is no thread's work."""
    release = threading.Event()
    began = time.monotonic()

    async def main(loop: VirtualTimeLoop) -> None:
        with ThreadPoolExecutor(1) as pool:
            first = loop.run_in_executor(pool, release.wait)
            queued = loop.run_in_executor(pool, time.sleep, 2 * PATIENCE)
            queued.cancel()
            await asyncio.wait((queued,))  # the executor has heard of it
            release.set()
            await first
            await asyncio.sleep(3600)

    on_virtual_time(main, patience=PATIENCE)

    assert time.monotonic() - began < PATIENCE


class SlowToEnd(ThreadPoolExecutor):
    """Its threads are joined when told."""

    def __init__(self) -> None:
        super().__init__(1)
        self.may_end = threading.Event()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.may_end.wait()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def test_the_clock_stands_while_the_default_executor_is_joined() -> None:
    """Python 3.12 gives it five minutes of the loop's time, and warns when they have passed."""
    pool = SlowToEnd()

    async def main(loop: VirtualTimeLoop) -> float:
        loop.set_default_executor(pool)
        await asyncio.to_thread(int)
        soon(pool.may_end)
        async with asyncio.timeout(1):
            await loop.shutdown_default_executor()
        return loop.time()

    assert on_virtual_time(main, patience=PATIENCE) < 1001


def test_an_executor_that_was_shut_down_takes_nothing() -> None:
    """As on any loop."""

    async def main(loop: VirtualTimeLoop) -> None:
        await asyncio.to_thread(int)
        await loop.shutdown_default_executor()
        await asyncio.to_thread(int)

    with pytest.raises(RuntimeError, match="shutdown"):
        on_virtual_time(main)


def test_a_thread_that_waits_for_something_else_is_waited_for_once() -> None:
    """A worker that sits at an empty queue can't be told from one that works: it costs `patience`, one time only."""
    patience, timers = 0.5, 200
    items: queue.Queue[int] = queue.Queue()
    began = time.monotonic()

    async def main(_: VirtualTimeLoop) -> int:
        worker = asyncio.create_task(asyncio.to_thread(items.get))
        for _timer in range(timers):
            await asyncio.sleep(60)
        items.put(7)
        return await worker

    assert on_virtual_time(main, patience=patience) == 7
    assert time.monotonic() - began < timers * patience / 2


def test_giving_up_one_thread_is_not_giving_up_the_next() -> None:
    """Beside a worker that sits at a queue, one that works still holds the clock."""
    items: queue.Queue[int] = queue.Queue()
    release = threading.Event()

    async def main(loop: VirtualTimeLoop) -> bool:
        idle = asyncio.create_task(asyncio.to_thread(items.get))
        await asyncio.sleep(60)
        working = asyncio.create_task(asyncio.to_thread(release.wait))
        await asyncio.sleep(0)
        is_held = loop.is_held()
        release.set()
        await working
        items.put(7)
        await idle
        return is_held and not loop.is_held()

    assert on_virtual_time(main, patience=0.05)


def test_a_thread_of_ones_own_may_end_without_a_word() -> None:
    """The loop looks again and again whether `hold_while` still holds, and waits no longer than that."""
    began = time.monotonic()

    async def main(loop: VirtualTimeLoop) -> None:
        release = threading.Event()
        worker = threading.Thread(target=release.wait)
        worker.start()
        loop.hold_while(worker.is_alive)
        soon(release)
        await asyncio.sleep(3600)
        assert not worker.is_alive()

    on_virtual_time(main, patience=PATIENCE)

    assert time.monotonic() - began < PATIENCE


def test_a_thread_that_outlives_its_loop_does_no_harm() -> None:
    """Its result comes to nobody, and nothing is said of it in a thread where nobody would catch it."""
    release = threading.Event()
    pool = ThreadPoolExecutor(1)
    jobs: list[Any] = []

    async def main(loop: VirtualTimeLoop) -> None:
        jobs.append(loop.run_in_executor(pool, release.wait))
        await asyncio.sleep(0)

    on_virtual_time(main, patience=PATIENCE)
    release.set()
    pool.shutdown()

    assert not jobs[0].done()
