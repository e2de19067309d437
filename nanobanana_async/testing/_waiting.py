"""Which tasks of a loop wait, and where: for the words of an error that says that nothing will ever end the wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

_MOST = 10


def waiting_tasks(loop: asyncio.AbstractEventLoop) -> str:
    """The tasks of a loop that have not ended, the oldest names first, ten at most; each with the line it stands at."""
    tasks = sorted(asyncio.all_tasks(loop), key=lambda task: (len(task.get_name()), task.get_name()))
    said = [_said(task) for task in tasks[:_MOST]]
    more = [f"and {len(tasks) - _MOST} more"] if len(tasks) > _MOST else []
    return ", ".join([*said, *more]) or "no task, only the loop itself"


def _said(task: asyncio.Task[object]) -> str:
    coroutine = task.get_coro()
    name = getattr(coroutine, "__qualname__", None) or type(coroutine).__name__
    frames = task.get_stack(limit=1)
    place = f" at {Path(frames[0].f_code.co_filename).name}:{frames[0].f_lineno}" if frames else ""
    return f"{task.get_name()} ({name}{place})"
