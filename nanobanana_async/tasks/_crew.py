"""The running tasks of a client: started from anywhere on its loop, owned by nobody's cancel scope, ended together.

A client may be opened by one task and closed by another (pytest-asyncio fixtures, an application's lifespan), so its
work can't live in a scope of the caller's. It must never lose a task to the garbage collector, nor an exception to
silence.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import attrs

ROUNDS, PATIENCE = 5, 2.0
"""How often, and for how many seconds each, a close waits for code of the user's that doesn't end when cancelled."""

logger = logging.getLogger("nanobanana_async")


@attrs.define(eq=False)
class Crew:
    """A set of tasks on one loop, all in the context the client was started in."""

    loop: asyncio.AbstractEventLoop
    _context: contextvars.Context = attrs.field(factory=contextvars.copy_context, init=False)
    _tasks: dict[asyncio.Task[None], None] = attrs.field(factory=dict, init=False)

    def spawn(self, work: Coroutine[Any, Any, None], *, at_end: Callable[[], None] | None = None) -> asyncio.Task[None]:
        """Start `work`; an exception that escapes it is logged.

        `at_end` is called when it has ended in whatever way, also when it was cancelled before its first step: what
        `work` would do for that in a ``finally`` of its own, it would then never do.
        """
        task = self.loop.create_task(work, context=self._context)
        self._tasks[task] = None
        task.add_done_callback(partial(self._over, at_end))
        return task

    def _over(self, at_end: Callable[[], None] | None, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if at_end is not None:
            at_end()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a worker of nanobanana_async broke: please report this", exc_info=error)

    def __len__(self) -> int:
        return len(self._tasks)

    def cancel(self) -> None:
        """Cancel whatever still runs, but for the task that asks for it."""
        current = asyncio.current_task()
        for task in tuple(self._tasks):
            if task is not current:
                task.cancel()

    async def aclose(self) -> None:
        """Cancel whatever still runs and wait until all of it has ended."""
        for _ in range(ROUNDS):
            others = self._tasks.keys() - {asyncio.current_task()}
            if not others:
                return
            self.cancel()
            await asyncio.wait(others, timeout=PATIENCE)
        logger.error("%d tasks did not end when they were cancelled", len(self._tasks))
