"""A batch that is asked to end well: nothing more is sent, and what is paid for comes out."""

from __future__ import annotations

from collections import Counter

from nanobanana_async.testing import Emulator


async def test_what_is_on_its_way_is_finished_and_the_rest_is_skipped() -> None:
    """One outcome for each item; nothing is sent after that."""
    emulator = Emulator()

    async with emulator.client() as client, client.batch(f"banana {n}" for n in range(100)) as batch:
        states = Counter[str]()
        async for outcome in batch:
            states[outcome.state] += 1
            if states.total() == 1:
                sent = len(emulator.ledger.creates)
                batch.stop_sending()

    assert states.total() == 100
    assert states["succeeded"] == len(emulator.ledger.accepted)
    assert states["skipped"] == 100 - states["succeeded"]
    assert len(emulator.ledger.creates) <= sent + 1


async def test_another_batch_goes_on() -> None:
    """Only the one that was asked stops."""
    emulator = Emulator()

    async with (
        emulator.client() as client,
        client.batch(f"a {n}" for n in range(50)) as first,
        client.batch(["b 1", "b 2"]) as second,
    ):
        first.stop_sending()
        ended = [outcome.state async for outcome in first]
        others = [outcome.state async for outcome in second]

    assert set(ended) <= {"succeeded", "skipped"}
    assert others == ["succeeded", "succeeded"]
