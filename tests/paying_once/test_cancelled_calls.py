"""Cancelled at each of its suspensions in turn: nothing stays behind, and who asks again gets the one picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from nanobanana_async import Client, ClientClosedError, Item, UnknownOutcomeError
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.testing import Emulator, Latency
from tests.client.test_stepper import stepped
from tests.paying_once.lives import assert_idle, attempts_of, entry_of, opened
from tests.paying_once.slow_disk import SLOW, SlowJournal
from tests.scripted_kie import ScriptedKie, until

Work = Callable[[Client], Coroutine[Any, Any, object]]


async def generate(client: Client) -> object:
    return await client.generate("a banana a", key="a", timeout=300)


async def submit(client: Client) -> object:
    return await client.wait(await client.submit("a banana a", key="a", timeout=300))


async def pending(client: Client) -> object:
    return [outcome async for outcome in client.pending()]


async def _run(stepping: Any) -> bool:
    reached: bool = await stepping
    return reached


async def cut_off(emulator: Emulator, journal: MemoryJournal, work: Work, at: int) -> bool:
    """Cancel `work` at one of its suspensions; whether it had so many. What is on its way comes to its end."""
    async with emulator.client(journal=journal) as client:
        running = asyncio.ensure_future(_run(stepped(_without_value(work(client)), at)))
        try:
            was_reached = await running
        except asyncio.CancelledError:
            was_reached = True
        await asyncio.sleep(300)
        assert_idle(client)
        return was_reached


async def _without_value(work: Coroutine[Any, Any, object]) -> None:
    await work


def new_emulator(seed: int) -> Emulator:
    return Emulator(EmulatorOptions(seed=seed, limit=Limit(2, per=10)), latency=Latency(least=0.05))


@pytest.mark.parametrize("work", [generate, submit])
@pytest.mark.parametrize("turns", range(1, 40, 3))
async def test_a_keyed_call_may_be_cancelled_anywhere(work: Work, turns: int) -> None:
    """At any turn of the loop: the second call has the picture, and it was paid for once."""
    emulator, shelf = Emulator(seed=turns), MemoryJournal().beside

    async with emulator.client(journal=shelf()) as client:
        asking = asyncio.ensure_future(_without_value(work(client)))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        await work(client)
        await asyncio.sleep(300)
        assert_idle(client)
    async with emulator.client(journal=shelf()) as client:
        await work(client)

    assert len(emulator.ledger.accepted) == 1


async def test_a_batch_may_be_cancelled_anywhere() -> None:
    """The next run of it has all pictures, each paid for once."""
    at, was_reached = 0, True
    while was_reached:
        at += 1
        emulator, shelf = new_emulator(at), MemoryJournal().beside
        was_reached = await cut_off(emulator, shelf(), named, at)
        async with emulator.client(journal=shelf()) as client:
            outcomes = await named(client)

        assert [outcome.state for outcome in outcomes] == ["succeeded"] * 2
        assert len(emulator.ledger.accepted) == 2

    assert at > 3


async def named(client: Client) -> list[Any]:
    items = [Item("a banana a", key="a"), Item("a banana b", key="b")]
    async with client.batch(items, budget=8) as batch:
        return [outcome async for outcome in batch]


async def test_pending_may_be_cancelled_anywhere() -> None:
    """Who asks again is told of each task that was left, once it is over."""
    at, was_reached = 0, True
    while was_reached:
        at += 1
        emulator, journal = new_emulator(at), MemoryJournal()
        async with emulator.client(journal=journal) as client:
            await client.submit("a banana a", key="a")
            await client.submit("a banana b", key="b")
            journal.abandon()
        was_reached = await cut_off(emulator, journal.beside(), pending, at)
        async with emulator.client(journal=journal.beside()) as client:
            told = [outcome.state async for outcome in client.pending()]
            made = [(await client.generate(f"a banana {key}", key=key)).task_id for key in "ab"]

        assert set(told) <= {"succeeded"}
        assert sorted(map(str, made)) == sorted(str(create.task_id) for create in emulator.ledger.accepted)

    assert at > 2


@pytest.mark.parametrize("when", [0, 0.5, 1.5, 2.5])
async def test_who_is_closed_while_he_claims_gives_it_back(when: float) -> None:
    """Before the disk has it, or until it says so: nothing that may have been sent is found, unless it was sent."""
    kie, journal = ScriptedKie(), SlowJournal()
    kie.answering.clear()

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="a"))
        await asyncio.sleep(when * SLOW)
        await client.aclose(grace=0)
        await asyncio.wait([asking])
        error = asking.exception()
    async with opened(journal):
        entry = await journal.find("", "a")
    attempts = await attempts_of(journal, "a")

    assert len(kie.prompts) == (when == 2.5)
    assert isinstance(error, UnknownOutcomeError if kie.prompts else ClientClosedError)
    if kie.prompts:
        assert (entry and entry.state, attempts) == (ItemState.UNKNOWN, [AttemptState.UNKNOWN])
    else:
        assert entry is None or (entry.state, attempts) == (ItemState.NEW, [AttemptState.NOT_SENT])


async def test_who_cancels_all_tasks_of_the_loop_loses_no_step() -> None:
    """What was noted is written, also by a task that was cancelled before it began."""
    kie, journal = ScriptedKie(), MemoryJournal()
    kie.state = "generating"

    async with kie.client(journal=journal) as client:
        asking = asyncio.ensure_future(client.generate("a banana", key="a"))
        await until(lambda: kie.accepted)
        while client.statistics().creating:  # noqa: ASYNC110  each turn of the loop counts here
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait([asking])
    entry = await entry_of(journal, "a")

    assert (entry.state, entry.task_id) == (ItemState.PENDING, "task0")
