"""Work that takes a processor some time, such as to take a large answer apart: in threads, and few of them at once.

Python lets one thread run at a time. Each that wants to makes the loop wait 5 ms for its own turn, so that forty, as
many as there may be by default, would make it wait for a fifth of a second; and each holds its megabytes meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
import attrs

MUCH = 256 * 1024
"""Bytes of an answer, or of an image, from which on it is taken apart or together in a thread."""
AT_ONCE = 2

T = TypeVar("T")


@attrs.frozen(eq=False)
class Heavy:
    """Where such work waits for its turn. Who is cancelled does not wait for what has begun."""

    _turns: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(AT_ONCE), init=False)

    async def in_a_thread(self, work: Callable[..., T], *given: object) -> T:
        """What `work` gives."""
        async with self._turns:
            return await anyio.to_thread.run_sync(work, *given)

    async def in_a_thread_if(self, is_much: bool, work: Callable[..., T], *given: object) -> T:  # noqa: FBT001  it reads as said
        """What `work` gives, which for much takes too long for the loop."""
        return await self.in_a_thread(work, *given) if is_much else work(*given)
