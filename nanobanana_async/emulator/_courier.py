"""Takes callbacks to their receivers: the one coroutine of the emulator that waits for something to fall due.

It is the only bridge between the callbacks, which know no waiting, and an event loop. On a loop of virtual time it
works as on any other, as long as the world's clock follows the loop's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias
from urllib.parse import urlsplit

from attrs import define, field

from nanobanana_async.emulator._callbacks import Delivery
from nanobanana_async.emulator._world import World

Post: TypeAlias = Callable[[Delivery], Awaitable[int | None]]
"""Carries one callback and returns the status of the answer; None where none came."""

_AT_ONCE = 16
_SHORTEST = 0.001  # a step that moves a clock of seconds since the epoch: less is lost in rounding, and the loop spins


async def deliver_callbacks(world: World, post: Post, *, at_once: int = _AT_ONCE) -> NoReturn:
    """Hand each callback to `post` when it falls due, and book its answer; goes on until it is cancelled.

    Each receiver (scheme, host and port) has a queue of its own, so that one that hangs holds up nobody else.
    A callback that was on its way when this is cancelled counts as never answered: with a `state_dir` the next
    emulator sends it again. Serve the world on the same loop, for that is how this learns of new ones.

    Args:
        world: Whose callbacks.
        post: What carries them. An exception of it ends this coroutine.
        at_once: So many are on their way to one receiver at most.

    Raises:
        RuntimeError: Somebody delivers the callbacks of this world already.
    """
    callbacks, earlier = world.callbacks, asyncio.Event()
    if callbacks.on_earlier is not None:
        raise RuntimeError(
            "the callbacks of this world are being delivered already, and each goes to one place only: end that "
            "courier first (an EmulatorServer delivers by itself, while it runs)"
        )
    callbacks.on_earlier = earlier.set
    try:
        async with asyncio.TaskGroup() as group:
            round_ = _Round(world, post, at_once, group)
            while True:
                earlier.clear()
                for delivery in callbacks.take_due(world.clock()):
                    round_.take(delivery)
                await _due_or_called(callbacks.next_at(), world.clock, earlier)
    finally:
        callbacks.on_earlier = None


@define(eq=False)
class _Lane:
    """What is due at one receiver and not yet on its way, and how many carry there."""

    waiting: deque[Delivery] = field(factory=deque)
    carriers: int = 0


@define(eq=False)
class _Round:
    """Carries each callback to its receiver: in the order in which they came, several at once."""

    _world: World
    _post: Post
    _at_once: int
    _group: asyncio.TaskGroup
    _lanes: dict[str, _Lane] = field(factory=dict, init=False)

    def take(self, delivery: Delivery) -> None:
        """Carry it as soon as its receiver has room for it."""
        lane = self._lanes.setdefault(_receiver(delivery.url), _Lane())
        lane.waiting.append(delivery)
        if lane.carriers < self._at_once:
            lane.carriers += 1
            self._group.create_task(self._carry(lane))

    async def _carry(self, lane: _Lane) -> None:
        callbacks, clock = self._world.callbacks, self._world.clock
        while lane.waiting:
            delivery = lane.waiting.popleft()
            status = await self._post(callbacks.sealed(delivery, clock()))
            callbacks.answered(delivery, status, clock())
        lane.carriers -= 1


def _receiver(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


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
