"""The loop whose clock moves only when everything waits."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.testing import StalledError, VirtualTimeLoop

T = TypeVar("T")

TEN_YEARS = 10 * 365 * 86_400.0


def on_virtual_time(main: Callable[[VirtualTimeLoop], Awaitable[T]], *, patience: float = 30.0) -> T:
    """What `main` returns, on a loop of its own."""

    async def begin() -> T:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        return await main(loop)

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(patience=patience)) as runner:
        return runner.run(begin())


def test_a_sleep_takes_the_time_it_says_and_no_time_at_all() -> None:
    """Ten years by the loop's clock; the test would not come back if they were real."""

    async def main(loop: VirtualTimeLoop) -> float:
        began = loop.time()
        await asyncio.sleep(TEN_YEARS)
        return loop.time() - began

    assert on_virtual_time(main) == pytest.approx(TEN_YEARS)


@given(st.lists(st.integers(min_value=0, max_value=1_000_000_000), max_size=12))
def test_timers_go_off_in_their_order_and_at_their_time(milliseconds: list[int]) -> None:
    """Whatever the delays, up to a week and a half: nobody wakes before his time, nobody out of turn."""
    delays = [delay / 1000 for delay in milliseconds]

    async def main(loop: VirtualTimeLoop) -> list[tuple[float, float]]:
        began, woken = loop.time(), []

        async def sleeper(delay: float) -> None:
            await asyncio.sleep(delay)
            woken.append((delay, loop.time() - began))

        await asyncio.gather(*(sleeper(delay) for delay in delays))
        return woken

    woken = on_virtual_time(main)

    assert [delay for delay, _ in woken] == sorted(delays)
    assert all(at == pytest.approx(delay, abs=1e-6) for delay, at in woken)


def test_time_stands_while_somebody_can_go_on() -> None:
    """A task that only yields never lets the clock move."""

    async def main(loop: VirtualTimeLoop) -> float:
        began = loop.time()
        loop.call_later(1e-9, lambda: None)
        for _ in range(100):
            await asyncio.sleep(0)
        return loop.time() - began

    assert on_virtual_time(main) < 1e-6


def test_time_of_day_goes_with_the_clock() -> None:
    """Two loops begin on the same day, and an hour is an hour."""

    async def main(loop: VirtualTimeLoop) -> tuple[float, float]:
        began = loop.time_of_day()
        await asyncio.sleep(3600)
        return began, loop.time_of_day() - began

    first, second = on_virtual_time(main), on_virtual_time(main)

    assert first == second
    assert first[1] == pytest.approx(3600)


@pytest.mark.parametrize("run", [asyncio.to_thread, anyio.to_thread.run_sync], ids=["asyncio", "anyio"])
def test_the_clock_stands_while_a_thread_is_at_work(run: Callable[..., Awaitable[None]]) -> None:
    """A deadline of a second of virtual time does not pass while a thread works for real."""
    release = threading.Event()

    async def main(loop: VirtualTimeLoop) -> float:
        began = loop.time()
        threading.Timer(0.05, release.set).start()
        async with asyncio.timeout(1):
            await run(release.wait)
        return loop.time() - began

    assert on_virtual_time(main) < 1


def test_a_thread_of_ones_own_holds_the_clock_by_saying_so() -> None:
    """`hold_while` is for the threads that the loop can't know of."""

    async def main(loop: VirtualTimeLoop) -> float:
        began, done = loop.time(), asyncio.Event()
        worker = threading.Timer(0.05, loop.call_soon_threadsafe, [done.set])
        worker.start()
        loop.hold_while(worker.is_alive)
        async with asyncio.timeout(1):
            await done.wait()
        return loop.time() - began

    assert on_virtual_time(main) < 1


def test_a_thread_that_waits_for_the_loop_does_not_stop_it_for_ever() -> None:
    """A worker that asks the loop to sleep holds the very clock it waits for; after `patience` time goes on."""

    async def main(_: VirtualTimeLoop) -> str:
        await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(asyncio.sleep, 60))
        return "done"

    assert on_virtual_time(main, patience=0.05) == "done"


