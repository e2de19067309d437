"""Cancelled at each of its suspensions in turn: no slot stays taken, nothing is paid twice, and every id is told."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import attrs
import pytest

from nanobanana_async import Client, Item
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.events import Event, TaskAccepted
from nanobanana_async.testing import Emulator, Latency

ITEMS = 3


@types.coroutine
def stepped(work: Coroutine[Any, Any, None], cancel_at: int) -> Generator[Any, Any, bool]:
    """Run `work`, and cancel the task that runs it at its suspension of that number; whether it had so many."""
    steps, resume, value = 0, work.send, None
    while True:
        try:
            waited = resume(value)
        except StopIteration:
            return steps >= cancel_at
        steps += 1
        if steps == cancel_at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            resume, value = work.send, (yield waited)
        except BaseException as error:  # noqa: BLE001  handed on to the work, as the loop would
            resume, value = work.throw, error


@attrs.define
class Step:
    """What was seen of a run that was cut off at one suspension."""

    emulator: Emulator
    events: list[Event] = attrs.field(factory=list)
    was_reached: bool = True


async def cut_off(work: Callable[[Client], Coroutine[Any, Any, None]], at: int) -> Step:
    """Run `work` up to one of its suspensions, and let what is on its way come to its end."""
    step = Step(Emulator(EmulatorOptions(seed=at, limit=Limit(2, per=10)), latency=Latency(least=0.05)))
    async with step.emulator.client(on_event=step.events.append) as client:
        running = asyncio.ensure_future(_run(stepped(work(client), at)))
        try:
            step.was_reached = await running
        except asyncio.CancelledError:
            assert running.cancelled()
        await asyncio.sleep(300)
        statistics = attrs.asdict(client.statistics(), filter=lambda field, _: field.name not in ("rate", "learned"))

    assert statistics == dict.fromkeys(statistics, 0), at
    return step


async def _run(stepping: Awaitable[bool]) -> bool:
    return await stepping


def assert_all_told(step: Step) -> None:
    """Each task that was paid for was told, once, and none was made twice."""
    told = [event.task.id for event in step.events if isinstance(event, TaskAccepted)]

    assert sorted(told) == sorted(str(create.task_id) for create in step.emulator.ledger.accepted)
    assert not step.emulator.ledger.charged_twice()


async def one(client: Client) -> None:
    await client.generate("a banana")


async def several(client: Client) -> None:
    await client.generate_all([Item(f"banana {n}", key=f"k{n}") for n in range(ITEMS)])


async def in_order(client: Client) -> None:
    async with client.batch((f"banana {n}" for n in range(ITEMS)), ordered=True, budget=12) as batch:
        async for _ in batch:
            await asyncio.sleep(0)


@pytest.mark.parametrize("work", [one, several, in_order])
async def test_a_call_may_be_cancelled_anywhere(work: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """All counts are back at zero once what was on its way has ended."""
    at = 0
    while True:
        at += 1
        step = await cut_off(work, at)
        assert_all_told(step)
        if not step.was_reached:
            break

    assert at > 1


async def test_saving_may_be_cancelled_anywhere(tmp_path: Path) -> None:
    """And never leaves half a file behind."""

    async def saving(client: Client) -> None:
        await client.generate_all(["a banana", "another"], save_to=tmp_path)

    at, reached = 0, True
    while reached and at < 40:
        at += 1
        step = await cut_off(saving, at)
        assert_all_told(step)
        assert not [path for path in tmp_path.iterdir() if path.suffix not in (".png", ".jpg")]
        reached = step.was_reached

    assert not reached
