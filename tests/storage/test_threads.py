"""Work in a thread is waited for, however its caller is cancelled."""

from __future__ import annotations

import asyncio
import threading

import anyio
import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.storage._threads import run_to_end


class Work:
    """A piece of blocking work that a test lets finish when it wants to."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.finished = False
        self._loop = asyncio.get_running_loop()
        self._gate = threading.Event()

    def __call__(self) -> str:
        self._loop.call_soon_threadsafe(self.started.set)
        assert self._gate.wait(10)
        self.finished = True
        return "done"

    def let_finish(self) -> None:
        self._gate.set()


async def turn_the_loop() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_cancelled_caller_waits_for_its_thread() -> None:
    """Cancelled once or twice by asyncio, the caller is told only after the work is over."""
    work = Work()
    task = asyncio.create_task(run_to_end(work))
    await work.started.wait()

    for _ in range(2):
        task.cancel()
        await turn_the_loop()
        assert not task.done()
    work.let_finish()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.finished


async def test_a_cancelled_scope_waits_for_its_thread() -> None:
    """Cancelled by a scope of anyio, the caller gets the result of the work, and the cancellation after it."""
    work = Work()
    results = []

    async def call() -> None:
        results.append(await run_to_end(work))
        await anyio.lowlevel.checkpoint()
        results.append("not reached")

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await work.started.wait()
        group.cancel_scope.cancel()
        asyncio.get_running_loop().call_soon(work.let_finish)

    assert results == ["done"]


async def test_a_deadline_is_kept_after_the_thread_is_done() -> None:
    """asyncio.timeout still ends in a TimeoutError."""
    work = Work()

    async def call() -> None:
        async with asyncio.timeout(None) as timeout:
            started = asyncio.ensure_future(work.started.wait())
            started.add_done_callback(lambda _: timeout.reschedule(0))
            started.add_done_callback(lambda _: work.let_finish())
            await run_to_end(work)

    with pytest.raises(TimeoutError):
        await call()
    assert work.finished


async def test_the_error_of_the_work_is_the_callers() -> None:
    """What the work raises comes out as itself, not in a group."""

    def fail() -> None:
        raise StorageError("no room")

    with pytest.raises(StorageError, match="no room"):
        await run_to_end(fail)
