"""Blocking work in a worker thread that is always waited for, so that what comes after it has the files to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
from anyio.to_thread import run_sync

from nanobanana_async.errors import NanoBananaError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def run_to_end(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """What `function(*args)` returns or raises, run in a thread.

    A caller that is cancelled meanwhile sees the cancellation only after the thread is done: else its cleanup would
    race with a write that still goes on. anyio's shield alone holds back the cancellation of a scope, not that of
    asyncio itself (`Task.cancel`, `asyncio.timeout`); a task of its own under a group is waited for in both cases.
    """
    outcome: list[T] = []
    failure: list[OSError | NanoBananaError] = []

    async def work() -> None:
        with anyio.CancelScope(shield=True):
            try:
                outcome.append(await run_sync(function, *args))
            except (OSError, NanoBananaError) as error:  # anything else is a bug, and may come as a group
                failure.append(error)

    with anyio.CancelScope(shield=True):
        async with anyio.create_task_group() as group:
            group.start_soon(work)
    if failure:
        raise failure[0]
    return outcome[0]
