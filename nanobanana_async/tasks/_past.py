"""What a journal knows of keys, for whoever asks: the states of the past as tasks and outcomes of today."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.models import KieRequest
from nanobanana_async.outcomes import Outcome, Pending
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place
from nanobanana_async.tasks._looks import still_running
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._recalling import recall, task_of_entry
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Item, Task

LEFT = (ItemState.ACCEPTED, ItemState.PENDING, ItemState.UNKNOWN)
"""What a run leaves for the next."""


@attrs.define(eq=False)
class _Arrivals:
    """A listener that puts outcomes in the order in which they come."""

    queue: asyncio.Queue[Outcome] = attrs.field(factory=asyncio.Queue)
    is_of_task: bool = True

    def may_send_again(self, row: Row) -> bool:  # noqa: ARG002  a listener's answer for any row
        """Nothing is sent here."""
        return False

    def sent(self, row: Row) -> None:
        """Nothing is sent here."""

    def accepted(self, row: Row) -> None:
        """It was, before."""

    def settled(self, outcome: Outcome) -> None:
        """A task is over."""
        self.queue.put_nowait(outcome)


@attrs.frozen
class Past:
    """Asks the journal of a client, and follows what it says is under way."""

    _manager: TaskManager
    _keeper: Keeper

    async def lookup(self, scope: str, key: str) -> Task | Outcome | None:
        """What is known of a key; see `Client.lookup`."""
        await self._keeper.written()
        entry = await self._keeper.journal.find(scope, key)
        if entry is None or entry.state in (ItemState.NEW, ItemState.SENDING):
            return None
        if entry.state is ItemState.ACCEPTED:
            return task_of_entry(entry)
        if entry.state is ItemState.PENDING:
            task = task_of_entry(entry)
            return Pending(item=item_of(entry), task=task, error=still_running(task, "deadline"))
        row = _row(entry)
        return await recall(self._manager.desk, self._keeper, row, KeyRules(on_change="keep"))

    async def pending(self, scope: str | None, *, deadline: float) -> AsyncIterator[Outcome]:
        """What earlier runs have left; see `Client.pending`."""
        desk, arrivals, followed = self._manager.desk, _Arrivals(), set[Row]()
        try:
            async for entry in self._keeper.journal.entries(scope, LEFT):
                if entry.is_owned or (entry.task_id is not None and entry.task_id in desk.by_task):
                    continue
                row = _row(entry)
                row.listeners.append(arrivals)
                row.deadline = desk.now() + deadline
                outcome = await recall(desk, self._keeper, row, KeyRules(on_change="keep"))
                if outcome is not None:
                    yield outcome
                else:
                    followed.add(row)
            self._manager.pump()
            for _ in range(len(followed)):
                yield await arrivals.queue.get()
        finally:
            self._manager.withdraw(row for row in followed if not row.over)


def item_of(entry: Entry) -> Item:
    """The item of an entry, as far as it is written down: a prompt, the key, and the user's own data."""
    return Item(str(entry.request.get("prompt", "")), key=entry.key, data=entry.data)


def _row(entry: Entry) -> Row:
    place = Place(
        scope=entry.scope,
        key=entry.key,
        fingerprint=entry.fingerprint,
        request=entry.request,
        model=entry.model,
        dialect=entry.dialect,
        price=entry.price,
        data=entry.data,
    )
    request = KieRequest(entry.model, input={}, credits=entry.price)
    return Row(item_of(entry), request, place=place, is_begun=True)
