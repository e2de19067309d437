"""Fifty callers of one key in one client cost what one costs: one question to the journal, one claim, one task."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from nanobanana_async import Client, NanoBananaError, Polling, UnknownOutcomeError
from nanobanana_async.events import CreateSent, Event, TaskLooked
from nanobanana_async.journal import Change, Claimed, Entry, Intent, MemoryJournal
from nanobanana_async.lifecycle import ItemState
from tests.paying_once.answers import LOST, REFUSED
from tests.paying_once.asking import EITHER, Ask, generate, submit
from tests.paying_once.lives import PatientKie, assert_idle, entry_of, opened

MANY = 50


class CountingJournal(MemoryJournal):
    """A journal that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def find(self, scope: str, key: str) -> Entry | None:
        self.asked["finds"] += 1
        return await super().find(scope, key)

    async def claim(self, intent: Intent) -> Entry | Claimed:
        self.asked["claims"] += 1
        return await super().claim(intent)


@attrs.define(eq=False)
class Costs:
    """What callers have cost: questions to the journal, creates, looks."""

    journal: CountingJournal = attrs.field(factory=CountingJournal)
    events: list[Event] = attrs.field(factory=list)

    @asynccontextmanager
    async def client(self, kie: PatientKie, **policies: Any) -> AsyncIterator[Client]:
        """A client whose costs are counted from now on."""
        settings = {"polling": Polling(first=1, interval=5), "seed": 1, "on_event": self.events.append, **policies}
        async with kie.client(journal=self.journal, **settings) as client:
            self.journal.asked.clear()
            yield client

    @property
    def sums(self) -> dict[str, int]:
        """All of them, by name."""
        kinds = Counter(type(event) for event in self.events)
        return {**self.journal.asked, "creates": kinds[CreateSent], "looks": kinds[TaskLooked]}


async def asked_by(count: int, ask: Ask) -> tuple[list[str | None], dict[str, int]]:
    """What so many callers are given who ask at once, for a task that takes half a minute, and what it costs."""
    kie, costs = PatientKie(), Costs()
    kie.state = "generating"
    async with costs.client(kie) as client:
        asking = [asyncio.ensure_future(ask(client)) for _ in range(count)]
        await asyncio.sleep(30)
        kie.state = "success"
        got = await asyncio.gather(*asking)
        await asyncio.sleep(300)
        assert_idle(client)
    return got, costs.sums


@EITHER
async def test_many_callers_cost_what_one_costs(ask: Ask) -> None:
    """They share a row, whether they wait for the picture or for the task."""
    (alone,), costs_of_one = await asked_by(1, ask)
    got, costs = await asked_by(MANY, ask)

    assert set(got) == {alone} == {"task0"}
    assert costs == costs_of_one
    assert (costs["finds"], costs["claims"], costs["creates"]) == (1, 1, 1)
    assert 5 < costs["looks"] < 10


async def test_those_who_wait_for_the_task_share_with_those_who_wait_for_the_picture() -> None:
    """And so do those who come later, while it runs."""
    kie, costs = PatientKie(), Costs()
    kie.state = "generating"

    async with costs.client(kie) as client:
        asking = [asyncio.ensure_future(ask(client)) for ask in (generate, submit) * MANY]
        await asyncio.sleep(20)
        asking += [asyncio.ensure_future(ask(client)) for ask in (generate, submit) * MANY]
        await asyncio.sleep(20)
        kie.state = "success"
        got = await asyncio.gather(*asking)

    assert set(got) == {"task0"}
    assert {name: costs.sums[name] for name in ("finds", "claims", "creates")} == {
        "finds": 1,
        "claims": 1,
        "creates": 1,
    }
    assert costs.sums["looks"] < 12


async def followed_by(count: int) -> dict[str, int]:
    """What so many callers cost who ask for what a dead process has left under way."""
    kie, costs = PatientKie(), Costs()
    kie.state = "generating"
    async with costs.client(kie) as client:
        await submit(client)
        await asyncio.sleep(1)
        costs.journal.abandon()
    costs.events.clear()
    async with costs.client(kie) as client:
        asking = [asyncio.ensure_future(generate(client)) for _ in range(count)]
        await asyncio.sleep(30)
        kie.state = "success"
        assert set(await asyncio.gather(*asking)) == {"task0"}
    return costs.sums


async def test_many_followers_cost_what_one_costs() -> None:
    """Nothing is claimed by any of them."""
    costs_of_one, costs = await followed_by(1), await followed_by(MANY)

    assert costs == costs_of_one
    assert (costs["finds"], costs.get("claims", 0), costs["creates"]) == (1, 0, 0)


async def test_many_callers_are_refused_by_one_create() -> None:
    """Each is told, and it is not sent for each of them in turn."""
    kie, costs = PatientKie(), Costs()
    kie.creates.append(REFUSED)

    async with costs.client(kie) as client:
        errors = await asyncio.gather(*(generate(client) for _ in range(MANY)), return_exceptions=True)
        with pytest.raises(NanoBananaError, match="content policy"):
            await generate(client)

    assert {type(error).__name__ for error in errors} == {"PolicyError"}
    assert len({id(error) for error in errors}) == MANY
    assert (costs.sums["finds"], costs.sums["claims"], costs.sums["creates"]) == (2, 1, 1)


async def test_who_waits_by_its_id_shares_with_who_waits_by_its_key() -> None:
    """It was adopted by hand meanwhile: it is not looked at twice, and its end is in the journal."""
    kie, costs = PatientKie(), Costs()
    kie.creates.append(LOST)
    kie.state = "generating"

    async with costs.client(kie) as client:
        with pytest.raises(UnknownOutcomeError):
            await generate(client)
        by_id = asyncio.ensure_future(client.wait("found"))
        await asyncio.sleep(0.1)
        async with opened(costs.journal.beside()) as other:
            await other.record(Change(scope="", key="k", generation=1, at=0.0, to=ItemState.ACCEPTED, task_id="found"))
        by_key = asyncio.ensure_future(generate(client))
        await asyncio.sleep(0.1)
        looks = kie.polls["found"]
        assert client.statistics().in_flight == 2  # its own, and that of the create that was lost
        kie.state = "success"
        result, got = await by_id, await by_key

    assert looks == 1
    assert (result.task_id, got) == ("found", "found")
    assert (await entry_of(costs.journal.beside(), "k")).state is ItemState.SUCCEEDED
