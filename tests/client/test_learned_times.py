"""What earlier tasks took decides when the next are looked at; what their records say of it is not taken on trust."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from random import Random
from statistics import fmean
from typing import Any

import attrs
import pytest

from nanobanana_async import Client, Kie
from nanobanana_async.emulator import EmulatorOptions, Faults, Order, Plan, Stage, World
from nanobanana_async.events import Event, TaskSucceeded
from nanobanana_async.testing import EmulatorTransport, VirtualTimeLoop
from nanobanana_async.values import WireReply, WireRequest

Rewrite = Callable[[dict[str, Any]], dict[str, Any]]

LEAST, MOST = 20.0, 30.0
DOCUMENTED_FIRST = 30.0
"""As documented for google/nano-banana: the tasks here are quicker."""


class QuickTasks(Faults):
    """Tasks that are done before the documents say that they can be."""

    def on_plan(self, order: Order, plan: Plan, draw: Random) -> Plan:
        ends = plan.created_at + draw.uniform(LEAST, MOST)
        return Plan((Stage(plan.created_at, "waiting"), Stage(ends, "success")))


@attrs.define(eq=False)
class Rewriting:
    """The emulator's transport; each record is rewritten on its way."""

    below: EmulatorTransport
    rewrite: Rewrite

    async def send(self, request: WireRequest) -> WireReply:
        reply = await self.below.send(request)
        body = json.loads(reply.body)
        if "recordInfo" in request.url:
            body["data"] = self.rewrite(body["data"])
        return attrs.evolve(reply, body=json.dumps(body).encode())

    def stream(self, request: WireRequest) -> Any:
        return self.below.stream(request)

    async def aclose(self) -> None:
        await self.below.aclose()


def as_it_is(record: dict[str, Any]) -> dict[str, Any]:
    return record


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"createTime": None, "completeTime": None}


def done_in_no_time(record: dict[str, Any]) -> dict[str, Any]:
    return record | ({"createTime": record["completeTime"] - 1} if record["completeTime"] else {})


def begun_a_year_ago(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"createTime": record["createTime"] - 365 * 24 * 3_600_000}


async def looked_at(rewrite: Rewrite) -> tuple[list[TaskSucceeded], list[float]]:
    """A batch of 100: the last 40 results as they came, and for each the seconds from its end until it was known."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    world = World(EmulatorOptions(seed=3, credits=1e9), clock=loop.time_of_day, faults=QuickTasks())
    below = EmulatorTransport(world)
    known: list[TaskSucceeded] = []

    def note(event: Event) -> None:
        if isinstance(event, TaskSucceeded):
            known.append(event)

    gateway, transport = Kie("test", base_url=below.base_url), Rewriting(below, rewrite)
    client = Client(gateway, transport=transport, clock=loop.time_of_day, seed=1, on_event=note)
    async with client:
        await client.generate_all(f"banana {number}" for number in range(100))
    return known[-40:], [event.at - ended(world, event) for event in known[-40:]]


def ended(world: World, event: TaskSucceeded) -> float:
    task = world.tasks.find(event.result.task_id or "")
    assert task is not None
    return task.plan.last.at


@pytest.mark.parametrize("rewrite", [as_it_is, without_times, begun_a_year_ago])
async def test_quick_tasks_are_known_soon_without_times_to_go_by(rewrite: Rewrite) -> None:
    """Between the last two looks is when a task was done: a time that is not in there is not believed."""
    known, delays = await looked_at(rewrite)

    assert fmean(delays) < 2.0
    assert fmean(event.looks for event in known) < 12


async def test_records_that_say_no_time_at_all_cost_looks_and_no_delay() -> None:
    """What nobody has seen to be wrong is believed: looks come early, and learn better."""
    known, delays = await looked_at(done_in_no_time)

    assert fmean(delays) < 2.0
    assert fmean(event.looks for event in known) < 20


async def test_the_first_look_comes_when_the_first_are_done() -> None:
    """Not at the documented 30 s, by which all of these would have waited."""
    known, delays = await looked_at(as_it_is)

    assert fmean(delays) < 1.0
    assert min(event.looks for event in known) <= 2
    assert fmean(event.looks for event in known) < 8
