"""Takes callbacks to their receivers: the one coroutine of the emulator that waits for something to fall due.

It is the only bridge between the callbacks, which know no waiting, and an event loop. On a loop of virtual time it
works as on any other, as long as the world's clock follows the loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

from nanobanana_async.emulator._callbacks import Delivery
from nanobanana_async.emulator._world import World

Post: TypeAlias = Callable[[Delivery], Awaitable[int | None]]
"""Carries one callback and returns the status of the answer; None where none came."""

_AT_ONCE = 16
_SHORTEST = 0.001  # a step that moves a clock of seconds since the epoch: less is lost in rounding, and the loop spins


async def deliver_callbacks(world: World, post: Post, *, at_once: int = _AT_ONCE) -> NoReturn:
    """Hand each callback to `post` when it falls due, and book its answer; goes on until it is cancelled.

    A callback that was on its way when this is cancelled counts as never answered: with a `state_dir` the next
    emulator sends it again. Serve the world on the same loop, for that is how this learns of new ones.

    Args:
        world: Whose callbacks.
        post: What carries them. An exception of it ends this coroutine.
        at_once: So many are on their way at most.
    """
    callbacks, free, earlier = world.callbacks, asyncio.Semaphore(at_once), asyncio.Event()

    async def carry(delivery: Delivery) -> None:
        try:
            status = await post(delivery)
        finally:
            free.release()
        callbacks.answered(delivery, status, world.clock())

    callbacks.on_earlier = earlier.set
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                earlier.clear()
                for delivery in callbacks.take_due(world.clock()):
                    await free.acquire()
                    group.create_task(carry(delivery))
                await _due_or_called(callbacks.next_at(), world.clock, earlier)
    finally:
        callbacks.on_earlier = None


async def _due_or_called(moment: float | None, clock: Callable[[], float], earlier: asyncio.Event) -> None:
    """Sleep until the moment, or until something is due before it."""
    if moment is None:
        await earlier.wait()
        return
    wait = max(moment - clock(), _SHORTEST)
    timer = asyncio.get_running_loop().call_later(wait, earlier.set)
    try:
        await earlier.wait()
    finally:
        timer.cancel()
