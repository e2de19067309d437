"""The running tasks of a client: started from anywhere on its loop, owned by nobody's cancel scope, ended together.

A client may be opened by one task and closed by another (pytest-asyncio fixtures, an application's lifespan), so its
work can't live in a scope of the caller's. It must never lose a task to the garbage collector, nor an exception to
silence.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Coroutine
from typing import Any

import attrs

logger = logging.getLogger("nanobanana_async")


@attrs.define(eq=False)
class Crew:
    """A set of tasks on one loop, all in the context the client was started in."""

    loop: asyncio.AbstractEventLoop
    _context: contextvars.Context = attrs.field(factory=contextvars.copy_context, init=False)
    _tasks: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `work`; an exception that escapes it is logged."""
        task = self.loop.create_task(work, context=self._context)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a worker of nanobanana_async broke: please report this", exc_info=error)

    def __len__(self) -> int:
        return len(self._tasks)

    async def aclose(self) -> None:
        """Cancel whatever still runs and wait until it has ended."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
