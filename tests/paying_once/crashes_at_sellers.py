"""A process that is killed at a point of our choosing, at any of the gateways; see `crashes` for the theory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async import Outcome
from nanobanana_async.emulator import Limit
from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.testing import VirtualTimeLoop
from tests.paying_once.crashes import ENDS, LIMIT, PointedJournal, PointedTransport, World
from tests.paying_once.sellers import Seller, standing, words_of

COUNT = 3
"""Pictures that are ordered; more than the window takes at once."""


class KeepingJournal(PointedJournal):
    """A journal to which a picture that came in an answer is a point before it is kept, and one after."""

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        work = super().keep
        return await self.fate.around(f"keep {suffix}", lambda: work(content, sha256=sha256, suffix=suffix))


@attrs.define(eq=False)
class Shop(World):
    """One gateway of any kind, one journal, one folder, and the runs that follow each other on them."""

    seller: Seller = attrs.field(kw_only=True)
    folder: Path | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        World.__attrs_post_init__(self)
        self.emulator = self.seller.emulator(limit=Limit(LIMIT, per=10), faults=self.faults, credits=1000)

    async def _work(self) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        client = self.seller.client(
            self.emulator,
            transport=PointedTransport(self.emulator.transport(), self.fate),
            journal=self.journal,
            seed=self.seed + self.runs,
            clock=loop.time_of_day,
            **self.policies,
        )
        items, budget = self.seller.items(COUNT), COUNT * self.seller.price
        async with client, client.batch(items, budget=budget, save_to=self.folder) as batch:
            return [outcome async for outcome in batch]

    def pictures(self) -> list[bytes]:
        """What a client of tomorrow reads of all that is there; it sends nothing."""

        async def read() -> list[bytes]:
            async with self.seller.client(self.emulator, journal=self.journal) as client:
                results = [outcome.result for outcome in await client.generate_all(self.seller.items(COUNT))]
                return [(await client.read(result)).content for result in results if result is not None]

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(read())


def killed_at(seller: Seller, kills: Collection[int], *, seed: int = 0, **world: Any) -> Shop:
    """A shop that was killed there, has come to its end, and kept its promises."""
    shop = Shop(seed, kills, new_journal=KeepingJournal, seller=seller, **world)
    shop.live()
    verify(shop)
    return shop


def points_at(seller: Seller, **world: Any) -> int:
    """How many points a run has that nothing kills."""
    return killed_at(seller, (), **world).fate.count


# --- what must hold -----------------------------------------------------------------------------------------------


def verify(shop: Shop) -> None:
    """All that was promised. AssertionError with the seller, the kills and the trail where it was not kept."""
    about = f"{shop.seller.name} seed={shop.seed} kills={sorted(shop.kills)} {list(shop.faults)}\n{shop.fate.trail}"
    entries = {entry.key: entry for entry in asyncio.run(_entries(shop))}
    told = {str(outcome.item.key): outcome for outcome in shop.told}
    paid = standing(shop.emulator)

    assert set(told) == {f"b{number}" for number in range(COUNT)}, f"the caller was not told of all: {about}"
    assert {entry.state for entry in entries.values()} <= {*ENDS, ItemState.SAVED}, f"in between: {about}"
    for key, outcome in told.items():
        creates = paid.get(words_of(outcome), [])
        assert len(creates) <= 1, f"{key} was paid for twice: {about}"
        ids = [create.task_id for create in creates]
        assert not creates or _is_known(shop.seller, entries.get(key), ids), f"{key} is lost: {about}"
        assert outcome.charged in ("unknown", "yes" if creates else "no"), f"{key} is {outcome.charged}: {about}"
    assert not shop.emulator.ledger.over_limit, f"over the limit: {about}"
    assert shop.seller.price * sum(map(len, paid.values())) <= COUNT * shop.seller.price, f"over the budget: {about}"


def _is_known(seller: Seller, entry: Entry | None, ids: list[str | None]) -> bool:
    """Whether what is paid for is in the journal: by its id, by its picture, or as unknown."""
    if entry is None:
        return False
    if entry.state is ItemState.UNKNOWN or entry.task_id in ids:
        return True
    return seller.answers_at_once and entry.state in (ItemState.SUCCEEDED, ItemState.SAVED)


async def _entries(shop: Shop) -> list[Entry]:
    gateway = shop.seller.gateway(shop.emulator.base_url)
    await shop.journal.open(f"{gateway.kind} {gateway.address}")
    found = [entry async for entry in shop.journal.entries()]
    await shop.journal.aclose()
    return found
