"""A batch: items in, outcomes out, in the memory of what is in flight.

Theory of operation
===================
1. A feeder pulls the source only while fewer than `window` items are out: pulled, and their outcome not yet taken by
   the consumer. So memory is bounded, and a consumer that is slow slows the submissions. And only while less than a
   window's worth wait to be sent: so the next create is always ready, and whoever asks beside it waits for no more.
2. Each item becomes a row; what becomes of it comes back through `settled`, on the loop.
3. A success that is to be saved goes through the download lane first; a disk that takes no more ends the sending.
4. A client that is closed under it ends the feeding; the iteration hands out what there is and then says so.
5. Left early, the batch feeds no more and closes its source, where that can be closed: it may be a generator that has
   paid work of its own under way. What isn't sent is withdrawn; what is paid for goes on, and is in `uncollected`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import attrs

from nanobanana_async.errors import ClientClosedError, NanoBananaError, StorageError
from nanobanana_async.events import OutcomeReached
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome, SkipReason, Succeeded
from nanobanana_async.pricing import cost_of
from nanobanana_async.tasks._batch_book import BatchBook
from nanobanana_async.tasks._keeper import nothing_charged
from nanobanana_async.tasks._leaving import as_it_stands, ended_by, log_paid, not_asked_for, not_sent
from nanobanana_async.tasks._manager import TaskManager
from nanobanana_async.tasks._purse import Purse
from nanobanana_async.tasks._report import Limits, Report, Tally
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._saving import Saver
from nanobanana_async.tasks._source import Source, items_of, request_of
from nanobanana_async.tasks._still_paid import cut_off
from nanobanana_async.values import Item, Request

logger = logging.getLogger("nanobanana_async")

AHEAD = 64
"""How many outcomes may wait for the consumer beyond those that can be in flight."""
FEWEST_READY, MOST_READY = 4, 64
"""How many items wait to be sent: a window's worth of creates, within these bounds."""
SOURCE_PATIENCE = 5.0
"""Seconds that a batch which is left early waits for its source to end."""
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
    _book: BatchBook | None = None
    _tally: Tally = attrs.field(factory=Tally, init=False)
    _rows: dict[int, Row] = attrs.field(factory=dict, init=False)
    _unsent: set[int] = attrs.field(factory=set, init=False)
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
        """Start to feed. Raises: ConfigurationError, where pictures are to be saved and there is no place for them."""
        self._manager.check_loop()
        if self._feeder is not None:
            raise ClientClosedError("a batch runs once: make a new one with client.batch(…)")
        if self._saver is not None:
            await self._saver.prepare()
        if self._book is not None:
            await self._book.open(self._purse.budget if self._purse is not None else None)
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
        self._end()
        self._feeder.cancel()
        self._manager.desk.runs.remove(self)
        counted = [*(outcome for outcome, _ in self._ready), *self._early.values()]
        not_taken = [outcome for outcome in (*counted, *self._saving.values()) if outcome.charged != "no"]
        for outcome in not_taken:
            self._leave(outcome)
            if outcome.index not in self._saving:
                self._tally.take_back(outcome)
        log_paid([outcome.task_id for outcome in not_taken if outcome.charged == "yes"])
        self._ready.clear()
        self._changed.set()
        self._manager.withdraw(tuple(self._rows.values()))
        for row in self._rows.values():
            self._leave(as_it_stands(row))
        try:
            if not (await asyncio.wait([self._feeder], timeout=SOURCE_PATIENCE))[0]:
                logger.warning("the source of a batch goes on after the batch: it holds on to its cancellation")
        finally:
            if self._book is not None:
                await self._book.close()

    def stop_sending(self) -> None:
        """Send nothing more. What is on its way is finished and comes out; the rest comes out as skipped."""
        self._send_no_more(None, "stopped")

    def _send_no_more(self, error: NanoBananaError | None, reason: SkipReason) -> None:
        self.stop(error, reason)
        for row in tuple(self._rows.values()):
            self._manager.desk.halt(row, reason, error)

    # --- the consumer's side ------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[Outcome]:
        return self

    async def __anext__(self) -> Outcome:
        while not self._ready:
            if self._feeder is None or self._closed:
                raise ClientClosedError("this batch isn't running: use `async with client.batch(…) as batch`")
            if self._fed and self._taken == self._pulled:
                self._end()
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
        limits = Limits(desk.board.throttle.rate, desk.board.throttle.in_flight)
        left = self._rows.values() if self._closed else ()
        owed = [row.price for row in left if row.state is ItemState.ACCEPTED]
        held, uncollected = desk.waits.seconds(now), len(self._uncollected)
        return self._tally.report(now, held=held, limits=limits, uncollected=uncollected, owed=owed)

    def _end(self) -> None:
        """Its time is over. What it leaves of the source is not known, and so it did not come to its end."""
        if not self._fed:
            self._tally.stopped_by = self._tally.stopped_by or "it was left before all items were read from the source"
        self._tally.end(self._now(), self._manager.desk.waits.seconds(self._now()))

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
            async with contextlib.aclosing(items_of(self._source)) as items:
                while True:
                    await self._has_room()
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        return
                    await self._take_in(item)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():  # not ours: it came out of the source
                self._broken = ended_by(error)
                return
            self._broken = ClientClosedError("the client was closed before all items were read from the source")
            self._tally.stopped_by = self._tally.stopped_by or self._broken.message
            raise
        except GeneratorExit as error:
            self._broken = ended_by(error)
        except Exception as error:  # noqa: BLE001  the source is the user's: raised once all else has come out
            self._broken = error
        finally:
            self._fed = True
            self._changed.set()

    async def _has_room(self) -> None:
        while self._pulled - self._taken >= self._window or self._is_ready():
            self._room.clear()
            await self._room.wait()

    def _is_ready(self) -> bool:
        """Whether as many wait to be sent as there should."""
        rate = self._manager.desk.board.throttle.rate
        enough = max(FEWEST_READY, min(MOST_READY, rate.limit))
        return sum(self._rows[index].state is ItemState.NEW for index in self._unsent) >= enough

    async def _take_in(self, given: object) -> None:
        index = self._pulled
        self._pulled += 1
        item = given if isinstance(given, Item) else Item(given)  # type: ignore[arg-type]  # checked by request_of
        row = Row(item, index=index)
        try:
            row = await self._row_of(item, index)
            if self._book is None or not await self._is_known(row, self._book):
                await self._send(row)
        except asyncio.CancelledError:  # it is nobody's yet, and whoever iterates waits for it
            self._over(not_sent(row, *(self._stopped or ("stopped", None))))
            raise
        except Exception as error:  # noqa: BLE001  a request of the user's may raise anything; it is that item's failure
            self._rows.pop(index, None)
            self._unsent.discard(index)
            if isinstance(error, StorageError) and self._stopped is None:  # nothing can be asked of the journal
                self._manager.desk.stop(nothing_charged(error), "storage")
            self._over(not_asked_for(row, error))

    async def _send(self, row: Row) -> None:
        """Send it, as soon as the budget allows. Raises: BudgetError, where it will not."""
        if self._stopped is None and self._purse is not None:
            assert row.request is not None
            await self._purse.reserve(row.index, row.request)
        if self._stopped is not None:
            self._over(not_sent(row, *self._stopped))
            return
        self._tally.possible_duplicates += row.lost is not None
        self._rows[row.index] = row
        self._unsent.add(row.index)
        self._manager.add(row)

    async def _row_of(self, item: Item, index: int) -> Row:
        request = self._manager.desk.gateway.priced(request_of(item, self._build))
        row = Row(item, request, [self], index, remakes=REMAKES)
        if self._book is not None:
            row.place = await self._book.place(item, request)
            row.item = attrs.evolve(item, key=row.place.key)
        return row

    async def _is_known(self, row: Row, book: BatchBook) -> bool:
        """Whether an earlier run has left something of `row`: it is handed out, or followed from now on."""
        if (outcome := await book.recall(row)) is not None:
            self._known(row, outcome)
        elif row.state is ItemState.ACCEPTED:
            self._rows[row.index] = row
            if self._purse is not None and row.place is not None:
                self._purse.adopt(row.index, row.place.price)
                if row.place.price != row.price:  # reserved is what the task was sent at, and not what one costs now
                    row.remakes = 0
            self._manager.pump()
        return row.state is not ItemState.NEW or outcome is not None

    def _known(self, row: Row, outcome: Outcome) -> None:
        self._tally.earlier += isinstance(outcome, Succeeded)
        if isinstance(outcome, Succeeded) and not outcome.files:
            self._made(row, outcome)
        else:
            self._deliver(outcome)

    def _over(self, outcome: Outcome) -> None:
        """An item is over: what was reserved for it is settled, and it is handed out."""
        if self._purse is not None:
            self._purse.settle(outcome)
        self._deliver(outcome)

    # --- what the manager tells ---------------------------------------------------------------------------------

    def stop(self, error: NanoBananaError | None, reason: SkipReason) -> None:
        """No request can succeed: the rest of the source is skipped."""
        self._stopped = self._stopped or (reason, error)
        for row in self._rows.values():
            row.halted = row.halted or (reason, error)
        self._room.set()

    @property
    def is_of_task(self) -> bool:
        """It wants a picture of each item, by whichever task."""
        return False

    def may_send_again(self, row: Row) -> bool:
        """Whether there is a budget for one more create of `row`, which is reserved."""
        is_allowed = self._purse is None or self._purse.reserve_again(row.index)
        self._tally.possible_duplicates += is_allowed
        return is_allowed

    def sent(self, row: Row) -> None:  # noqa: ARG002  a listener is told of which
        """One of it leaves: there may be room for the next."""
        self._room.set()

    def found(self, row: Row) -> None:
        """What was to be paid for once more is not."""
        self._tally.possible_duplicates -= 1
        if self._purse is not None:
            self._purse.found(row.index)

    def accepted(self, row: Row) -> None:
        """A row of it is paid for: told where nobody iterates any more, else when it is settled."""
        self._unsent.discard(row.index)
        self._room.set()
        if self._closed:
            self._leave(as_it_stands(row))
            log_paid([row.task.id if row.task is not None else None])

    def settled(self, outcome: Outcome) -> None:
        """A row of it is over: save what is to be saved, then hand it out."""
        row = self._rows.pop(outcome.index)
        self._unsent.discard(outcome.index)
        self._room.set()
        if self._purse is not None:
            self._purse.settle(outcome, row.request)
            for late in self._purse.beyond(self._rows.values()):
                self._manager.desk.halt(late, "budget", self._purse.is_spent(late))
        if not row.is_adopted:  # an earlier run has paid for it
            self._tally.settled(outcome, cost_of(row.request, outcome))
        if isinstance(outcome, Succeeded) and not row.is_adopted:
            self._tally.known(outcome.result, after=self._now() - row.accepted_at, at_once=row.is_long)
        if self._closed:
            self._leave(outcome)
        elif isinstance(outcome, Succeeded):
            self._made(row, outcome)
        else:
            self._deliver(outcome)

    def _made(self, row: Row, outcome: Succeeded) -> None:
        """A picture is there: save it where that is wanted."""
        if self._saver is None:
            self._deliver(outcome)
            return
        self._saving[outcome.index] = outcome
        self._manager.crew.spawn(self._save(row, outcome, self._saver), at_end=lambda: self._not_saved(outcome.index))

    async def _save(self, row: Row, outcome: Succeeded, saver: Saver) -> None:
        began = self._now()
        saved = await saver.save(outcome, self._send_no_more)
        if self._book is not None and row.place is not None:
            self._book.saved(row.place, saved)
        self._tally.saved(self._now() - began)
        del self._saving[outcome.index]
        self._deliver(saved)

    def _not_saved(self, index: int) -> None:
        """Saving has ended; where that was before its end, what is paid for is handed out all the same."""
        if (outcome := self._saving.pop(index, None)) is not None:
            self._deliver(attrs.evolve(outcome, file_error=cut_off(outcome.result)))

    def _deliver(self, outcome: Outcome) -> None:
        if self._closed:
            self._leave(outcome)
            return
        self._tally.add(outcome)
        self._manager.desk.announce(OutcomeReached(at=self._manager.desk.wall(), outcome=outcome))
        if not self._ordered:
            self._ready.append((outcome, self._now()))
        else:
            self._early[outcome.index] = outcome
            while (following := self._early.pop(self._next_index, None)) is not None:
                self._ready.append((following, self._now()))
                self._next_index += 1
        self._changed.set()

    def _leave(self, outcome: Outcome) -> None:
        """The batch is closed and nobody takes this: keep it where it cost something, or may have; else count it."""
        self._uncollected.pop(outcome.index, None)
        if outcome.charged != "no":
            self._uncollected[outcome.index] = outcome
        else:
            self._tally.add(outcome)

    def _now(self) -> float:
        return self._manager.desk.now()
