"""The board: who waits for what, and who is next. Plain decisions; it awaits nothing and sends nothing.

Theory of operation
===================
1. A row that is new stands in `queue`; one that was refused goes back to where its turn is.
2. A row that waits (for its next look, or to be tried again) stands in the timetable.
3. A row whose look is due stands in `looks`, in the order it became due; and in the timetable, for the moment at which
   it is given up, because looks may have to wait for longer than it has time.
4. A create that lasts as long as its task, at a gateway that answers at once, is taken to have been let in once it was
   not refused for a while: from then on it is a task in flight, whose answer is waited for in a lane of its own. So
   window, gate and learning work as at any other gateway, and 200 s of waiting take no connection from anybody. Where
   it is refused after all, it is taken back out of what they have counted; and from then on the gate opens wider only
   for creates that have lasted longer than that refusal took.
5. `claim` hands out the next job: a create first, when the throttle has room for one, else a look.
   Creates never take the last quarter of the connections, so looks always get through.
6. Creates that carry pictures hold them until they are answered, perhaps for minutes: together no more than
   `MOST_CARRIED`, and one always may go. Those that find no room wait in the queue, and are passed by.
7. Such creates tell nothing for minutes, and where a relay cuts them each is paid for and lost. So no more than one
   window of them is on the wire until the gateway has answered once; where an answer is lost, the next may go.
8. What `claim` hands out is booked there and then; `create_over` and `look_over` book it back, once, however often
   they are called: whoever ends a job that broke need not know how far it came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import attrs

from nanobanana_async.lifecycle import ItemState
from nanobanana_async.pacing import CreateEnd, PollBudget, Throttle
from nanobanana_async.tasks._queue import Queue
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._timetable import Timetable
from nanobanana_async.tasks._waits import HeldBy

REMEMBERED = 20
"""About so many creates make up the usual time to an answer."""
LET_IN_AFTER = 1.0
"""Seconds after which a create that lasts as long as its task would have been refused, if it was to be."""
TRUSTED_AFTER, LATEST_TRUST = 1.25, 30.0
"""How much longer than the slowest refusal a create must last to be trusted, and how many seconds at most."""
PROBED_FOR = 5.0
"""Seconds after which a gateway that has never answered is sent more, though the first request has no answer yet."""
MOST_CARRIED = 256 * 1024**2
"""Bytes of pictures in the creates that are on the wire, each as it stands in its body."""
LAST_LOOK = 20.0
"""Seconds for which a task's last look may be held up by the looks at others. After that it is given up unseen."""


@attrs.define(eq=False)
class Job:
    """One exchange with the gateway: a create where the row is being sent, else a look. `booked` until it is over.

    `let_in_at`: it is a create that counts as accepted since then, though its answer is to come.
    """

    row: Row
    is_create: bool
    began: float = 0.0
    booked: bool = True
    let_in_at: float | None = None


