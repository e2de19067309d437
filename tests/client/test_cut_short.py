"""Closes and consumers that are cut short: everybody is told, and nothing that is paid for is forgotten."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import (
    Client,
    ClientClosedError,
    Outcome,
    Pending,
    Skipped,
    StillRunningError,
    Unknown,
    UnknownOutcomeError,
)
from tests.scripted_kie import ScriptedKie, on_the_wire, until


async def test_a_second_close_waits_for_the_first() -> None:
    """A signal handler's close keeps its grace, whoever else closes meanwhile."""
    kie = ScriptedKie()
    client, caller = await on_the_wire(kie)
    first = asyncio.ensure_future(client.aclose(grace=60))
    second = asyncio.ensure_future(client.aclose(grace=0))
    await asyncio.sleep(0)
    kie.answering.set()
    await asyncio.gather(first, second)

    with pytest.raises(StillRunningError, match="task0"):
        await caller


async def test_a_close_that_is_cancelled_goes_on() -> None:
    """Nobody hangs, and nothing is polled afterwards."""
    kie = ScriptedKie()
    client, caller = await on_the_wire(kie)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.aclose(grace=0.05)

    with pytest.raises(UnknownOutcomeError):
        await caller
    await client.aclose()


async def test_what_a_batch_leaves_on_the_wire_is_in_its_uncollected(caplog: pytest.LogCaptureFixture) -> None:
    """First as unknown, and as pending once its id is known; the log has it for those who hold no batch."""
    kie = ScriptedKie()
    kie.state = "generating"
    kie.answering.clear()

    async with kie.client() as client:
        async with client.batch(["a"]) as batch:
            await until(lambda: kie.prompts)
        (on_the_wire,) = batch.uncollected
        kie.answering.set()
        await until(lambda: isinstance(batch.uncollected[0], Pending))

    assert isinstance(on_the_wire, Unknown)
    assert "left with their batch: task0" in caplog.text
    assert batch.uncollected[0].task_id == "task0"


async def test_a_list_that_is_cut_short_names_what_it_has(caplog: pytest.LogCaptureFixture) -> None:
    """The outcomes are gone with the list; the ids of what was paid for are in the log."""
    kie = ScriptedKie()

    async def source() -> Any:
        yield "a"
        await asyncio.sleep(3600)

    async with kie.client() as client:
        caller = asyncio.ensure_future(client.generate_all(source()))
        await until(lambda: kie.polls)
        await until(lambda: client.statistics().in_flight == 0)
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

    assert "task0" in caplog.text


async def test_a_batch_closed_by_another_task_ends_its_consumer() -> None:
    """With an error that says so, and nothing counted twice."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client() as client, client.batch(["a"]) as batch:
        consumer = asyncio.ensure_future(anext(batch))
        await until(lambda: kie.polls)
        await batch.aclose()
        with pytest.raises(ClientClosedError):
            await consumer


async def test_an_interrupted_batch_does_not_call_itself_complete() -> None:
    """The client is closed under it: what is left is skipped, and the report is not ok."""
    kie = ScriptedKie()
    outcomes: list[Outcome] = []

    async def consume(client: Client) -> Any:
        async with client.batch(f"b {n}" for n in range(10_000)) as batch:
            try:
                async for outcome in batch:
                    outcomes.append(outcome)
                    await asyncio.sleep(0.001)
            except ClientClosedError:
                return batch.report()

    async with kie.client(in_flight=5) as client:
        consumer = asyncio.ensure_future(consume(client))
        await until(lambda: len(outcomes) > 20)
    report = await asyncio.wait_for(consumer, 60)

    assert not report.ok
    assert {outcome.state for outcome in outcomes} <= {"succeeded", "skipped", "pending"}
    assert all(outcome.reason == "stopped" for outcome in outcomes if isinstance(outcome, Skipped))
