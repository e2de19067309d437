"""A task, watched from its acceptance to its end."""

from __future__ import annotations

import asyncio
import gc

import pytest

from nanobanana_async import StillRunningError, TaskState
from nanobanana_async.testing import Emulator


async def test_each_state_is_told_once() -> None:
    """Waiting, queued, generating, success: in that order, whatever the number of looks."""
    emulator = Emulator(faults=["all-states"])

    async with emulator.client() as client:
        task = await client.submit("a banana")
        states = [seen.state async for seen in client.watch(task)]
        elsewhere = [seen.state async for seen in client.watch(task.id)]

    assert states[-1] is TaskState.SUCCESS
    assert len(set(states)) == len(states)
    assert elsewhere == [TaskState.SUCCESS]


async def test_a_failure_is_a_state() -> None:
    """It is told, not raised."""
    emulator = Emulator(faults=["fail,kind=policy"])

    async with emulator.client() as client:
        task = await client.submit("a banana")
        states = [seen.state async for seen in client.watch(task)]

    assert states[-1] is TaskState.FAIL


async def test_a_task_that_does_not_end_is_still_running() -> None:
    """After the time that was given; the task lives on, and can be watched again."""
    emulator = Emulator(faults=["stuck,times=1"])

    async with emulator.client() as client:
        task = await client.submit("a banana")
        with pytest.raises(StillRunningError) as caught:
            async for _ in client.watch(task, timeout=120):
                pass

    assert caught.value.task_id == task.id


async def test_whoever_stops_watching_disturbs_nobody() -> None:
    """The task goes on, another waits for it, and no look is made more than for him alone."""
    emulator = Emulator()

    async with emulator.client() as client:
        task = await client.submit("a banana")
        waiting = asyncio.ensure_future(client.wait(task))
        async for _ in client.watch(task):
            break
        result = await waiting
        awaited = client.statistics().awaited

    assert result.image
    assert awaited == 0


async def test_whoever_stops_after_the_time_is_up_leaves_nothing_behind() -> None:
    """The error that was meant for him is nobody's any more, and asyncio has nothing to complain of."""
    emulator = Emulator(faults=["stuck"])
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))

    async with emulator.client() as client:
        task = await client.submit("a banana")
        watching = client.watch(task, timeout=60)
        async for _ in watching:
            await asyncio.sleep(120)
            break
        await watching.aclose()  # type: ignore[attr-defined]  # it is a generator
        del watching
        gc.collect()
        await asyncio.sleep(1)

    assert complaints == []
