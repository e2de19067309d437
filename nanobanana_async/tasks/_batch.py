"""A batch: items in, outcomes out, in the memory of what is in flight.

Theory of operation
===================
1. A feeder pulls the source only while fewer than `window` items are out: pulled, and their outcome not yet taken by
   the consumer. So memory is bounded, and a consumer that is slow slows the submissions.
2. Each item becomes a row; what becomes of it comes back through `settled`, on the loop.
3. A success that is to be saved goes through the download lane first.
4. A client that is closed under it ends the feeding; the iteration hands out what there is and then says so.
5. Left early, the batch feeds no more; what isn't sent is withdrawn; what is paid for goes on, and is in `uncollected`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

import attrs

from nanobanana_async.errors import (
    BudgetError,
    ClientClosedError,
    InvalidRequestError,
    NanoBananaError,
    StorageError,
    UnknownOutcomeError,
    UsageError,
)
from nanobanana_async.events import OutcomeReached
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, SkipReason, Succeeded, Unknown
from nanobanana_async.tasks._looks import still_running
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._purse import Purse
from nanobanana_async.tasks._report import Report, Tally
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._saving import Saver
from nanobanana_async.values import Item, Request

logger = logging.getLogger("nanobanana_async")

Source = Iterable[str | Request | Item] | AsyncIterable[str | Request | Item]
AHEAD = 64
"""How many items are pulled beyond those that can be in flight, so that the next create is always ready."""
REMAKES = 1
"""How often a task that failed for a passing reason of the vendor's, and was not charged, is made again."""


