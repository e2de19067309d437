"""The board: who waits for what, and who is next. Plain decisions; it awaits nothing and sends nothing.

Theory of operation
===================
1. A row that is new stands in `queue`; one that was refused goes back to its head.
2. A row that waits (for its next look, or to be tried again) stands in the timetable, and nowhere else.
3. A row whose look is due stands in `looks`, in the order it became due.
4. `claim` hands out the next job: a create first, when the throttle has room for one, else a look.
   Creates never take the last quarter of the connections, so looks always get through.
5. What `claim` hands out is booked there and then; `create_over` and `look_over` book it back, once, however often
   they are called: whoever ends a job that broke need not know how far it came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import attrs

from nanobanana_async.lifecycle import ItemState
from nanobanana_async.pacing import CreateEnd, PollBudget, Throttle
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._timetable import Timetable
from nanobanana_async.tasks._waits import HeldBy


@attrs.define(eq=False)
class Job:
    """One exchange with the gateway: a create where the row is being sent, else a look. `booked` until it is over."""

    row: Row
    is_create: bool
    booked: bool = True


@attrs.define(eq=False)
class Board:
    """The rows of a client and the limits they run under."""

    throttle: Throttle
    budget: PollBudget
    connections: int = 64
    sends_creates: bool = True
    queue: deque[Row] = attrs.field(factory=deque, init=False)
    looks: deque[Row] = attrs.field(factory=deque, init=False)
    waiting: Timetable[Row] = attrs.field(factory=Timetable[Row], init=False)
    creating: int = attrs.field(default=0, init=False)
    looking: int = attrs.field(default=0, init=False)
    in_flight: int = attrs.field(default=0, init=False)

    def wake(self, now: float) -> None:
        """Move what is due to where it is handed out from."""
        for row in self.waiting.due(now):
            if row.over:
                self.free_slot(row)
            elif row.state is ItemState.NEW:
                self.queue.appendleft(row)
            else:
                self.looks.append(row)

    def claim(self, now: float) -> Job | None:
        """The next exchange to make at `now`, booked; None when there is none or no room for one."""
        if self.creating + self.looking >= self.connections:
            return None
        row = self._next_create(now)
        if row is not None:
            row.move(ItemState.SENDING)
            self.creating += 1
            self.take_slot(row)
            self.throttle.sent()
            return Job(row, is_create=True)
        row = self._next_look(now)
        if row is not None:
            self.looking += 1
            self.budget.spend(now)
            return Job(row, is_create=False)
        return None

    def wakes_at(self, now: float) -> float | None:
        """When `claim` may have something to hand out with no answer in between; None when only an answer helps."""
        return min((when for when in self._wake_times(now) if when is not None), default=None)

    def held_by(self, now: float) -> HeldBy | None:
        """What keeps the head of the queue from being sent; None where nothing waits."""
        if not self.queue or not self.sends_creates:
            return None
        if self.creating >= self.connections - self.connections // 4:
            return "connections"
        return self.throttle.held_by(now, under_way=self.creating, in_flight=self.in_flight)

    @property
    def running(self) -> int:
        """How many tasks are accepted and not over."""
        return self.in_flight - self.creating

    def expected_wait(self, now: float, *, others: int, usual: float) -> float:
        """Seconds until the create of a new row would leave, after those that wait and `others` beside them.

        `usual` is how long a task takes, in seconds.
        """
        ahead = len(self.queue) + others
        return self.throttle.expected_wait(now, ahead=ahead, in_flight=self.in_flight, usual=usual)

    def create_over(self, job: Job, now: float, end: CreateEnd) -> None:
        """A create has left the wire, and how."""
        if not job.booked:
            return
        job.booked = False
        self.creating -= 1
        self.throttle.over(now, end, running=self.running, wanted=bool(self.queue))

    def look_over(self, job: Job) -> None:
        """A look has left the wire."""
        if job.booked:
            job.booked = False
            self.looking -= 1

    def take_slot(self, row: Row) -> None:
        """`row` counts as in flight from now on."""
        if not row.slot:
            row.slot = True
            self.in_flight += 1

    def free_slot(self, row: Row) -> None:
        """`row` is in flight no longer."""
        if row.slot:
            row.slot = False
            self.in_flight -= 1

    def take_queued(self) -> list[Row]:
        """Take out every row that is new: those in the queue, and those that wait to be tried again."""
        rows = [row for row in self.queue if not row.over]
        rows += [row for row in self.waiting.things() if row.state is ItemState.NEW and not row.over]
        self.queue.clear()
        for row in rows:
            self.waiting.strike(row)
        return rows

    def _next_create(self, now: float) -> Row | None:
        while self.queue and self.queue[0].over:
            self.queue.popleft()
        has_room = (
            self.queue
            and self.sends_creates
            and self.creating < self.connections - self.connections // 4
            and self.throttle.has_room(now, under_way=self.creating, in_flight=self.in_flight)
        )
        return self.queue.popleft() if has_room else None

    def _next_look(self, now: float) -> Row | None:
        while self.looks and self.looks[0].over:
            self.looks.popleft()
        return self.looks.popleft() if self.looks and self.budget.opens_at(now) <= now else None

    def _wake_times(self, now: float) -> Iterator[float | None]:
        yield self.waiting.next()
        if self.queue:
            yield self.throttle.opens_at(now, in_flight=self.in_flight)
        if self.looks:
            opens_at = self.budget.opens_at(now)
            yield opens_at if opens_at > now else None