@attrs.define(eq=False)
class Board:
    """The rows of a client and the limits they run under."""

    throttle: Throttle
    budget: PollBudget
    connections: int = 64
    sends_creates: bool = True
    queue: Queue = attrs.field(factory=Queue, init=False)
    looks: deque[Row] = attrs.field(factory=deque, init=False)
    waiting: Timetable[Row] = attrs.field(factory=Timetable[Row], init=False)
    creating: int = attrs.field(default=0, init=False)
    looking: int = attrs.field(default=0, init=False)
    in_flight: int = attrs.field(default=0, init=False)
    carried: int = attrs.field(default=0, init=False)
    answer_time: float = attrs.field(default=0.0, init=False)
    _under_way: dict[Job, None] = attrs.field(factory=dict, init=False)
    _trusted_after: float = attrs.field(default=LET_IN_AFTER, init=False)
    _let_in: dict[Job, None] = attrs.field(factory=dict, init=False)
    _long: dict[Row, Job] = attrs.field(factory=dict, init=False)

    def wake(self, now: float) -> list[Row]:
        """Move what is due to where it is handed out from; the rows whose last look should have been, and was not."""
        too_late: list[Row] = []
        for row in self.waiting.due(now):
            if row.over:
                self.free_slot(row)
            elif row.state is ItemState.NEW:
                self.queue.put_back(row)
            elif row in self._long:
                self._has_lasted(self._long[row], now)
            elif row.state is ItemState.SENDING:
                self.throttle.gate.not_refused()
            elif row.looked_for:
                too_late.append(row)
            else:
                row.looked_for = True
                self.looks.append(row)
                self.waiting.set(row, max(now, row.deadline) + LAST_LOOK)
        return too_late

    def claim(self, now: float) -> Job | None:
        """The next exchange to make at `now`, booked; None when there is none or no room for one."""
        if self.creating + self.looking >= self.connections:
            return None
        row = self._next_create(now)
        if row is not None:
            row.move(ItemState.SENDING)
            self.creating += 1
            self.carried += row.weight
            self.take_slot(row)
            self.throttle.sent()
            job = Job(row, is_create=True, began=now)
            self._under_way[job] = None
            if row.is_long:
                self._long[row] = job
                self.waiting.set(row, now + LET_IN_AFTER)
            elif not self.throttle.gate.has_answered:
                self.waiting.set(row, now + PROBED_FOR)
            return job
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
        if self.creating >= self.create_lanes:
            return "connections"
        if not self.throttle.has_room(now, under_way=self.creating, in_flight=self.in_flight):
            return self.throttle.held_by(now, under_way=self.creating, in_flight=self.in_flight)
        if self._awaits_first_answer:
            return "first_answer"
        return "pictures" if self.queue.next(room=self._room_for_pictures) is None else None

    @property
    def create_lanes(self) -> int:
        """How many connections creates may take: never the last quarter."""
        return self.connections - self.connections // 4

    @property
    def on_the_wire(self) -> int:
        """How many creates have no answer yet."""
        return self.creating + len(self._let_in)

    @property
    def running(self) -> int:
        """How many tasks are accepted and not over."""
        return self.in_flight - self.creating

    def expected_wait(self, now: float, *, ahead: int, for_a_slot: float) -> float:
        """Seconds until a create would leave that has `ahead` others before it.

        `for_a_slot`: when enough tasks will have ended, in seconds, where it has to wait for that.
        """
        by_limits = self.throttle.expected_wait(now, ahead=ahead, for_a_slot=for_a_slot)
        return max(by_limits, self._wait_for_answers(now, ahead))

    def _wait_for_answers(self, now: float, ahead: int) -> float:
        """Seconds, where creates are on the wire and no more may be for now."""
        if self._awaits_first_answer and self._let_in:
            return now - next(iter(self._let_in)).began  # what has taken long will take as long again
        lanes = self.create_lanes
        is_narrow = self.throttle.is_narrow(now, under_way=self.creating)
        if not self._under_way or not (is_narrow or self.creating + ahead >= lanes):
            return 0.0
        oldest = now - next(iter(self._under_way)).began
        first = max(oldest, self.answer_time - oldest)  # as above
        return first + (ahead // lanes) * self.answer_time

    def create_over(self, job: Job, now: float, end: CreateEnd) -> None:
        """A create has left the wire, and how."""
        if not job.booked:
            return
        job.booked = False
        self.carried -= job.row.weight
        self._long.pop(job.row, None)
        self.waiting.strike(job.row)
        if job.let_in_at is None:
            self._is_known(job, now, end)
        else:
            del self._let_in[job]
            self._turned_out(job, job.let_in_at, now, end)

    def _has_lasted(self, job: Job, now: float) -> None:
        """A create that is on the wire for its task's time was not refused: it counts as a task from now on."""
        if job.let_in_at is None:
            job.let_in_at = now
            self._let_in[job] = None
            self._is_known(job, now, "not_refused")
        if now < job.began + self._trusted_after:
            self.throttle.lasted(job.began)
            self.waiting.set(job.row, job.began + self._trusted_after)
        else:
            self.throttle.trusted(job.began)

    def _turned_out(self, job: Job, let_in_at: float, now: float, end: CreateEnd) -> None:
        """What became of a create that counts as a task."""
        if end in ("refused", "not_counted"):
            slow = min(TRUSTED_AFTER * (now - job.began), LATEST_TRUST)
            self._trusted_after = max(self._trusted_after, slow)
        elif end == "accepted":
            self.throttle.trusted(job.began)
        self.throttle.turned_out(end, let_in_at=let_in_at)

    def _is_known(self, job: Job, now: float, end: CreateEnd) -> None:
        """What became of a create, as far as the limits are concerned."""
        self.creating -= 1
        del self._under_way[job]
        took = now - job.began
        self.answer_time += (took - self.answer_time) / REMEMBERED if self.answer_time else took
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
        later = [row for row in self.waiting.things() if row.state is ItemState.NEW and not row.over]
        for row in later:
            self.waiting.strike(row)
        return self.queue.take_all() + later

    def _next_create(self, now: float) -> Row | None:
        has_room = (
            len(self.queue) > 0 and self.sends_creates and self.creating < self.create_lanes and self._has_room(now)
        )
        return self.queue.pop(room=self._room_for_pictures) if has_room else None

    def _has_room(self, now: float) -> bool:
        has_room = self.throttle.has_room(now, under_way=self.creating, in_flight=self.in_flight)
        return has_room and not self._awaits_first_answer

    @property
    def _awaits_first_answer(self) -> bool:
        """Whether as much is on the wire as may be lost to a gateway that has never answered."""
        return not self.throttle.gate.has_answered and self.on_the_wire >= self.throttle.kept_rate.limit

    @property
    def _room_for_pictures(self) -> int | None:
        """Bytes of pictures that one more create may carry; None where it may carry what it likes."""
        return max(MOST_CARRIED - self.carried, 0) if self.carried else None

    def _next_look(self, now: float) -> Row | None:
        while self.looks and self.looks[0].over:
            self.looks.popleft()
        if not self.looks or self.budget.opens_at(now) > now:
            return None
        row = self.looks.popleft()
        row.looked_for = False
        self.waiting.strike(row)
        return row

    def _wake_times(self, now: float) -> Iterator[float | None]:
        yield self.waiting.next()
        if self.queue:
            yield self.throttle.opens_at(now, in_flight=self.in_flight)
        if self.looks:
            opens_at = self.budget.opens_at(now)
            yield opens_at if opens_at > now else None