@attrs.define(eq=False, repr=False)
class Batch:
    """An async context manager and an async iterator of outcomes, one for each item of the source."""

    _source: Source
    _manager: TaskManager
    _build: Callable[[str], Request]
    _saver: Saver | None = None
    _ordered: bool = False
    _window: int = 300 + AHEAD
    _purse: Purse | None = None
    _tally: Tally = attrs.field(init=False, default=attrs.Factory(lambda: Tally(0.0)))
    _rows: dict[int, Row] = attrs.field(factory=dict, init=False)
    _ready: deque[tuple[Outcome, float]] = attrs.field(factory=deque, init=False)
    _early: dict[int, Outcome] = attrs.field(factory=dict, init=False)
    _saving: dict[int, Succeeded] = attrs.field(factory=dict, init=False)
    _uncollected: dict[int, Outcome] = attrs.field(factory=dict, init=False)
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _room: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _feeder: asyncio.Task[None] | None = attrs.field(default=None, init=False)
    _fed: bool = attrs.field(default=False, init=False)
    _broken: BaseException | None = attrs.field(default=None, init=False)
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
        self._tally = Tally(self._now(), held_before=self._manager.desk.waits.seconds(self._now()))
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
        not_taken = [*(outcome for outcome, _ in self._ready), *self._early.values(), *self._saving.values()]
        for outcome in not_taken:
            self._leave(outcome)
        _log_paid([outcome.task_id for outcome in not_taken if outcome.charged == "yes"])
        self._ready.clear()
        self._changed.set()
        self._manager.withdraw(tuple(self._rows.values()))
        for row in self._rows.values():
            self._leave(_as_it_stands(row))
        await asyncio.wait([self._feeder])

    def stop_sending(self) -> None:
        """Send nothing more. What is on its way is finished and comes out; the rest comes out as skipped."""
        self.stop(None, "stopped")
        for row in tuple(self._rows.values()):
            if row.state is ItemState.NEW:
                self._manager.desk.skip(row, "stopped")

    # --- the consumer's side ------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Outcome]:
        return self

    async def __anext__(self) -> Outcome:
        while not self._ready:
            if self._feeder is None or self._closed:
                how = "iterate inside `async with client.batch(…) as batch`"
                raise ClientClosedError(f"this batch isn't running: {how}")
            if self._fed and self._taken == self._pulled:
                self._tally.ended = self._tally.ended or self._now()
                if self._broken is not None:
                    raise self._broken
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        self._taken += 1
        self._room.set()
        outcome, since = self._ready.popleft()
        self._tally.taken(self._now() - since)
        return outcome

    def report(self) -> Report:
        """What it came to so far."""
        desk, now = self._manager.desk, self._now()
        rate = desk.board.throttle.rate
        return self._tally.report(now, held=desk.waits.seconds(now), allowed=60 * rate.limit / rate.per)

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
                    await self._take_in(item)
        except asyncio.CancelledError:
            self._broken = ClientClosedError("the client was closed before all items were read from the source")
            self._tally.stopped_by = self._broken.message
            raise
        except Exception as error:  # noqa: BLE001  the source is the user's: raised once all else has come out
            self._broken = error
        finally:
            self._fed = True
            self._changed.set()

    async def _has_room(self) -> None:
        while self._pulled - self._taken >= self._window:
            self._room.clear()
            await self._room.wait()

    async def _take_in(self, given: object) -> None:
        index = self._pulled
        self._pulled += 1
        item = given if isinstance(given, Item) else Item(given)  # type: ignore[arg-type]  # checked by _request_of
        try:
            request = self._request_of(item) if self._stopped is None else None
            if request is not None and self._purse is not None:
                await self._purse.reserve(index, request)
            if self._stopped is not None:
                self._skip(item, index, *self._stopped)
                return
            row = Row(item, request, [self], index, remakes=REMAKES)
            self._rows[index] = row
            self._manager.add(row)
        except BudgetError as error:
            self._skip(item, index, "budget", error)
        except Exception as error:  # noqa: BLE001  a request of the user's may raise anything; it is that item's failure
            self._rows.pop(index, None)
            failure = error if isinstance(error, NanoBananaError) else UsageError(f"it can't be asked for: {error!r}")
            self._over(Failed(item=item, index=index, error=failure))

    def _skip(self, item: Item, index: int, reason: SkipReason, error: NanoBananaError | None) -> None:
        self._over(Skipped(item=item, index=index, reason=reason, error=error))

    def _over(self, outcome: Outcome) -> None:
        """An item is over: what was reserved for it is settled, and it is handed out."""
        if self._purse is not None:
            self._purse.settle(outcome)
        self._deliver(outcome)

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

    def stop(self, error: NanoBananaError | None, reason: SkipReason) -> None:
        """No request can succeed: the rest of the source is skipped."""
        self._stopped = self._stopped or (reason, error)
        for row in self._rows.values():
            row.remakes = 0

    def accepted(self, row: Row) -> None:
        """A row of it is paid for: told where nobody iterates any more, else when it is settled."""
        if self._closed:
            self._leave(_as_it_stands(row))
            _log_paid([row.task.id if row.task is not None else None])

    def settled(self, outcome: Outcome) -> None:
        """A row of it is over: save what is to be saved, then hand it out."""
        del self._rows[outcome.index]
        if self._purse is not None:
            self._purse.settle(outcome)
        if isinstance(outcome, Succeeded):
            self._tally.known(outcome.result, at=self._manager.desk.wall())
        if self._closed:
            self._leave(outcome)
        elif self._saver is not None and isinstance(outcome, Succeeded):
            self._saving[outcome.index] = outcome
            self._manager.crew.spawn(self._save(outcome, self._saver), at_end=lambda: self._not_saved(outcome.index))
        else:
            self._deliver(outcome)

    async def _save(self, outcome: Succeeded, saver: Saver) -> None:
        began = self._now()
        saved = await saver.save(outcome)
        self._tally.saved(self._now() - began)
        del self._saving[outcome.index]
        self._deliver(saved)

    def _not_saved(self, index: int) -> None:
        """Saving has ended; where that was before its end, what is paid for is handed out all the same."""
        outcome = self._saving.pop(index, None)
        if outcome is not None:
            error = StorageError("the client was closed before the picture was saved", task_id=outcome.task_id)
            self._deliver(attrs.evolve(outcome, file_error=error))

    def _deliver(self, outcome: Outcome) -> None:
        if self._closed:
            self._leave(outcome)
            return
        self._tally.add(outcome)
        self._manager.desk.announce(OutcomeReached(at=self._manager.desk.wall(), outcome=outcome))
        if not self._ordered:
            self._hand_out(outcome)
        else:
            self._early[outcome.index] = outcome
            while (following := self._early.pop(self._next_index, None)) is not None:
                self._hand_out(following)
                self._next_index += 1
        self._changed.set()

    def _hand_out(self, outcome: Outcome) -> None:
        self._ready.append((outcome, self._now()))

    def _leave(self, outcome: Outcome) -> None:
        """The batch is closed and nobody takes this: keep it where it cost something, or may have."""
        self._uncollected.pop(outcome.index, None)
        if outcome.charged != "no":
            self._uncollected[outcome.index] = outcome

    def _now(self) -> float:
        return self._manager.desk.now()


def _log_paid(task_ids: list[str | None]) -> None:
    if task_ids:
        logger.warning("paid for, and left with their batch: %s", ", ".join(map(str, task_ids)))


def _as_it_stands(row: Row) -> Outcome:
    """The outcome of a row that nobody follows to its end."""
    if row.task is not None:
        error = still_running(row.task, "stopped")
        return Pending(item=row.item, index=row.index, task=row.task, reason="stopped", error=error)
    if row.state is ItemState.SENDING:
        lost = UnknownOutcomeError("the batch was left while the create was on the wire")
        return Unknown(item=row.item, index=row.index, error=lost)
    return Skipped(item=row.item, index=row.index, reason="stopped")


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