def test_a_wait_that_nothing_can_end_is_told() -> None:
    """No timer, no thread: an error that says so, and the loop's tasks are ended in order."""
    cleaned: list[bool] = []

    async def main(_: VirtualTimeLoop) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    with pytest.raises(StalledError, match="wait for ever"):
        on_virtual_time(main, patience=0.02)
    assert cleaned == [True]


@pytest.mark.parametrize("seconds", [math.inf, 1e10, 100.1 * 365.25 * 86_400])
@pytest.mark.parametrize("sleep", [asyncio.sleep, anyio.sleep], ids=["asyncio", "anyio"])
def test_who_sleeps_for_ever_does_not_keep_the_loop_awake(
    sleep: Callable[[float], Awaitable[None]], seconds: float
) -> None:
    """A timer past the end of the clock is none: beside it, a wait that nothing can end is still told."""
    times: list[float] = []

    async def main(loop: VirtualTimeLoop) -> None:
        background = asyncio.ensure_future(sleep(seconds))
        try:
            await asyncio.Event().wait()
        finally:
            times.append(loop.time())
            background.cancel()

    with pytest.raises(StalledError):
        on_virtual_time(main, patience=0.02)
    assert times == [pytest.approx(1000)]


def test_a_timer_that_never_comes_can_be_taken_back() -> None:
    """A time-out of for ever is left like any other, and a closed loop takes no timer at all."""

    async def main(loop: VirtualTimeLoop) -> str:
        async with asyncio.timeout(1e12):
            await asyncio.sleep(5)
        loop.call_later(math.inf, pytest.fail, "it came").cancel()
        await asyncio.sleep(TEN_YEARS)
        return "done"

    assert on_virtual_time(main) == "done"
    loop = VirtualTimeLoop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_at(math.inf, print)


def test_what_ticks_for_ever_stalls_at_the_end_of_the_clock() -> None:
    """A background job that wakes every month keeps a deadlock from being seen for a hundred years, and no longer."""

    async def tick() -> None:
        for _ in count():
            await asyncio.sleep(30 * 86_400)

    async def main(_: VirtualTimeLoop) -> None:
        ticking = asyncio.create_task(tick())
        await asyncio.Event().wait()
        ticking.cancel()

    with pytest.raises(StalledError):
        on_virtual_time(main, patience=0.02)


def test_a_thread_that_nobody_told_of_is_waited_for_where_nothing_else_is_left() -> None:
    """With no timer to jump to, a call from a foreign thread still arrives."""

    async def main(loop: VirtualTimeLoop) -> str:
        said: asyncio.Future[str] = loop.create_future()
        threading.Timer(0.05, loop.call_soon_threadsafe, [said.set_result, "hello"]).start()
        return await said

    assert on_virtual_time(main) == "hello"


def test_a_lag_is_made_by_moving_the_clock() -> None:
    """`advance` is what a loop sees that was blocked: timers that came due meanwhile go off late."""

    async def main(loop: VirtualTimeLoop) -> float:
        woken: list[float] = []
        began = loop.time()
        loop.call_later(1, lambda: woken.append(loop.time() - began))
        loop.advance(5)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return woken[0]

    assert on_virtual_time(main) == pytest.approx(5)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1.0, "backwards"), (math.nan, "backwards"), (math.inf, "past the end"), (1e308, "past the end")],
)
async def test_time_goes_forward_and_not_for_ever(seconds: float, words: str) -> None:
    """Neither back, nor by what is no number, nor past the hundred years that the clock has."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    before = loop.time()

    with pytest.raises(ValueError, match=words):
        loop.advance(seconds)
    assert loop.time() == before


def test_sockets_that_are_ready_go_before_the_clock() -> None:
    """What has arrived already is read before time moves on."""

    async def main(loop: VirtualTimeLoop) -> tuple[bytes, float]:
        began = loop.time()
        server = await asyncio.start_server(_hello, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        said = await reader.read()
        writer.close()
        server.close()
        return said, loop.time() - began

    said, took = on_virtual_time(main)

    assert said == b"hello"
    assert took < 1


async def _hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.close()


def test_real_time_is_not_spent() -> None:
    """A day of timers, one a second, is a matter of seconds at the most."""
    began = time.monotonic()

    async def main(_: VirtualTimeLoop) -> None:
        for _second in range(0, 86_400, 4):
            await asyncio.sleep(4)

    on_virtual_time(main)

    assert time.monotonic() - began < 3600
