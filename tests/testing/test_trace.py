"""The same seed, the same events, to the last digit: what a failing run did can be done again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.testing import Emulator, Latency, VirtualTimeLoop

FAULTS = ["too-many,probability=0.1", "server-error,probability=0.05", "fail,probability=0.05", "bad-gateway,nth=30"]


def trace(seed: int, *, items: int = 150, save_to: Path | None = None) -> list[str]:
    """Every event of a batch over a bad network, at a gateway that allows less than is sent."""
    events: list[str] = []
    emulator = Emulator(
        EmulatorOptions(seed=seed, limit=Limit(12, per=10)), faults=FAULTS, latency=Latency(least=0.04, jitter=0.03)
    )

    async def run() -> None:
        client = emulator.client(on_event=lambda event: events.append(repr(event)))
        async with client:
            await client.generate_all((f"banana {n}" for n in range(items)), save_to=save_to)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(run())
    return events


def test_the_same_seed_gives_the_same_events() -> None:
    """Their kinds, their order, their times, the ids, the errors: all of it."""
    first, second = trace(7), trace(7)

    assert first == second
    assert any("GateClosed" in line for line in first)
    assert any("CreateLost" in line for line in first)


def test_another_seed_gives_other_events() -> None:
    """The trace depends on the seed, not on the requests alone."""
    assert trace(7, items=20) != trace(8, items=20)


@pytest.mark.parametrize("seed", range(5))
def test_pictures_saved_in_threads_leave_the_trace_as_it_is(seed: int, tmp_path: Path) -> None:
    """The clock stands while files are written, so a busy machine changes nothing: every picture is on disk in time."""
    events = trace(seed, items=6, save_to=tmp_path)

    assert sum("FilesSaved" in line for line in events) == len(list(tmp_path.iterdir()))
    assert not any("SaveFailed" in line for line in events)
