"""A batch: items in, outcomes out, in the memory of what is in flight.

Theory of operation
===================
1. A feeder pulls the source only while fewer than `window` items are out: pulled, and their outcome not yet taken by
   the consumer. So memory is bounded, and a consumer that is slow slows the submissions.
2. Each item becomes a row; what becomes of it comes back through `settled`, on the loop.
3. A success that is to be saved goes through the download lane first.
4. Left early, the batch feeds no more; what isn't sent is withdrawn; what is paid for goes on, and is in `uncollected`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

import attrs

from nanobanana_async.errors import ClientClosedError, InvalidRequestError, NanoBananaError, StorageError, UsageError
from nanobanana_async.events import OutcomeReached
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, SkipReason, Succeeded
from nanobanana_async.tasks._desk import wall
from nanobanana_async.tasks._looks import still_running
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._report import Report, Tally
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._saving import Saver
from nanobanana_async.values import Item, Request, Task

Source = Iterable[str | Request | Item] | AsyncIterable[str | Request | Item]
AHEAD = 64
"""How many items are pulled beyond those that can be in flight, so that the next create is always ready."""


@attrs.define(eq=False, repr=False)
class Batch:
    """An async context manager and an async iterator of outcomes, one for each item of the source."""

    _source: Source
    _manager: TaskManager
    _build: Callable[[str], Request]
    _saver: Saver | None = None
    _ordered: bool = False
    _window: int = 300 + AHEAD
    _tally: Tally = attrs.field(init=False, default=attrs.Factory(lambda: Tally(0.0)))
    _rows: dict[int, Row] = attrs.field(factory=dict, init=False)
    _ready: deque[Outcome] = attrs.field(factory=deque, init=False)
    _early: dict[int, Outcome] = attrs.field(factory=dict, init=False)
    _uncollected: dict[int, Outcome] = attrs.field(factory=dict, init=False)
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _room: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _feeder: asyncio.Task[None] | None = attrs.field(default=None, init=False)
    _fed: bool = attrs.field(default=False, init=False)
    _broken: Exception | None = attrs.field(default=None, init=False)
    _stopped: tuple[SkipReason, NanoBananaError | None] | None = attrs.field(default=None, init=False)
    _pulled: int = attrs.field(default=0, init=False)
    _taken: int = attrs.field(default=0, init=False)
    _next_index: int = attrs.field(default=0, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    # --- lifetime ---------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Start to feed."""
        self._manager.check_loop()
        if self._feeder is not None:
            raise ClientClosedError("a batch runs once: make a new one with client.batch(…)")
        self._tally = Tally(self._now())
        self._manager.desk.runs.append(self)
        self._feeder = self._manager.crew.spawn(self._feed())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; see `aclose`."""
        await self.aclose()

    async def aclose(self) -> None:
        """Feed no more, take back what isn't sent, and leave what is paid for to `uncollected`. Safe to call twice."""
        if self._closed or self._feeder is None:
            return
        self._closed = True
        self._tally.ended = self._now()
        self._feeder.cancel()
        self._manager.desk.runs.remove(self)
        for outcome in [*self._ready, *self._early.values()]:
            self._leave(outcome)
        self._manager.withdraw(tuple(self._rows.values()))
        for index, row in self._rows.items():
            if row.task is not None:
                error = still_running(row.task, "stopped")
                self._uncollected[index] = Pending(
                    item=row.item, index=index, task=row.task, reason="stopped", error=error
                )
        await asyncio.wait([self._feeder])

    # --- the consumer's side ------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Outcome]:
        return self

    async def __anext__(self) -> Outcome:
        if self._feeder is None or self._closed:
            raise ClientClosedError("this batch isn't running: iterate inside `async with client.batch(…) as batch`")
        while not self._ready:
            if self._fed and self._taken == self._pulled:
                self._tally.ended = self._tally.ended or self._now()
                if self._broken is not None:
                    raise self._broken
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._taken += 1
        self._room.set()
        return self._ready.popleft()

    def report(self) -> Report:
        """What it came to so far."""
        return self._tally.report(self._now())

    @property
    def uncollected(self) -> tuple[Outcome, ...]:
        """What was or may be paid for and nobody has taken, once the batch is closed."""
        return tuple(self._uncollected.values())

    def __repr__(self) -> str:
        running = sum(row.state is ItemState.ACCEPTED for row in self._rows.values())
        return f"<Batch [{running} running, {len(self._rows) - running} queued, {self._taken} taken]>"

    # --- the source's side ------------------------------------------------------------------------------------

    async def _feed(self) -> None:
        try:
            async with contextlib.aclosing(_each(self._source)) as items:
                while True:
                    await self._has_room()
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        return
                    self._take_in(item)
        except Exception as error:  # noqa: BLE001  the source is the user's: raised once all else has come out
            self._broken = error
        finally:
            self._fed = True
            self._changed.set()

    async def _has_room(self) -> None:
        while self._pulled - self._taken >= self._window:
            self._room.clear()
            await self._room.wait()

    def _take_in(self, given: object) -> None:
        index = self._pulled
        self._pulled += 1
        item = given if isinstance(given, Item) else Item(given)  # type: ignore[arg-type]  # checked by _request_of
        if self._stopped is not None:
            reason, error = self._stopped
            self._deliver(Skipped(item=item, index=index, reason=reason, error=error))
            return
        try:
            row = Row(item, self._request_of(item), [self], index)
            self._rows[index] = row
            self._manager.add(row)
        except NanoBananaError as error:
            self._rows.pop(index, None)
            self._deliver(Failed(item=item, index=index, error=error))

    def _request_of(self, item: Item) -> Request:
        asked: object = item.request
        if isinstance(asked, str):
            return self._build(asked)
        if isinstance(asked, Request):
            return asked
        raise InvalidRequestError(
            f"{asked!r} is neither a prompt nor a request",
            remedy="Give a str, a request such as NanoBanana2(…), or an Item.",
        )

    # --- what the manager tells ---------------------------------------------------------------------------------

    def stop(self, error: NanoBananaError, reason: SkipReason) -> None:
        """No request can succeed: the rest of the source is skipped."""
        self._stopped = self._stopped or (reason, error)

    def accepted(self, task: Task) -> None:
        """A row of it is paid for; there is nothing to do before it is settled."""

    def settled(self, outcome: Outcome) -> None:
        """A row of it is over: save what is to be saved, then hand it out."""
        del self._rows[outcome.index]
        if self._closed:
            self._leave(outcome)
        elif self._saver is not None and isinstance(outcome, Succeeded):
            self._manager.crew.spawn(self._save(outcome, self._saver))
        else:
            self._deliver(outcome)

    async def _save(self, outcome: Succeeded, saver: Saver) -> None:
        try:
            saved = await saver.save(outcome)
        except asyncio.CancelledError:
            error = StorageError("the client was closed before the picture was saved", task_id=outcome.task_id)
            self._deliver(attrs.evolve(outcome, file_error=error))
            raise
        self._deliver(saved)

    def _deliver(self, outcome: Outcome) -> None:
        if self._closed:
            self._leave(outcome)
            return
        self._tally.add(outcome)
        self._manager.desk.announce(OutcomeReached(at=wall(), outcome=outcome))
        if not self._ordered:
            self._ready.append(outcome)
        else:
            self._early[outcome.index] = outcome
            while (following := self._early.pop(self._next_index, None)) is not None:
                self._ready.append(following)
                self._next_index += 1
        self._changed.set()

    def _leave(self, outcome: Outcome) -> None:
        """The batch is closed and nobody takes this: keep it where it cost something, or may have."""
        self._uncollected.pop(outcome.index, None)
        if outcome.charged != "no":
            self._uncollected[outcome.index] = outcome

    def _now(self) -> float:
        return self._manager.desk.now()


async def _each(source: Source) -> AsyncGenerator[object]:
    """The items of a source of either kind."""
    if isinstance(source, AsyncIterable):
        async for item in source:
            yield item
        return
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise UsageError(f"a batch takes an iterable of prompts, requests or Items, not {source!r}")
    for item in source:
        yield item
