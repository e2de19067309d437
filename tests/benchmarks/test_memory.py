"""The measure of benchmarks/memory.py: when it weighs, all tasks are in flight."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import memory
from benchmarks.memory import CONTENDERS, MIDWAY, NothingKept, bananas, bytes_in_flight
from nanobanana_async.values import WireReply, WireRequest

TASKS = 30


class Counted(NothingKept):
    """Counts creates and looks, of all its instances together."""

    creates = looks = 0

    async def send(self, request: WireRequest) -> WireReply:
        Counted.creates += request.pays
        Counted.looks += not request.pays
        return await super().send(request)


@pytest.fixture
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counted, "creates", 0)
    monkeypatch.setattr(Counted, "looks", 0)
    monkeypatch.setattr(memory, "NothingKept", Counted)
    monkeypatch.setattr(memory, "IN_FLIGHT", TASKS)


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize("contender", CONTENDERS)
async def test_midway_all_are_accepted_and_none_is_looked_at(contender: str) -> None:
    """That is the moment at which their memory is weighed; in the end each has been looked at twice."""
    work = asyncio.ensure_future(CONTENDERS[contender](bananas(TASKS)))
    await asyncio.sleep(MIDWAY)
    midway = (Counted.creates, Counted.looks)
    await work

    assert midway == (TASKS, 0)
    assert Counted.looks == 2 * TASKS


@pytest.mark.usefixtures("_counted")
async def test_what_is_weighed_weighs_something() -> None:
    """A task that is awaited weighs more than one of a batch, and none of them weighs nothing."""
    in_a_batch, awaited = [await bytes_in_flight(name) for name in ("ours, in a batch", "ours, each awaited")]

    assert 0 < in_a_batch < awaited
