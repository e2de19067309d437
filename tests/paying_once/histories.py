"""A gateway, a journal and one client after the other, moved on step by step from outside: what a history is made of.

Each life of a client has a loop of its own, which runs only while somebody moves it on. A crash tears it down: neither
the journal nor the wire takes anything from it any more. The gateway goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import attrs

from nanobanana_async import Client, Kie, NanoBananaError, Rate
from nanobanana_async.emulator import CreateSeen, EmulatorOptions, Limit
from nanobanana_async.journal import Change, Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.tasks import TaskManager
from nanobanana_async.tasks._statistics import statistics_of
from nanobanana_async.testing import Emulator, Latency, VirtualTimeLoop
from nanobanana_async.values import WireReply, WireRequest
from tests.paying_once.crashes import Fate, PointedJournal, PointedTransport
from tests.paying_once.slow_disk import SlowJournal

T = TypeVar("T")

LIMIT = 2
ENDS = {ItemState.SUCCEEDED, ItemState.FAILED, ItemState.UNKNOWN, ItemState.NEW, ItemState.DROPPED}
"""States in which a key may be once nothing is under way any more."""


class SlowPointedJournal(SlowJournal, PointedJournal):
    """A journal that takes its time before it has a claim, and before it says so; its writes are points as well."""

    seconds = 0.02


@attrs.define(eq=False)
class Wire(PointedTransport):
    """A wire that notes how many creates of a key had been accepted when the one with a token was sent."""

    history: History

    async def send(self, request: WireRequest) -> WireReply:
        if request.pays:
            for row in self.history.manager.desk.sending:
                if row.place is not None and row.place.token and row.place.token not in self.history.tokens:
                    before = len(self.history.accepted(row.place.key))
                    self.history.tokens[row.place.token] = (row.place.key, before)
        return await super().send(request)


@attrs.define(eq=False)
class History:
    """What has happened so far, and the means to go on."""

    emulator: Emulator = attrs.field(init=False)
    journal: SlowPointedJournal = attrs.field(factory=SlowPointedJournal, init=False)
    fate: Fate = attrs.field(factory=lambda: Fate(frozenset()), init=False)
    runner: asyncio.Runner = attrs.field(init=False)
    client: Client = attrs.field(init=False)
    asked: list[tuple[str, asyncio.Task[Any]]] = attrs.field(factory=list, init=False)
    tokens: dict[str, tuple[str, int]] = attrs.field(factory=dict, init=False)
    skew: float = 0.0
    has_jumped: bool = False
    has_crashed: bool = False

    def __attrs_post_init__(self) -> None:
        options = EmulatorOptions(seed=1, credits=10_000, limit=Limit(LIMIT, per=10))
        self.emulator = Emulator(options, latency=Latency(least=0.04, jitter=0.03))
        self.journal.fate = self.fate
        self._live()

    @property
    def manager(self) -> TaskManager:
        """The inside of the client of today."""
        assert self.client._running is not None
        return self.client._running.manager

    # --- lives ------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        loop = self.runner.get_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.set_exception_handler(lambda *_: None)
        self.do(self._start(loop))

    async def _start(self, loop: VirtualTimeLoop) -> None:
        self.client = Client(
            Kie("test", base_url=self.emulator.base_url),
            transport=Wire(self.emulator.transport(), self.fate, self),
            journal=self.journal,
            rate=Rate(LIMIT, per=10),
            seed=1,
            clock=lambda: loop.time_of_day() + self.skew,
        )
        await self.client.start()

    def crash(self) -> None:
        """Be killed, and start again."""
        self.has_crashed = True
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.fate.dead.set()
        self.journal.abandon()
        self.runner.close()
        self.asked.clear()
        self.fate.revive()
        self._live()

    def restart(self, grace: float) -> None:
        """Be closed in order, and start again."""
        self.do(self.client.aclose(grace=grace))
        self._begin_anew()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Let it run to its end, and all else as long."""
        return self.runner.run(work)

    # --- what is asked of the client --------------------------------------------------------------------------

    def ask(self, work: Coroutine[Any, Any, Any], key: str) -> None:
        """Ask for something, and go on."""

        async def begin() -> None:
            self.asked.append((key, asyncio.ensure_future(work)))
            await asyncio.sleep(0.01)

        self.do(begin())

    def entries(self) -> dict[str, Entry]:
        """What is in the journal, by key."""

        async def read() -> dict[str, Entry]:
            assert self.manager.desk.keeper is not None
            await self.manager.desk.keeper.written()
            return {entry.key: entry async for entry in self.journal.entries()}

        return self.do(read())

    def record(self, entry: Entry, to: ItemState, task_id: str | None = None) -> None:
        """Settle what is unknown by hand, in a process of its own."""
        change = Change(scope="", key=entry.key, generation=entry.generation, at=0.0, to=to, task_id=task_id)

        async def settle() -> None:
            other = self.journal.beside()
            await other.open(f"kie {self.emulator.base_url}")
            await other.record(change)
            await other.aclose()

        self.do(settle())

    def call_back(self, token: str, task_id: str) -> None:
        """The gateway calls."""
        self.do(self.manager.called_back(token, task_id))

    # --- what the gateway knows -------------------------------------------------------------------------------

    def accepted(self, key: str) -> list[CreateSeen]:
        """The creates for a key that were charged: its prompt ends with it."""
        found = self.emulator.world.tasks.find
        tasks = [(create, found(create.task_id or "")) for create in self.emulator.ledger.accepted]
        return [create for create, task in tasks if task and task.order.prompt.endswith(f" {key}")]

    def callbacks(self) -> list[tuple[str, str]]:
        """Each token whose create was accepted, and its task."""
        calls: list[tuple[str, str]] = []
        for token, (key, before) in self.tokens.items():
            later = [index for of, index in self.tokens.values() if of == key and index > before]
            accepted = self.accepted(key)
            shares = [one for one, place in self.tokens.items() if place == (key, before)]
            if before < min([len(accepted), *later]) and shares[-1] == token:
                calls.append((token, str(accepted[before].task_id)))
        return calls

    # --- what must hold ---------------------------------------------------------------------------------------

    def verify(self) -> None:
        """What holds at any moment. AssertionError where it doesn't."""
        entries = self.entries()
        for key in {key for key, _ in self.tokens.values()}:
            creates = self.accepted(key)
            standing = [create for create in creates if create.gives_back_at is None]
            assert len(standing) <= 1, f"{key} was paid for twice"
            entry = entries[key]
            known = [create.task_id for create in creates if create.task_id == entry.task_id]
            may_not_know = entry.state in (ItemState.SENDING, ItemState.UNKNOWN, ItemState.DROPPED)
            assert not standing or known or may_not_know, f"{key} is lost ({entry.state})"
        for entry in entries.values():
            was_sent = entry.token in self.tokens or self.has_crashed
            assert was_sent or entry.state is not ItemState.UNKNOWN, f"{entry.key} is unknown, and was never sent"
        for key, asked in self.asked:
            if asked.done() and not asked.cancelled():
                self._verify_told(key, asked)
        if not self.has_jumped:
            assert not self.emulator.ledger.over_limit, "over the limit"

    def _verify_told(self, key: str, asked: asyncio.Task[Any]) -> None:
        error = asked.exception()
        if error is not None:
            assert isinstance(error, NanoBananaError), repr(error)
        elif asked.result() is not None:
            assert asked.result() in [create.task_id for create in self.accepted(key)], f"{key} has another's picture"

    def end(self) -> None:
        """Let everything come to its end, and look at what there is then."""

        async def settle() -> None:
            async for _ in self.client.pending():
                pass
            await asyncio.sleep(2_000)

        self.emulator.faults.clear()
        self.do(settle())
        self.verify()
        entries = self.entries()
        assert {entry.state for entry in entries.values()} <= ENDS, "in between"
        assert all(asked.done() for _, asked in self.asked), "somebody waits for ever"
        statistics = statistics_of(self.manager.desk, awaited=0)
        counts = (statistics.queued, statistics.preparing, statistics.creating, statistics.in_flight)
        assert counts == (0, 0, 0, 0), statistics
        self.do(self.client.aclose())
        self.runner.close()
