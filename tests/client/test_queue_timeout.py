"""A caller who would not wait long for his turn: told at once where that is known, and nothing is sent for him."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import ConfigurationError, QueueFullError
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.testing import Emulator


async def test_a_full_window_is_told_before_anything_is_sent() -> None:
    """Twenty have gone; the next turn is a window away, and the error says how long."""
    emulator = Emulator()
    loop = asyncio.get_running_loop()

    async with emulator.client() as client:
        await asyncio.gather(*(client.submit(f"banana {n}") for n in range(20)))
        began = loop.time()
        with pytest.raises(QueueFullError) as caught:
            await client.generate("one too many", queue_timeout=5)
        took = loop.time() - began

    assert took < 0.1
    assert 9 < caught.value.expected_wait <= 10
    assert (caught.value.charged, caught.value.retryable, caught.value.reason) == ("no", True, "busy")
    assert len(emulator.ledger.creates) == 20


async def test_what_is_expected_comes_true() -> None:
    """A patient caller is sent when it was said that he would be: ahead of him stand fifty others."""
    emulator = Emulator()
    loop = asyncio.get_running_loop()

    async with emulator.client() as client:
        others = [asyncio.ensure_future(client.submit(f"banana {n}")) for n in range(70)]
        await asyncio.sleep(1)
        with pytest.raises(QueueFullError) as caught:
            await client.submit("impatient", queue_timeout=1)
        began = loop.time()
        await client.submit("patient", queue_timeout=60)
        took = loop.time() - began
        await asyncio.gather(*others)

    assert took == pytest.approx(caught.value.expected_wait, abs=1)


async def test_whoever_can_be_sent_at_once_is() -> None:
    """`queue_timeout=0` means now or not at all; the time of the picture itself is another matter."""
    emulator = Emulator()

    async with emulator.client() as client:
        result = await client.generate("a banana", queue_timeout=0)

    assert result.image


async def test_a_turn_that_comes_later_than_was_expected_is_given_up_in_time() -> None:
    """The gate was closed meanwhile: after his patience he is told, and never sent after all."""
    emulator = Emulator()
    loop = asyncio.get_running_loop()

    async with emulator.client() as client:
        await client.generate("a first banana")
        emulator.faults.add("too-many,retry-after=100")
        first = asyncio.ensure_future(client.submit("refused"))
        await asyncio.sleep(0)
        began = loop.time()
        with pytest.raises(QueueFullError):
            await client.submit("behind it", queue_timeout=20)
        took = loop.time() - began
        emulator.faults.clear()
        await first
        await asyncio.sleep(600)

    assert took <= 20.1
    assert len(emulator.ledger.accepted) == 2


async def test_tasks_that_have_to_end_first_are_waited_for_too() -> None:
    """Not the rate but the slots are full: the wait is of the order of a task's time."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    async with emulator.client(in_flight=5) as client:
        await asyncio.gather(*(client.submit(f"banana {n}") for n in range(5)))
        with pytest.raises(QueueFullError) as caught:
            await client.submit("one too many", queue_timeout=1)

    assert 1 < caught.value.expected_wait < 60


@pytest.mark.parametrize("nonsense", [-1, float("nan")])
async def test_a_wait_that_is_no_time_is_refused(nonsense: float) -> None:
    """With its value, and what to do."""
    async with Emulator().client() as client:
        with pytest.raises(ConfigurationError, match="queue_timeout"):
            await client.generate("a banana", queue_timeout=nonsense)
