"""The coroutine that waits for callbacks to fall due, on virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from attrs import define, field

from nanobanana_async.emulator import Delivery, EmulatorOptions, World, deliver_callbacks
from nanobanana_async.testing import Emulator
from tests.emulator.callbacks.receiver import RECEIVER
from tests.emulator.customer import Customer


@define
class Door:
    """Takes callbacks in; slowly, where told."""

    world: World
    seconds: float = 0.0
    status: int | None = 200
    inside: int = field(default=0, init=False)
    most_inside: int = field(default=0, init=False)
    came: list[tuple[float, Delivery]] = field(factory=list, init=False)

    async def post(self, delivery: Delivery) -> int | None:
        self.came.append((self.world.clock(), delivery))
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await asyncio.sleep(self.seconds)
        self.inside -= 1
        return self.status


@contextlib.asynccontextmanager
async def courier(door: Door, *, at_once: int = 16) -> AsyncIterator[None]:
    task = asyncio.create_task(deliver_callbacks(door.world, door.post, at_once=at_once))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled() or task.exception() is not None


def order(world: World, prompt: str = "a banana", url: str = RECEIVER) -> None:
    body = {"model": "nano-banana-2", "callBackUrl": url, "input": {"prompt": prompt}}
    assert Customer(world).ask("createTask", body)["code"] == 200


@pytest.fixture
def world() -> World:
    return Emulator(EmulatorOptions(seed=1)).world


async def test_each_callback_is_carried_when_it_is_due(world: World) -> None:
    """To the moment, in order, and once; the courier needs no prompting for what is ordered while it sleeps."""
    door = Door(world)
    async with courier(door):
        await asyncio.sleep(1)
        for number in range(20):
            order(world, f"banana {number}")
        await asyncio.sleep(100)

    ends = sorted((task.plan.last.at, task.id) for task in world.tasks)
    assert [delivery.task_id for _, delivery in door.came] == [task_id for _, task_id in ends]
    assert [moment for moment, _ in door.came] == pytest.approx([end for end, _ in ends], abs=0.002)
    assert [seen.status for seen in world.ledger.callbacks] == [200] * 20


async def test_one_that_is_due_earlier_wakes_the_courier(world: World) -> None:
    """It doesn't sleep until the moment that it knew of when it lay down."""
    world.faults.add("slow,seconds=1000,times=1")
    door = Door(world)
    async with courier(door):
        order(world, "slow")
        await asyncio.sleep(1)
        order(world, "quick")
        await asyncio.sleep(60)

    _, quick = world.tasks
    assert [delivery.task_id for _, delivery in door.came] == [quick.id]


async def test_only_so_many_are_on_their_way_at_once(world: World) -> None:
    """The others wait for a free hand, and none is lost."""
    world.faults.add("slow,seconds=10")
    door = Door(world, seconds=3)
    async with courier(door, at_once=4):
        for number in range(10):
            order(world, f"banana {number}")
        await asyncio.sleep(60)

    assert (door.most_inside, len(door.came)) == (4, 10)
    assert len({delivery.task_id for _, delivery in door.came}) == 10


async def test_a_receiver_that_hangs_holds_up_nobody_else() -> None:
    """Scheme, host and port have a queue of their own."""
    world = Emulator(faults=["slow,seconds=10"]).world
    came: list[float] = []

    async def post(delivery: Delivery) -> int | None:
        if delivery.url.endswith("/hang"):
            await asyncio.sleep(1000)
            return None
        came.append(world.clock())
        return 200

    task = asyncio.create_task(deliver_callbacks(world, post, at_once=2))
    for number in range(10):
        order(world, f"hang {number}", "http://127.0.0.1:1/hang")
        order(world, f"good {number}", "http://127.0.0.1:2/good")
    await asyncio.sleep(20)
    task.cancel()
    await asyncio.wait((task,))

    assert len(came) == 10
    assert max(came) - min(came) < 1


async def test_each_is_signed_when_it_goes_out() -> None:
    """However long it had to wait for a receiver that is busy, the signature is of that moment."""
    world = Emulator(EmulatorOptions(webhook_key="k"), faults=["slow,seconds=10"]).world
    door = Door(world, seconds=15, status=None)
    async with courier(door, at_once=1):
        for number in range(20):
            order(world, f"banana {number}")
        await asyncio.sleep(20 * 4 * 15 + 60)

    ages = [moment - int(delivery.headers["X-Webhook-Timestamp"]) for moment, delivery in door.came]
    assert len(ages) == 20 * 4
    assert all(0 <= age < 1 for age in ages)
    assert door.came[-1][0] - door.came[0][0] > 1000


async def test_a_world_has_one_courier_at_a_time(world: World) -> None:
    """A second one is refused in words, and may begin when the first has ended."""
    first, second = Door(world), Door(world)
    async with courier(first):
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match="being delivered already"):
            await deliver_callbacks(world, second.post)
        order(world, "one")
        await asyncio.sleep(60)
    async with courier(second):
        order(world, "two")
        await asyncio.sleep(60)

    assert (len(first.came), len(second.came)) == (1, 1)


async def test_a_second_taker_in_a_test_is_told_at_once() -> None:
    """On entering, not when the test is over."""
    emulator = Emulator()
    door = Door(emulator.world)

    async with emulator.callbacks_to(door.post):
        with pytest.raises(RuntimeError, match="being delivered already"):
            async with emulator.callbacks_to(door.post):
                pytest.fail("it was let in")


async def test_what_is_not_taken_is_carried_again(world: World) -> None:
    """By the pauses of the gateway."""
    door = Door(world, status=None)
    async with courier(door):
        order(world)
        await asyncio.sleep(100)

    began = door.came[0][0]
    assert [round(moment - began, 2) for moment, _ in door.came] == [0, 1, 6, 21]


async def test_one_that_was_on_its_way_is_not_booked(world: World) -> None:
    """A courier that is stopped leaves no answer behind that nobody gave."""
    door = Door(world, seconds=1000)
    async with courier(door):
        order(world)
        await asyncio.sleep(30)

    assert len(door.came) == 1
    assert not world.ledger.callbacks


async def test_an_error_of_the_one_who_carries_comes_out(world: World) -> None:
    """It is a bug of the caller's, and not taken for a receiver that said nothing."""

    async def broken(delivery: Delivery) -> int | None:
        raise RuntimeError(delivery.task_id)

    order(world)
    with pytest.raises(ExceptionGroup) as raised:
        await deliver_callbacks(world, broken)

    (task,) = world.tasks
    assert raised.group_contains(RuntimeError, match=task.id)


async def test_the_same_seed_gives_the_same_callbacks() -> None:
    """To the bit, with faults that strike by chance."""
    traces = []
    for _ in range(2):
        emulator = Emulator(EmulatorOptions(seed=3), faults=["callback-twice,probability=0.5", "callback-late,every=3"])
        door = Door(emulator.world)
        began = emulator.world.clock()
        async with courier(door):
            for number in range(20):
                order(emulator.world, f"banana {number}")
            await asyncio.sleep(200)
        traces.append([(round(at - began, 3), delivery.task_id, delivery.fault) for at, delivery in door.came])

    assert traces[0] == traces[1]
    assert len(traces[0]) > 20
