"""The error of a loop that waits for ever says who waits, and where."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async.testing import StalledError, VirtualTimeLoop


async def waits_for_nothing() -> None:
    await asyncio.Event().wait()


def stalled(users: int) -> str:
    """What is said of so many tasks that wait, and of the one that waits for them."""

    async def main() -> None:
        await asyncio.gather(
            *(asyncio.create_task(waits_for_nothing(), name=f"user {number}") for number in range(users))
        )

    with (
        pytest.raises(StalledError) as raised,
        asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(patience=0.01)) as runner,
    ):
        runner.run(main())
    return str(raised.value)


def test_a_stalled_loop_names_its_tasks() -> None:
    """By name, with the coroutine and the line it stands at."""
    line = waits_for_nothing.__code__.co_firstlineno + 1

    said = stalled(users=2)

    assert f"user 0 (waits_for_nothing at test_waiting.py:{line}), user 1 (waits_for_nothing at" in said
    assert "stalled.<locals>.main at test_waiting.py:" in said
    assert " more" not in said


def test_no_more_than_ten_are_named() -> None:
    """The rest are counted."""
    said = stalled(users=30)

    assert said.count(" at test_waiting.py:") == 10
    assert said.endswith(", and 21 more")


def test_a_loop_without_tasks_says_so() -> None:
    """Somebody waits for a future that belongs to nobody."""
    loop = VirtualTimeLoop(patience=0.01)
    try:
        loop.run_until_complete(asyncio.sleep(0))
        with pytest.raises(StalledError, match="Waiting: no task, only the loop itself"):
            loop.run_until_complete(loop.create_future())
    finally:
        loop.close()
