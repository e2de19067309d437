"""The running tasks of a client: none lost, none silent, all ended together."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from nanobanana_async.tasks import Crew

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


async def test_what_escapes_a_worker_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It is a bug of ours, and must be seen."""
    crew = Crew(asyncio.get_running_loop())

    async def broken() -> None:
        raise ZeroDivisionError

    task = crew.spawn(broken())
    await asyncio.wait([task])
    await crew.aclose()

    assert "please report this" in caplog.text
    assert not len(crew)


async def test_workers_run_in_the_context_of_the_start() -> None:
    """Not in that of the request which happened to start them: no span, no user of it, leaks into another's work."""
    crew = Crew(asyncio.get_running_loop())
    seen = []

    async def look() -> None:
        seen.append(WHO.get())

    WHO.set("a request")
    await asyncio.wait([crew.spawn(look())])

    assert seen == ["nobody"]


async def test_all_are_ended_together() -> None:
    """Also those that have not begun."""
    crew = Crew(asyncio.get_running_loop())
    tasks = [crew.spawn(asyncio.sleep(3600)) for _ in range(3)]

    await crew.aclose()

    assert all(task.cancelled() for task in tasks)
