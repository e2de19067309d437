"""Which callbacks are due, and when: PROTOCOL §1.6, with everything that may go wrong on the way.

Theory of operation

1. A task with a `callBackUrl` is booked when it is accepted, for the moment at which its plan ends. Nothing runs
   in between: whoever carries callbacks asks `next_at`, sleeps, and takes what is due.
2. Faults are asked once a task, when its callback falls due.
3. Not answered with a 2xx in time, it is repeated up to 3 times, after 1, 5 and 15 s (the vendor documents the number
   for sibling services, the pauses are ours), divided by the speed of the emulator. Each attempt is signed anew, when
   it goes out: one that had to wait for a busy receiver is as fresh as any.
4. One that was answered or given up is written down, so that an emulator with a state folder never sends it again.
5. An address beyond this machine is noted and never handed out, also with `allow_remote`.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from attrs import define, evolve, field

from nanobanana_async.emulator._accounts import Accounts
from nanobanana_async.emulator._callbacks._delivery import Delivery, signed
from nanobanana_async.emulator._callbacks._forgery import WRONG_KEY, forgery, unknown_id
from nanobanana_async.emulator._callbacks._words import Shape, message, record_of, succeeded_by
from nanobanana_async.emulator._faults import Fault, FaultName, Faults
from nanobanana_async.emulator._ledger import CallbackSeen, Ledger
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._places import is_loopback
from nanobanana_async.emulator._state import StateLog
from nanobanana_async.emulator._tasks import Task

PAUSES = (1.0, 5.0, 15.0)
"""Seconds before the second, third and fourth attempt, at a speed of 1."""
HELD_SECONDS = 30.0
"""How long a callback waits for the next one that it is to come after, at a speed of 1."""
REPLAYED_AFTER = 600.0
"""Seconds, at any speed: what a receiver takes for fresh is a matter of its own clock."""

_Ills: TypeAlias = Mapping[FaultName, Fault]
_logger = logging.getLogger("nanobanana_async.emulator")


@define
class Callbacks:
    """All callbacks that are still to be sent. Waits for nothing; its only clock is the `now` it is told."""

    _options: EmulatorOptions
    _accounts: Accounts
    _ledger: Ledger
    _log: StateLog
    _faults: Faults
    on_earlier: Callable[[], None] | None = field(default=None, init=False, repr=False)
    """Called when `next_at` has come nearer; for the one who sleeps until then."""
    _due: list[tuple[float, int, Task | Delivery]] = field(factory=list, init=False, repr=False)
    _held: deque[tuple[float, Delivery]] = field(factory=deque, init=False, repr=False)
    """Until when each is held, in the order in which they fell due: so whoever may go stands in front."""
    _to_replay: set[str] = field(factory=set, init=False, repr=False)
    _settled: set[str] = field(factory=set, init=False, repr=False)
    _numbers: count[int] = field(factory=count, init=False, repr=False)

    def book(self, task: Task) -> None:
        """Tell the receiver of this task, if it named one, when its plan ends; one that never ends is never told of."""
        if task.callback_url and task.plan.ends:
            self._push(task.plan.last.at, task)

    def settled_before(self, task_id: str) -> None:
        """An earlier emulator on the same state folder has done with the callback of this task."""
        self._settled.add(task_id)

    def next_at(self) -> float | None:
        """When something falls due; None while nothing will."""
        return min((queue[0][0] for queue in (self._held, self._due) if queue), default=None)

    def take_due(self, now: float) -> list[Delivery]:
        """What is to be sent now. Each goes out as `sealed` makes it, and must be given back to `answered`."""
        ready: list[Delivery] = []
        while self._held and self._held[0][0] <= now:
            ready.append(self._held.popleft()[1])
        while self._due and self._due[0][0] <= now:
            what = heappop(self._due)[2]
            ready += self._first(what, now) if isinstance(what, Task) else [what]
        return [each for each in ready if self._stays_here(each, now)]

    def sealed(self, delivery: Delivery, now: float) -> Delivery:
        """The callback as it goes out at this moment: with the time of now under its signature. To be sent at once."""
        if delivery.kind == "replayed":
            return delivery
        key = self._options.webhook_key if delivery.signs else None
        if delivery.kind == "forged" and key is not None:
            key = WRONG_KEY
        going = evolve(delivery, headers=signed(delivery.task_id, key, now))
        if delivery.kind == "genuine" and delivery.task_id in self._to_replay:
            self._to_replay.discard(delivery.task_id)
            self._push(now + REPLAYED_AFTER, evolve(going, kind="replayed"))
        return going

    def answered(self, delivery: Delivery, status: int | None, now: float) -> None:
        """Book what the receiver said, None for nothing at all: done, to be repeated, or given up."""
        self._note(delivery, status, now)
        if delivery.kind == "genuine":
            is_taken = status is not None and 200 <= status < 300
            if is_taken or delivery.attempt > len(PAUSES):
                self._settle(delivery.task_id)
            else:
                pause = PAUSES[delivery.attempt - 1] / self._options.speed
                self._push(now + pause, evolve(delivery, attempt=delivery.attempt + 1))
            self._release(delivery, now)

    def _first(self, task: Task, now: float) -> list[Delivery]:
        """What becomes of the callback of a task that has just ended."""
        if task.id in self._settled:
            self._settled.discard(task.id)
            return []
        ills: _Ills = {fault.name: fault for fault in self._faults.on_callback(task, now)}
        genuine = self._genuine(task, ills, now)
        if "callback-replayed" in ills:
            self._to_replay.add(task.id)
        copies = [genuine, genuine] if "callback-twice" in ills else [genuine]
        forged = self._forged(task, now) if "callback-forged" in ills else []
        return forged + self._held_up(copies, ills, now)

    def _held_up(self, copies: list[Delivery], ills: _Ills, now: float) -> list[Delivery]:
        """Which of them go at once; the others are put off, or never go."""
        if "callback-never" in ills:
            self._note(copies[0], None, now, "never sent")
            self._settle(copies[0].task_id)
        elif "callback-late" in ills:
            for copy in copies:
                self._push(now + ills["callback-late"].number("seconds"), copy)
        elif "callback-out-of-order" in ills:
            self._held.extend((now + HELD_SECONDS / self._options.speed, copy) for copy in copies)
        else:
            return copies
        return []

    def _genuine(self, task: Task, ills: _Ills, now: float) -> Delivery:
        said = record_of(task, now, self._options)
        if self._options.record_shape == "old" and task.order.dialect == "jobs":  # PROTOCOL §1.2: older ones had these
            consumed = task.order.credits if succeeded_by(said) else 0.0
            said |= {
                "consumeCredits": consumed,
                "remainedCredits": self._accounts.named(task.account).balance(now),
            }
        fault = ", ".join(name for name in ills if name != "callback-forged") or None
        body = message(said, _shape(ills.get("callback-shape")))
        signs = task.order.dialect != "images"
        return Delivery(task.id, task.callback_url or "", body, task.plan.last.at, signs=signs, fault=fault)

    def _forged(self, task: Task, now: float) -> list[Delivery]:
        """For this task, for one that is still running, and for one that never was."""
        running = next((entry[2] for entry in self._due if isinstance(entry[2], Task)), None)
        victims = [task] if running is None else [task, running]
        stranger = evolve(task, id=unknown_id(task.id))
        return [self._forgery(each, now) for each in (*victims, stranger)]

    def _forgery(self, task: Task, now: float) -> Delivery:
        return forgery(task, record_of(task, now, self._options), task.callback_url or "", now)

    def _stays_here(self, delivery: Delivery, now: float) -> bool:
        if is_loopback(delivery.url):
            return True
        self._note(delivery, None, now, "not sent: leaves this machine")
        if delivery.kind == "genuine":
            self._settle(delivery.task_id)
        return False

    def _release(self, delivery: Delivery, now: float) -> None:
        """A later one has been answered: those that were to come after it may go."""
        while self._held and self._held[0][1].due_at < delivery.due_at:
            self._push(now, self._held.popleft()[1])

    def _push(self, at: float, what: Task | Delivery) -> None:
        before = self.next_at()
        heappush(self._due, (at, next(self._numbers), what))
        if self.on_earlier is not None and (before is None or at < before):
            self.on_earlier()

    def _settle(self, task_id: str) -> None:
        try:
            self._log.append("callback", {"task": task_id})
        except OSError as error:
            _logger.warning("the callback of %s will be sent again after a restart: %s", task_id, error)

    def _note(self, delivery: Delivery, status: int | None, now: float, note: str = "") -> None:
        seen = CallbackSeen(
            at=now,
            task_id=delivery.task_id,
            url=delivery.url,
            kind=delivery.kind,
            attempt=delivery.attempt,
            status=status,
            fault=delivery.fault,
            note=note,
        )
        self._ledger.callbacks.append(seen)


def _shape(fault: Fault | None) -> Shape | None:
    match fault.text("shape") if fault else None:
        case "top":
            return "top"
        case "task_id":
            return "task_id"
        case "taskId":
            return "taskId"
        case _:
            return None
