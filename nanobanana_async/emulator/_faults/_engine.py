"""The engine: which faults are active, and what they make of each call.

Theory of operation

1. A world consults it at five moments: a call arrives, a task's fate is drawn, a record is written, an answer leaves,
   a callback falls due. Each fault belongs to one of them.
2. A fault counts every call that it applies to, whether or not another one strikes there too; so "the 3rd createTask"
   is the third, whatever else is active.
3. Faults strike in the order in which they were added, each upon what the one before has left. Where no answer is left
   to spoil, the later one has not struck. An answer that is kept back is spoilt when it comes.
4. A fault about fates or records counts tasks, not calls, and what it has once chosen stays chosen: a task does not
   change its shape from look to look.
5. Time is counted from the first call that the world is asked: a world may be made long before the loop runs whose
   clock is its own.
6. The active faults are one tuple, replaced whole: any thread may add and remove, the world's thread reads.
7. With none active it costs three calls that return at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from random import Random

from attrs import define, evolve, field

from nanobanana_async.emulator._calls import Call, Later, Reply, Whole
from nanobanana_async.emulator._faults._answers import applies, spoiled, withheld
from nanobanana_async.emulator._faults._fates import changed_plan
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._matter import Matter, matter_of, matter_of_order
from nanobanana_async.emulator._faults._names import FaultError
from nanobanana_async.emulator._faults._record import changed_record
from nanobanana_async.emulator._faults._standing import Moment, Standing
from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._plans import Plan
from nanobanana_async.emulator._tasks import Task, Tasks


def _no_tasks() -> Tasks:
    return Tasks(0)


@define(eq=False)
class Faults:
    """The active faults. Subclasses may override a moment and do as they like there.

    Args:
        faults: The first ones, as values or as text: one or several.
        seed: Of their chance; None takes the world's.

    Raises:
        FaultError: One of them cannot be understood.
    """

    _faults: Fault | str | Iterable[Fault | str] | None = field(default=(), repr=False)
    seed: int | None = None
    _standing: tuple[Standing, ...] = field(default=(), init=False, repr=False)
    _strikes: dict[str, int] = field(factory=dict, init=False, repr=False)
    """By name, of the active ones and of those that were. Only the world's thread counts here."""
    _latest: tuple[Fault, ...] = field(default=(), init=False, repr=False)
    _writing: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _clock: Callable[[], float] | None = field(default=None, init=False, repr=False)
    _began: float | None = field(default=None, init=False, repr=False)
    """When the world was first asked; before that no clock is read, for its loop may not run yet."""
    _tasks: Tasks = field(factory=_no_tasks, init=False, repr=False)
    _world_seed: int = field(default=0, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.replace(_listed(self._faults))

    def __iter__(self) -> Iterator[Fault]:
        """The active ones, in the order in which they were added."""
        return (each.fault for each in self._standing)

    def __len__(self) -> int:
        """How many are active."""
        return len(self._standing)

    def __bool__(self) -> bool:
        """Always true: no active fault is still an engine."""
        return True

    @property
    def latest(self) -> tuple[Fault, ...]:
        """What struck at the call that the world served last."""
        return self._latest

    def add(self, fault: Fault | str) -> Fault:
        """Make a fault active, as a value or as text. From any thread.

        Raises:
            FaultError: The text cannot be understood.
        """
        value = _read(fault)
        since = self._elapsed()
        with self._writing:
            self._standing = (*self._standing, self._new(value, self._standing, since))
        return value

    def remove(self, fault: Fault | str) -> None:
        """Take back the oldest fault that is equal to this one. From any thread.

        Raises:
            FaultError: It is not active, or the text cannot be understood.
        """
        value = _read(fault)
        with self._writing:
            found = next((each for each in self._standing if each.fault == value), None)
            if found is None:
                raise self._not_active(value)
            self._standing = tuple(each for each in self._standing if each is not found)

    def replace(self, faults: Iterable[Fault | str]) -> None:
        """Make these the active ones, all at once, in place of those that were. From any thread.

        Raises:
            FaultError: One of them cannot be understood; then all is as it was.
        """
        values = [_read(fault) for fault in faults]
        since = self._elapsed()
        with self._writing:
            self._standing = self._all_new(values, since)

    def clear(self) -> None:
        """Take back all of them. From any thread."""
        self.replace(())

    def struck(self, fault: Fault | str) -> int:
        """How often a fault has struck.

        A bare name, as in ``struck("too-many")``, is all faults of that name together, those that were taken back
        included. Anything else is the active ones that are equal to it.

        Raises:
            FaultError: There is no such fault, or the text cannot be understood.
        """
        value = _read(fault)
        if isinstance(fault, str) and value == Fault(value.name):
            if value.name not in self._strikes:
                raise self._not_active(value)
            return self._strikes[value.name]
        counts = self.counts()
        if value not in counts:
            raise self._not_active(value)
        return counts[value]

    def counts(self) -> Mapping[Fault, int]:
        """How often each active fault has struck, equal ones together, in the order in which they were added."""
        counts: dict[Fault, int] = {}
        for each in self._standing:
            counts[each.fault] = counts.get(each.fault, 0) + each.struck
        return counts

    def begin(self, clock: Callable[[], float], tasks: Tasks, *, seed: int) -> None:
        """A world begins and will consult these faults: every count starts anew. For the world to call."""
        with self._writing:
            self._clock, self._began, self._tasks, self._world_seed = clock, None, tasks, seed
            self._strikes = {}
            self._standing = self._all_new(self, 0.0)

    def on_arrival(self, call: Call, now: float) -> Reply | None:
        """Before anything is looked at: an answer in its place, with no effect on the world; None to go on."""
        self._latest = ()
        self._elapsed_at(now)
        if not self._standing:
            return None
        reply: Reply | None = None
        for each in self._about(call, "arrival", now):
            if each.is_next() and reply is None:
                reply = withheld(each.fault, call)
                self._strike(each)
        return reply

    def on_plan(self, order: Order, plan: Plan, draw: Random) -> Plan:  # noqa: ARG002 - for those who override it
        """A task has been accepted and its fate drawn: the fate that it shall have."""
        if not self._standing:
            return plan
        for each in self._at("plan", plan.created_at, lambda: matter_of_order(order)):
            changed = changed_plan(each.fault, plan) if each.is_next() else None
            if changed is not None:
                plan = changed
                self._strike(each)
        return plan

    def on_record(self, task: Task, said: dict[str, object], now: float) -> dict[str, object]:
        """The record of a task has been written: what is said of it."""
        if not self._standing:
            return said
        for each in self._at("record", now, lambda: matter_of_order(task.order)):
            changed = changed_record(each.fault, task, said, now)
            if changed is not None and each.has_chosen(task.id) and each.looks_again(task.id):
                said = changed
                self._strike(each, task.id)
        return said

    def on_answer(self, call: Call, reply: Reply, now: float) -> Reply:
        """The call has had its effect: what the client gets to see of it."""
        if not self._standing:
            return reply
        meant = left = reply.reply if isinstance(reply, Later) else reply
        for each in self._about(call, "answer", now):
            if not applies(each.fault, call, meant) or not each.is_next():
                continue
            changed = spoiled(each.fault, call, left) if isinstance(left, Whole) else None
            if changed is not None:
                left = changed
                self._strike(each)
        return evolve(reply, reply=left) if isinstance(reply, Later) else left

    def on_callback(self, task: Task, now: float) -> tuple[Fault, ...]:
        """The callback of a task falls due: the faults of kind `callback` that strike at it. Asked once a task."""
        found = [each for each in self._at("callback", now, lambda: matter_of_order(task.order)) if each.is_next()]
        for each in found:
            self._count(each)
        return tuple(each.fault for each in found)

    def _about(self, call: Call, moment: Moment, now: float) -> Iterator[Standing]:
        about = partial(matter_of, call, self._tasks)
        return (each for each in self._at(moment, now, about) if call.operation in each.operations)

    def _at(self, moment: Moment, now: float, about: Callable[[], Matter | None]) -> Iterator[Standing]:
        elapsed = self._elapsed_at(now)
        for each in self._standing:
            if each.moment == moment and each.is_on(elapsed) and _is_meant(each.fault, about):
                yield each

    def _strike(self, each: Standing, task_id: str | None = None) -> None:
        self._count(each, task_id)
        self._latest = (*self._latest, each.fault)

    def _count(self, each: Standing, task_id: str | None = None) -> None:
        each.strike(task_id)
        self._strikes[each.fault.name] = self._strikes.get(each.fault.name, 0) + 1

    def _all_new(self, faults: Iterable[Fault], since: float) -> tuple[Standing, ...]:
        standing: tuple[Standing, ...] = ()
        for fault in faults:
            standing = (*standing, self._new(fault, standing, since))
        return standing

    def _new(self, fault: Fault, others: tuple[Standing, ...], since: float) -> Standing:
        seed = self._world_seed if self.seed is None else self.seed
        twin = sum(each.fault == fault for each in others)
        draw = Random(f"{seed}:{fault}:{twin}")  # noqa: S311 - to be repeated, not secret
        self._strikes.setdefault(fault.name, 0)
        return Standing(fault, draw, since)

    def _elapsed(self) -> float:
        """Seconds since the beginning, by the world's own clock; none before it."""
        return 0.0 if self._clock is None or self._began is None else max(self._clock() - self._began, 0.0)

    def _elapsed_at(self, now: float) -> float:
        """Seconds since the beginning, which is when this is first asked; a clock that was put back begins anew."""
        self._began = now if self._began is None else min(self._began, now)
        return now - self._began

    def _not_active(self, fault: Fault) -> FaultError:
        active = "; ".join(map(str, self)) or "none"
        return FaultError(f"{str(fault)!r} is not active. Active: {active}.")


def _listed(faults: object) -> list[Fault]:
    """One fault or several, as values or as text; None is none."""
    if faults is None:
        return []
    if isinstance(faults, str | Fault):
        return [_read(faults)]
    if not isinstance(faults, Iterable):
        raise FaultError(f'faults={faults!r} is not allowed: one fault or a list, as in ["too-many,nth=3", "silent"]')
    return [_read(fault) for fault in faults]


def _read(fault: object) -> Fault:
    if isinstance(fault, str):
        return Fault.parse(fault)
    if not isinstance(fault, Fault):
        raise FaultError(f"{fault!r} is no fault: give text, such as 'too-many,nth=3', or a Fault")
    return fault


def _is_meant(fault: Fault, about: Callable[[], Matter | None]) -> bool:
    if not fault.when.asks_about:
        return True
    matter = about()
    return matter is not None and fault.when.is_about(matter.model, matter.prompt)
