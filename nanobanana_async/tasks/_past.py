"""What a journal knows of keys, for whoever asks: the states of the past as tasks and outcomes of today."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import UNDER_WAY, ItemState
from nanobanana_async.outcomes import Outcome, Pending
from nanobanana_async.tasks._keeper import Keeper
from nanobanana_async.tasks._looks import still_running
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._placing import check_key
from nanobanana_async.tasks._recalling import (
    follow_entry,
    item_of_entry,
    outcome_of_entry,
    row_of_entry,
    task_of_entry,
)
from nanobanana_async.tasks._rows import Row, TaskListener
from nanobanana_async.values import Task

LEFT = (*UNDER_WAY, ItemState.UNKNOWN)
"""What a run leaves for the next."""


@attrs.define(eq=False)
class _Arrivals(TaskListener):
    """A listener that puts outcomes in the order in which they come."""

    queue: asyncio.Queue[Outcome] = attrs.field(factory=asyncio.Queue)

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
        check_key(key)
        entry = await self._keeper.find(scope, key)
        if entry is not None and entry.state is ItemState.SENDING and not entry.is_owned:
            await self._keeper.journal.reap()
            entry = await self._keeper.find(scope, key)
        if (entry is None or entry.state is ItemState.NEW) and (scope, key) not in self._manager.desk.by_key:
            return None
        if entry is None or entry.state in (ItemState.NEW, ItemState.SENDING):
            return Task("", dialect=self._manager.desk.gateway.default_dialect)
        if entry.state is ItemState.ACCEPTED:
            return task_of_entry(entry)
        if entry.state is ItemState.PENDING:
            task = task_of_entry(entry)
            return Pending(item=item_of_entry(entry), task=task, error=still_running(task, "deadline"))
        return await outcome_of_entry(self._manager.desk, row_of_entry(entry), entry)

    async def pending(self, scope: str | None, *, deadline: float) -> AsyncIterator[Outcome]:
        """What earlier runs have left; see `Client.pending`."""
        desk, arrivals, followed = self._manager.desk, _Arrivals(), list[Row]()
        await self._keeper.written()
        try:
            async for read in self._keeper.journal.entries(scope, LEFT):
                entry = await self._keeper.find(read.scope, read.key) or read  # it was read with others, a while ago
                row = self._row_for(entry)
                if row is None:
                    continue
                outcome = await outcome_of_entry(desk, row, entry)
                if outcome is not None:
                    yield outcome
                    continue
                row.listeners.append(arrivals)
                followed.append(row)
                row.deadline = max(row.deadline, desk.now() + deadline)
                if row.task is None:
                    follow_entry(desk, row, entry)
                self._manager.pump()
            for _ in range(len(followed)):
                yield await arrivals.queue.get()
        finally:
            left = [row for row in followed if not row.over]
            for row in left:
                row.listeners.remove(arrivals)
            self._manager.withdraw(row for row in left if not row.listeners)

    def _row_for(self, entry: Entry) -> Row | None:
        """The row in which `entry` is followed, or is to be; None where it is somebody's already, or over."""
        row = self._manager.desk.by_task.get(entry.task_id or "")
        if row is not None:
            return None if row.listeners else row
        is_of_another = entry.is_owned and entry.run != self._keeper.journal.run
        return None if is_of_another or entry.state not in LEFT else row_of_entry(entry)

    async def take_up(self, task_id: str) -> None:
        """Follow that task as the one that the journal knows, if it does: what comes of it is written there."""
        desk = self._manager.desk
        if task_id in desk.by_task:
            return
        await self._keeper.written()
        found = await self._keeper.journal.attempt_of(task_id=task_id)
        if found is None or task_id in desk.by_task:
            return
        entry, attempt = found
        if entry.token == attempt.token and entry.state in UNDER_WAY:
            follow_entry(desk, row_of_entry(entry), entry)
