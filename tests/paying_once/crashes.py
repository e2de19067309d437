"""A process that is killed at a point of our choosing, and started again on what it has left.

Theory of operation
===================
1. Every durable write and every step on the wire is a *point*, counted from the start of the first run: before an
   operation of the journal and after it, before a request leaves and once its answer has come.
2. A kill is what SIGKILL is: nothing runs after it. The loop is left where it stands, and while it is torn down neither
   the journal nor the wire takes anything any more.
3. The gateway goes on. What has arrived there has been done, and its clock doesn't stop.
4. Runs follow each other on one journal until one comes to its end. Then the gateway's ledger, the journal and what the
   last run was told are held against each other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import attrs

from nanobanana_async import Client, Item, Kie, Outcome, Rate
from nanobanana_async.emulator import CreateSeen, EmulatorOptions, Limit
from nanobanana_async.journal import Change, Claimed, Entry, Intent, MemoryJournal
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.testing import Emulator, Latency, VirtualTimeLoop
from nanobanana_async.transport import Transport
from nanobanana_async.values import WireReply, WireRequest

T = TypeVar("T")

KEYS = ("a", "b", "c")
LIMIT = 2
"""Creates in ten seconds: fewer than there are items, so that the window matters."""
PRICE = 4.0
BUDGET = 3 * PRICE
DOWN = 0.5
"""Seconds for which a process that was killed is not there."""
MOST_RUNS = 20
ENDS = (ItemState.SUCCEEDED, ItemState.FAILED, ItemState.UNKNOWN, ItemState.NEW)
"""States in which a key may be once a run has come to its end. (New: refused, or skipped for the budget.)"""


class Killed(BaseException):
    """The process is no more."""


@attrs.define(eq=False)
class Fate:
    """Counts points, and kills at some of them."""

    kills: frozenset[int]
    count: int = 0
    dead: asyncio.Event = attrs.field(factory=asyncio.Event)
    trail: list[str] = attrs.field(factory=list)

    def point(self, name: str) -> None:
        if self.dead.is_set():
            raise Killed
        self.count += 1
        self.trail.append(name)
        if self.count in self.kills:
            self.dead.set()
            raise Killed

    def revive(self) -> None:
        self.dead = asyncio.Event()

    async def around(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        self.point(f"before {name}")
        done = await work()
        self.point(f"after {name}")
        return done


class PointedJournal(MemoryJournal):
    """A journal whose every durable write is a point before it and a point after it."""

    fate: Fate

    async def claim(self, intent: Intent) -> Entry | Claimed:
        return await self.fate.around(f"claim {intent.key}", lambda: super(PointedJournal, self).claim(intent))

    async def record(self, change: Change) -> bool:
        what = change.to.value if change.to is not None else "attempt"
        return await self.fate.around(f"{what} {change.key}", lambda: super(PointedJournal, self).record(change))


@attrs.define(eq=False)
class PointedTransport:
    """A wire on which every request that leaves is a point, and every answer that comes."""

    below: Transport
    fate: Fate

    async def send(self, request: WireRequest) -> WireReply:
        name = "create" if request.pays else "look"
        return await self.fate.around(name, lambda: self.below.send(request))

    def stream(self, request: WireRequest) -> Any:
        return self.below.stream(request)

    async def aclose(self) -> None:
        await self.below.aclose()


@attrs.define(eq=False)
class World:
    """One gateway, one journal, and the runs that follow each other on them."""

    seed: int
    kills: Collection[int] = ()
    faults: Collection[str] = ()
    policies: dict[str, Any] = attrs.field(factory=dict)
    new_journal: Callable[[], PointedJournal] = PointedJournal
    pays_twice: bool = False
    """Whether the policies allow to pay again for what is unknown."""
    fate: Fate = attrs.field(init=False)
    emulator: Emulator = attrs.field(init=False)
    journal: PointedJournal = attrs.field(init=False)
    told: list[Outcome] = attrs.field(factory=list, init=False)
    runs: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.fate = Fate(frozenset(self.kills))
        options = EmulatorOptions(seed=self.seed, credits=1000, limit=Limit(LIMIT, per=10))
        self.emulator = Emulator(options, faults=self.faults, latency=Latency(least=0.04, jitter=0.03))
        self.journal = self.new_journal()
        self.journal.fate = self.fate

    def live(self) -> None:
        """Run, be killed, and run again, until a run has come to its end."""
        while self.runs < MOST_RUNS:
            self.runs += 1
            with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
                runner.get_loop().set_exception_handler(lambda *_: None)
                if runner.run(self._life()):
                    return
                self.journal.abandon()
            self.fate.revive()
        raise AssertionError("it never comes to its end")

    async def _life(self) -> bool:
        """One life: whether it ended by itself."""
        self.emulator.transport()  # the gateway's clock goes on
        await asyncio.sleep(DOWN)
        work = asyncio.ensure_future(self._work())
        death = asyncio.ensure_future(self.fate.dead.wait())
        await asyncio.wait([work, death], return_when=asyncio.FIRST_COMPLETED)
        if self.fate.dead.is_set():
            return False
        self.told = work.result()
        return True

    async def _work(self) -> list[Outcome]:
        transport = PointedTransport(self.emulator.transport(), self.fate)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        client = Client(
            Kie("test", base_url=self.emulator.base_url),
            transport=transport,
            journal=self.journal,
            rate=Rate(LIMIT, per=10),
            seed=self.seed + self.runs,
            clock=loop.time_of_day,
            **self.policies,
        )
        items = [Item(f"banana {key}", key=key) for key in KEYS]
        async with client, client.batch(items, budget=BUDGET) as batch:
            return [outcome async for outcome in batch]


# --- what must hold -----------------------------------------------------------------------------------------------


def verify(world: World) -> None:
    """All that was promised. AssertionError with the seed, the kills and the trail where it was not kept."""
    about = f"seed={world.seed} kills={sorted(world.kills)} faults={list(world.faults)}\n{world.fate.trail}"
    entries = {entry.key: entry for entry in asyncio.run(all_entries(world.journal))}
    charged: dict[str, list[CreateSeen]] = {key: [] for key in KEYS}
    for create in world.emulator.ledger.accepted:
        charged[key_of(world, create)].append(create)
    standing = {key: [c for c in creates if c.gives_back_at is None] for key, creates in charged.items()}

    for key in KEYS:
        assert len(standing[key]) <= 1 or world.pays_twice, f"{key} was paid for twice: {about}"
    for key, creates in charged.items():
        known = entries[key].task_id if key in entries else None
        state = entries[key].state if key in entries else None
        is_known = not creates or state is ItemState.UNKNOWN or known in [create.task_id for create in creates]
        assert is_known, f"{key} is lost ({state}): {about}"
    assert {entry.state for entry in entries.values()} <= set(ENDS), f"in between: {about}"
    told = {outcome.item.key: outcome.state for outcome in world.told}
    assert set(told) == set(KEYS), f"the caller was not told of all: {about}"
    for key, entry in entries.items():
        if entry.state is ItemState.UNKNOWN:
            assert told[key] == "unknown", f"{key} is unknown and told as {told[key]}: {about}"
        if charged[key] and told[key] == "skipped":
            raise AssertionError(f"{key} was charged and told as skipped: {about}")
    assert not world.emulator.ledger.over_limit, f"over the limit: {about}"
    paid = PRICE * sum(map(len, standing.values()))
    assert paid <= BUDGET, f"over the budget: {about}"


async def all_entries(journal: MemoryJournal) -> list[Entry]:
    """What is in the journal."""
    await journal.open("kie http://emulator.localhost")
    found = [entry async for entry in journal.entries()]
    await journal.aclose()
    return found


def key_of(world: World, create: CreateSeen) -> str:
    """The key of the item that a create was for: its prompt ends with it."""
    task = world.emulator.world.tasks.find(create.task_id or "")
    assert task is not None
    return task.order.prompt.rpartition(" ")[2]


def points_of(seed: int, **world: Any) -> int:
    """How many points a run has that nothing kills."""
    alone = World(seed, **world)
    alone.live()
    verify(alone)
    return alone.fate.count


def killed(seed: int, kills: Collection[int], **world: Any) -> World:
    """A world that was killed there, has come to its end, and kept its promises."""
    one = World(seed, kills, **world)
    one.live()
    verify(one)
    return one


def states(worlds: Collection[World]) -> Counter[str]:
    """What the last runs were told, in sum."""
    return Counter(outcome.state for world in worlds for outcome in world.told)
