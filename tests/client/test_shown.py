"""What a client shows of itself while it works."""

from __future__ import annotations

import asyncio

from nanobanana_async.testing import Emulator


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
