"""The task manager: many creates under one window, looked at together, by few workers.

Theory of operation
===================
1. What waits is data. A row stands on the board (`_board.py`) until something can be done for it.
2. `pump` asks the board for jobs and starts a worker for each, up to `connections`. It is called whenever something
   may have changed: a row added, an answer read, a timer gone off. It is synchronous and never waits.
3. A worker makes one exchange after another, for as long as the board has one to give, and then ends. However it ends,
   the row it had in hand is settled or goes on: nothing that a user's code raises may lose what is paid for.
4. There is one timer, set to the next moment at which the board may have something.
5. Whoever awaits a row costs one future. A caller that is cancelled takes itself off the row, and the row goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from functools import partial

import anyio
import attrs

from nanobanana_async.errors import UnknownOutcomeError, UsageError, WrongLoopError
from nanobanana_async.events import ItemQueued, TaskDetached
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome, Pending
from nanobanana_async.tasks._board import Job
from nanobanana_async.tasks._callbacks import called_back
from nanobanana_async.tasks._creates import create, hold, judge_refusals
from nanobanana_async.tasks._crew import Crew
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._looks import give_up, look, task_of, was_there
from nanobanana_async.tasks._preparing import prepared
from nanobanana_async.tasks._recalling import LOOK_AGAIN, take_up
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._statistics import Statistics, statistics_of
from nanobanana_async.tasks._timetable import Timetable
from nanobanana_async.tasks._uploads import Uploads, needs_upload, weight_of
from nanobanana_async.tasks._waiters import Waiter, error_of, out_of_time, queue_full, result_of
from nanobanana_async.values import Item, Result, Task, TaskState

logger = logging.getLogger("nanobanana_async")


@attrs.define(eq=False)
class _Worker:
    """Who makes exchanges, one after the other; `job` is the one under way."""

    job: Job | None


@attrs.define(eq=False)
class TaskManager:
    """Sends creates, follows their tasks, and tells whoever listens. Lives on one loop."""

    desk: Desk
    uploads: Uploads
    crew: Crew
    _loop: asyncio.AbstractEventLoop
    _limits: Timetable[Waiter] = attrs.field(factory=Timetable[Waiter], init=False)
    _timer: asyncio.TimerHandle | None = attrs.field(default=None, init=False)
    _quiet: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    _closing: bool = attrs.field(default=False, init=False)
    _ended: bool = attrs.field(default=False, init=False)
    _pumping: bool = attrs.field(default=False, init=False)

    # --- in ---------------------------------------------------------------------------------------------------

    def add(self, row: Row) -> None:
        """Take in a new row; its listeners hear what becomes of it. ConfigurationError if it isn't spoken here."""
        assert row.request is not None
        row.is_begun = True
        dialect = self.desk.dialect(row.request.dialect)
        row.is_long, row.weight = dialect.answers_at_once, weight_of(row.request) if dialect.takes_files else 0
        row.expected, images = row.request.expected, () if dialect.takes_files else tuple(row.request.images)
        self.desk.announce(ItemQueued(at=self.desk.wall(), item=row.item))
        if row.over:  # whoever heard of it has stopped it
            return
        if self._closing:
            self.desk.skip(row, "stopped")
        elif needs_upload(row.request) and not dialect.takes_files:
            self.desk.preparing[row] = None
            self.crew.spawn(self._prepare(row))
        else:
            row.image_urls = tuple(str(image) for image in images)
            self.desk.board.queue.append(row)
        self.pump()
        if row not in self.desk.preparing:
            self._is_queued(row)
            self.pump()

    def enter(self, row: Row) -> None:
        """Take in a row that has a key: what is known of that is taken up; it is sent where nothing is."""
        assert row.place is not None
        self.desk.by_key[row.place.scope, row.place.key] = row
        self.crew.spawn(take_up(self.desk, row, self._send), at_end=self.pump)
        self.pump()  # the time of whoever waits runs from now on

    def contested(self, row: Row) -> None:
        """Somebody else has the right to send `row`: what becomes of it is taken up from there."""
        row.is_sent_elsewhere = True
        self.crew.spawn(take_up(self.desk, row, self._send, after=LOOK_AGAIN), at_end=self.pump)

    def _send(self, row: Row) -> None:
        """Nothing was made under the key of `row` yet; only now is it known that it has to wait for its turn."""
        expected_wait = self._expected_wait(row)
        for waiter in [one for one in row.listeners if isinstance(one, Waiter)]:
            if waiter.queue_seconds is not None and expected_wait > waiter.queue_seconds:
                waiter.refuse(queue_full(waiter.queue_seconds, expected_wait))
                self._leave(waiter)
        if not row.over:
            self.add(row)

    async def called_back(self, token: str, task_id: str) -> bool:
        """The gateway says that the create with that token became that task: whether anybody knows the token.

        An answer that was lost is found with it, and its task is followed; a task that is followed is looked at now.
        """
        is_known = await called_back(self.desk, token, task_id)
        self.pump()
        return is_known

    def adopt(self, task: Task) -> Row:
        """The row that follows `task`: the one there is, or one that looks at once. Raises: ConfigurationError."""
        self.desk.dialect(task.dialect)
        row = self.desk.by_task.get(task.id)
        if row is None:
            row = Row(Item("", key=task.id), state=ItemState.ACCEPTED, is_begun=True)
            self.desk.follow(row, task, first_look=0.0)
            self.pump()
        return row

    async def submitted(self, row: Row, *, timeout: float, queue_timeout: float | None = None) -> Task:
        """Add `row` and wait until its task is accepted; the errors of an item are raised."""
        said = await self._wait(self._waiter(row, timeout, queue_timeout, until_accepted=True))
        if isinstance(said, Task):
            return said
        result = result_of(said)  # a gateway that answers at once: there is nothing left to wait for
        dialect = row.request.dialect if row.request is not None else self.desk.gateway.default_dialect
        done = TaskState.SUCCESS
        return Task(result.task_id or "", result.model, dialect, done, result.created_at, result.raw, result)

    async def finished(self, row: Row, *, timeout: float, queue_timeout: float | None = None) -> Result:
        """Wait for the result of `row`, which is new; the errors of an item are raised."""
        outcome = await self._wait(self._waiter(row, timeout, queue_timeout, until_accepted=False))
        assert not isinstance(outcome, Task)
        return result_of(outcome)

    async def result(self, task: Task, *, timeout: float) -> Result:
        """Wait for the result of `task`; the errors of an item are raised."""
        if task.result is not None:
            return task.result
        outcome = await self._wait(self._task_waiter(task, timeout))
        assert not isinstance(outcome, Task)
        return result_of(outcome)

    async def watched(self, task: Task, *, timeout: float) -> AsyncGenerator[Task]:
        """What `task` looks like each time its state has changed, until it is over. Raises: StillRunningError."""
        if task.result is not None:
            yield task
            return
        waiter = self._task_waiter(task, timeout)
        row = waiter.row
        seen: asyncio.Queue[Task | None] = asyncio.Queue()
        row.watchers.append(seen.put_nowait)
        waiter.future.add_done_callback(lambda _: seen.put_nowait(None))
        state: TaskState | None = None
        if was_there(row):
            seen.put_nowait(task_of(row))
        try:
            self.pump()
            while (now := await seen.get()) is not None:
                if now.state is not state:
                    state = now.state
                    yield now
            outcome = waiter.future.result()
            if isinstance(outcome, Pending):
                raise error_of(outcome)
        finally:
            row.watchers.remove(seen.put_nowait)
            self._leave(waiter)

    def withdraw(self, rows: Iterable[Row]) -> None:
        """Nobody wants these any more: what is not sent yet ends as skipped, what is on its way goes on alone."""
        alone = [row for row in rows if not row.over]
        for row in alone:
            self.desk.halt(row, "stopped")
        self._tell_detached([row for row in alone if not row.over])
        self.pump()

    def _tell_detached(self, rows: list[Row]) -> None:
        for row in rows:
            self.desk.announce(TaskDetached(at=self.desk.wall(), item=row.item, task=row.task))
            row.is_told = row.task is not None
        ids = [row.task.id for row in rows if row.task is not None and was_there(row)]
        if ids:
            logger.warning("paid for, and nobody waits any more; wait for these ids: %s", ", ".join(ids))

    # --- awaiting one row -------------------------------------------------------------------------------------

    def _waiter(self, row: Row, timeout: float, queue_timeout: float | None, *, until_accepted: bool) -> Waiter:
        """Somebody who awaits `row`. Raises: QueueFullError, where its turn is known to come too late."""
        now = self._loop.time()
        has_a_turn = row.queued or row in self.desk.preparing or not row.is_keyed
        if queue_timeout is not None and row.state is ItemState.NEW and has_a_turn:
            expected_wait = self._expected_wait(row)
            if expected_wait > queue_timeout:
                raise queue_full(queue_timeout, expected_wait)
        future: asyncio.Future[Task | Outcome] = self._loop.create_future()
        waiter = Waiter(row, timeout, until_accepted, future, now + timeout, queue_timeout)
        row.listeners.append(waiter)
        if not until_accepted:
            row.deadline = max(row.deadline, waiter.until)
        self._limits.set(waiter, waiter.until)
        return waiter

    def _task_waiter(self, task: Task, timeout: float) -> Waiter:
        waiter = self._waiter(self.adopt(task), timeout, None, until_accepted=False)
        waiter.is_of_task = True
        return waiter

    def _is_queued(self, row: Row) -> None:
        """`row` could be sent, or was: from now on it waits for its turn, and for nothing else."""
        for listener in row.listeners:
            if isinstance(listener, Waiter) and listener.queue_seconds is not None:
                self._limits.set(listener, listener.limit(self._loop.time()))

    def _expected_wait(self, row: Row) -> float:
        desk, now = self.desk, self.desk.now()
        ahead = len(desk.board.queue) + len(desk.preparing) - row.queued - (row in desk.preparing)
        short = desk.board.throttle.slots_short(ahead=ahead, in_flight=desk.board.in_flight)
        return desk.board.expected_wait(now, ahead=ahead, for_a_slot=desk.ends_in(short, row) if short else 0.0)

    async def _wait(self, waiter: Waiter) -> Task | Outcome:
        """What the waiter is told; the row is added first, where it is new."""
        try:
            row, is_first, waiter.row.is_begun = waiter.row, not waiter.row.is_begun, True
            if not is_first:
                self._join(waiter)
            elif row.place is not None and row.is_keyed:
                self.enter(row)
            else:
                self.add(row)
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self._tell_detached([waiter.row])  # it was told in the very moment in which it was cancelled
            raise
        finally:
            self._leave(waiter)

    def _join(self, waiter: Waiter) -> None:
        """One more waits for a row that is under way, perhaps after the last one had given it up."""
        row = waiter.row
        if row.is_keyed and not self._closing:
            row.halted = None
        waiter.accepted(row)
        self.pump()

    def _leave(self, waiter: Waiter) -> None:
        """Nobody awaits `waiter` any more; where it was the last to want its row, that is withdrawn."""
        row = waiter.row
        self._limits.strike(waiter)
        if waiter.future.done() and not waiter.future.cancelled():
            waiter.future.exception()  # who has stopped watching never asks, and asyncio would complain of it
        if waiter not in row.listeners:
            return
        row.listeners.remove(waiter)
        has_what_it_wanted = waiter.until_accepted and row.state is ItemState.ACCEPTED
        if not row.listeners and not has_what_it_wanted:
            self.withdraw([row])

    def _expire(self, waiter: Waiter) -> None:
        """The time of `waiter` is up. A row that isn't sent is taken back here and now: what is said of it holds."""
        row, in_queue = waiter.row, waiter.queue_seconds
        is_early = self._loop.time() < waiter.until
        if is_early and (row.state is not ItemState.NEW or row.lost is not None):
            self._limits.set(waiter, waiter.until)  # it was sent in time
            return
        late = queue_full(in_queue, self._expected_wait(row)) if is_early and in_queue is not None else None
        waiter.refuse(late or out_of_time(row, waiter.seconds, self.desk.turned_away))
        self._leave(waiter)

    # --- the work ---------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Start what can be started now, and set the timer for what comes later."""
        if self._pumping or self._ended:
            return
        self._pumping = True
        try:
            now = self._loop.time()
            for waiter in self._limits.due(now):
                self._expire(waiter)
            for row in self.desk.board.wake(now):
                give_up(self.desk, row, "deadline")
            judge_refusals(self.desk)
            while (job := self.desk.board.claim(now)) is not None:
                worker = _Worker(job)
                self.crew.spawn(self._work(worker), at_end=partial(self._worker_over, worker))
            self.desk.waits.note(now, self.desk.board.held_by(now))
            self._set_timer(now)
        finally:
            self._pumping = False

    async def _work(self, worker: _Worker) -> None:
        while worker.job is not None:
            try:
                await (create if worker.job.is_create else look)(self.desk, worker.job)
            except asyncio.CancelledError:
                self.desk.board.sends_creates = False  # not by us: all that runs on the loop is cut short, so it ends
                raise
            self._quiet.set()
            worker.job = None if self._ended else self.desk.board.claim(self._loop.time())
            self.pump()

    def _worker_over(self, worker: _Worker) -> None:
        """A worker has ended; one that broke, or never began, leaves a job whose row must not be forgotten."""
        if worker.job is not None:
            self._salvage(worker.job)
            self._quiet.set()
            self.pump()

    def _salvage(self, job: Job) -> None:
        desk, row = self.desk, job.row
        if job.is_create:
            desk.board.create_over(job, desk.now(), "counted")
        else:
            desk.board.look_over(job)
        if row.over or row.ticket or row.queued:
            return
        if row.state is ItemState.SENDING:
            hold(desk, row, UnknownOutcomeError("the create was cut short on the wire"))
        elif row.state is ItemState.ACCEPTED and not self._ended:
            desk.board.waiting.set(row, desk.now() + 1.0)
        elif row.state is ItemState.NEW:
            desk.fail(row, UsageError("what was to be sent broke its worker; see the log"))

    def _set_timer(self, now: float) -> None:
        times = [when for when in (self.desk.board.wakes_at(now), self._limits.next()) if when is not None]
        if self._timer is not None:
            if times and self._timer.when() == min(times) and not self._timer.cancelled():
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(min(times), self._on_timer) if times else None

    def _on_timer(self) -> None:
        self._timer = None
        self.pump()

    async def _prepare(self, row: Row) -> None:
        """Upload the local images of `row`, then queue it."""
        if await prepared(self.desk, self.uploads, row):
            self._is_queued(row)
        self.pump()

    # --- out --------------------------------------------------------------------------------------------------

    def statistics(self) -> Statistics:
        """What is going on right now."""
        return statistics_of(self.desk, awaited=len(self._limits))

    async def aclose(self, grace: float) -> None:
        """Send nothing more, wait up to `grace` seconds for the creates on the wire, and leave.

        Cut short itself, it waits for nothing, and leaves all the same: whoever waits is told, and what is paid for
        is logged.
        """
        self._closing = True
        self.desk.board.sends_creates = False
        for run in tuple(self.desk.runs):
            run.stop(None, "stopped")
        self.desk.skip_queued("stopped")
        try:
            with anyio.move_on_after(grace):
                while self.desk.board.on_the_wire:
                    self._quiet.clear()
                    await self._quiet.wait()
        finally:
            self._end()
        await self.crew.aclose()

    def _end(self) -> None:
        """The part of the close that nothing cuts short."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self.desk.skip_queued("stopped")
        untold = sorted(task_of(row).id for row in self.desk.followed if not row.is_told)
        if untold:
            logger.warning("paid for and not collected; wait for these ids later: %s", ", ".join(untold))
        for row in tuple(self.desk.followed):
            give_up(self.desk, row, "stopped")
        self.crew.cancel()

    def check_loop(self) -> None:
        """WrongLoopError when the running loop isn't the one this manager lives on."""
        if asyncio.get_running_loop() is not self._loop:
            raise WrongLoopError("this client was started on another event loop, or in another thread")
