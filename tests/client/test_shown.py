"""What a client shows of itself while it works."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import OutOfCreditsError, Rate
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.events import RunStopped
from nanobanana_async.testing import Emulator, Latency


async def test_a_client_in_a_cooldown_says_for_how_long() -> None:
    """And which limit it has learned to keep."""
    emulator = Emulator()

    async with emulator.client() as client:
        for n in range(10):
            await client.submit(f"banana {n}")
        emulator.faults.add("too-many,times=1,retry-after=40")
        last = asyncio.ensure_future(client.submit("one more"))
        await asyncio.sleep(1)
        closed, cooldown = repr(client), client.statistics().cooldown
        await last
        opened = repr(client)

    assert "1 queued | 10/10 of 20/10 | cooldown 39 s" in closed
    assert 38 < cooldown < 40
    assert "cooldown" not in opened


async def test_statistics_tell_what_was_learned() -> None:
    """Nothing at first; the limits that are kept instead, once refusals have taught them."""
    emulator = Emulator(EmulatorOptions(limit=Limit(10, per=10)))

    async with emulator.client(rate=Rate(20, per=10)) as client:
        before = client.statistics().learned
        await asyncio.gather(*(client.submit(f"banana {n}") for n in range(15)))
        after = client.statistics().learned

    assert before == ""
    assert after == "10/10 of 20/10"


async def test_a_stop_is_announced_once() -> None:
    """Twenty creates are refused for the same reason; asked anew, and refused anew, it is told anew."""
    stops: list[RunStopped] = []
    emulator = Emulator(EmulatorOptions(credits=4), latency=Latency(least=0.5))

    async with emulator.client(on_event=lambda e: stops.append(e) if isinstance(e, RunStopped) else None) as client:
        await client.generate("the last that can be paid for")
        outcomes = await client.generate_all(f"banana {n}" for n in range(60))
        first, creates = len(stops), len(emulator.ledger.creates)
        with pytest.raises(OutOfCreditsError):
            await client.generate("one more")

    assert {outcome.state for outcome in outcomes} == {"skipped"}
    assert creates > 10
    assert (first, len(stops)) == (1, 2)
