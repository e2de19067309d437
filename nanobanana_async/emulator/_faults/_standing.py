"""A fault that stands: when it was added, what it has counted, and its own source of chance.

The chance of a fault comes from the seed and its own text, so that adding or removing another one changes nothing for
it, and nothing here touches the chance of a task. Called from the world's one thread only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random
from typing import Literal, TypeAlias

from attrs import define, field

from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultKind
from nanobanana_async.emulator._operations import Operation

Moment: TypeAlias = Literal["arrival", "plan", "record", "answer", "callback"]
"""When an engine is asked."""
_MOMENTS: Mapping[FaultKind, Moment] = {
    "refusal": "arrival",
    "wire": "answer",
    "fate": "plan",
    "record": "record",
    "file": "answer",
    "balance": "answer",
    "callback": "callback",
}


@define(eq=False)
class Standing:
    """One fault among the active ones, with its memory."""

    fault: Fault
    draw: Random = field(repr=False)
    since: float
    """When it was added, in seconds since the world's first call."""
    moment: Moment = field(init=False)
    operations: Collection[Operation] = field(init=False, repr=False)
    """Those that it is about."""
    struck: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)
    _used: int = field(default=0, init=False)
    """Calls or tasks that it has struck at; a task counts once, however often it is looked at."""
    _chosen: dict[str, bool] = field(factory=dict, init=False, repr=False)
    _looks: dict[str, int] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        fault = self.fault
        self.moment = "arrival" if fault.text("charged") == "no" else _MOMENTS[fault.spec.kind]
        self.operations = fault.when.on or fault.spec.on

    def is_on(self, elapsed: float) -> bool:
        """Whether its time has come and is not over, so many seconds after the world began."""
        when = self.fault.when
        if when.after is not None and elapsed < when.after:
            return False
        return when.lasting is None or elapsed < (self.since if when.after is None else when.after) + when.lasting

    def is_next(self) -> bool:
        """Count a call that it applies to; whether this is one to strike."""
        when = self.fault.when
        self._seen += 1
        # Drawn for each call, struck or not, so that the n-th call has the same luck whatever else is asked for.
        by_chance = when.probability is None or self.draw.random() < when.probability
        return by_chance and when.counts_in(self._seen) and not self.is_spent

    def has_chosen(self, task_id: str) -> bool:
        """Count a task when it is first met; whether it is one of those to strike, now as ever."""
        if task_id not in self._chosen:
            self._chosen[task_id] = self.is_next()
        return self._chosen[task_id]

    def looks_again(self, task_id: str) -> bool:
        """Whether it may strike at one more look at this task."""
        most = self.fault.number("looks")
        return not most or self._looks.get(task_id, 0) < most

    def strike(self, task_id: str | None = None) -> None:
        """It happens, at a task or at any call."""
        self.struck += 1
        self._used += task_id not in self._looks
        if task_id is not None:
            self._looks[task_id] = self._looks.get(task_id, 0) + 1

    @property
    def is_spent(self) -> bool:
        """Whether it has struck at as many calls or tasks as it may."""
        return self.fault.when.times is not None and self._used >= self.fault.when.times
