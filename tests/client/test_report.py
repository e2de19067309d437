"""What a batch came to, and where its time went: which limit held it back, and what an image took on its way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nanobanana_async import Client
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.tasks import Report
from nanobanana_async.testing import Emulator, Latency


async def report_of(client: Client, items: int, *, think: float = 0.0, save_to: Path | None = None) -> Report:
    async with client, client.batch((f"banana {n}" for n in range(items)), save_to=save_to) as batch:
        async for _ in batch:
            await asyncio.sleep(think)
        return batch.report()


async def test_a_batch_at_its_rate_says_that_the_rate_held_it_back() -> None:
    """Two hundred at 20 in 10 s are sent in 90 s, and nearly all of that is waiting for the window."""
    report = await report_of(Emulator(latency=Latency(least=0.05)).client(), 200)

    assert report.held["rate"] == pytest.approx(90, abs=5)
    assert report.allowed_per_minute == 120
    assert 0 < report.images_per_minute <= 120
    assert "of 120 allowed" in str(report)
    assert "held back by: rate 9" in report.where_the_time_went


async def test_a_batch_with_few_slots_says_that_they_held_it_back() -> None:
    """Not the rate, but tasks that have to end first."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    report = await report_of(emulator.client(in_flight=5), 25)

    assert report.held["in_flight"] > 0.9 * sum(report.held.values())


async def test_refusals_are_told_as_what_they_are() -> None:
    """A gate that was closed for a minute is a minute in the report."""
    emulator = Emulator(faults=["too-many,retry-after=60,nth=5"])

    report = await report_of(emulator.client(), 20)

    assert report.held["refusals"] == pytest.approx(60, abs=2)


async def test_what_an_image_takes_is_told_stage_by_stage(tmp_path: Path) -> None:
    """Made in so long by the record's own times, noticed within seconds, saved, and taken at once."""
    emulator = Emulator()

    report = await report_of(emulator.client(), 5, save_to=tmp_path)
    plans = [task.plan for task in emulator.world.tasks]

    assert report.generation == pytest.approx(sum(plan.last.at - plan.created_at for plan in plans) / 5, abs=0.01)
    assert report.poll_delay is not None
    assert 0 <= report.poll_delay < 10
    assert report.saving is not None
    assert report.consumer == pytest.approx(0, abs=0.01)


async def test_a_slow_consumer_is_told_that_it_is_he() -> None:
    """Outcomes lay ready while he was busy with others."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    report = await report_of(emulator.client(), 30, think=10)

    assert report.consumer is not None
    assert report.consumer > 60


async def test_a_batch_of_nothing_has_no_times() -> None:
    """And says so."""
    report = await report_of(Emulator().client(), 0)

    assert (report.generation, report.poll_delay, report.saving, report.consumer) == (None, None, None, None)
    assert report.where_the_time_went == "held back by: nothing | an image: none"
