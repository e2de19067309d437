"""The right to a batch by its name: how long it is waited for, and what is said where it can't be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nanobanana_async.errors import BatchBusyError, UsageError
from nanobanana_async.journal._journal import HOLD_SECONDS

_PAUSE = 0.05
"""Seconds between two tries."""


async def taken_in_time(take: Callable[[], bool]) -> bool:
    """Whether `take` has succeeded within the time that a dying holder is given."""
    now = asyncio.get_running_loop().time
    until = now() + HOLD_SECONDS
    while not take():
        if now() >= until:
            return False
        await asyncio.sleep(_PAUSE)
    return True


def batch_busy(scope: str, holder: str) -> BatchBusyError:
    """The error for a batch that `holder` is at work on."""
    return BatchBusyError(f"the batch {scope!r} is at work already ({holder}); nothing was sent")


def refuse_second_opening(loop: asyncio.AbstractEventLoop | None) -> None:
    """Raises: UsageError where the journal is open on `loop`, and that still lives."""
    if loop is not None and not loop.is_closed():
        raise UsageError(
            "the journal is open already, for another client",
            remedy="Give each client a journal of its own; several may be of one file.",
        )
