"""How a batch stands, as numbers and as one line of words. It counts what it is told, and knows no screen."""

from __future__ import annotations

import math
from collections import Counter

import attrs

from nanobanana_async.events import (
    CreateLost,
    CreateRefused,
    CreateSent,
    Event,
    TaskAccepted,
    TaskLooked,
    TaskSucceeded,
)
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import Bill, cost_of, written
from nanobanana_async.values import Item

_SHORTEST = 5.0
"""Seconds before a pace means anything."""


@attrs.define
class Counts:
    """The counts of a run that began at `started`, in seconds of the clock that `line` is given.

    `total` is how many items there are, `done` for how many of them there is nothing to do; `beyond` are not covered by
    the budget, and come out as skipped in the end. `least_seconds` is what the rate allows at best.
    """

    started: float
    total: int = 0
    done: int = 0
    beyond: int = 0
    least_seconds: float = 0.0
    states: Counter[str] = attrs.field(factory=Counter)
    bill: Bill = attrs.field(factory=Bill)
    learned: str = ""
    """The limits that refusals have taught, where they are under those that were given."""
    closed_until: float = 0.0
    """When something may be sent again, after refusals."""
    tasks: dict[str, float] = attrs.field(factory=dict)
    """The ids of those that are paid for and not finished, and when each was first heard of."""
    creates: set[str] = attrs.field(factory=set)
    """The keys of those whose create is on the wire: at a gateway that answers at once, that is all of the work."""
    owed: set[str] = attrs.field(factory=set)
    """The ids of those that are paid for and have no outcome yet: finished, perhaps, and not saved."""

    @property
    def finished(self) -> int:
        """How many items there is nothing more to do for."""
        return self.done + self.states.total()

    @property
    def in_flight(self) -> int:
        """How many are on their way: as a create that waits for its answer, or as a task."""
        return len(self.creates) + len(self.tasks)

    @property
    def to_do(self) -> int:
        """How many are still to have an outcome, those left out that the budget will never send."""
        return max(0, self.total - self.finished - self.never_sent)

    @property
    def never_sent(self) -> int:
        """How many the budget does not cover that are not said to be skipped yet."""
        return max(0, self.beyond - self.states["skipped"])

    def hear(self, event: Event, now: float) -> None:
        """Note what is in flight."""
        self._hear_of_create(event)
        match event:
            case TaskAccepted(task=task) | TaskLooked(task=task) if not task.state.is_final:
                self.tasks.setdefault(task.id, now)
                self.owed.add(task.id)
            case TaskAccepted(task=task) | TaskLooked(task=task):
                self.tasks.pop(task.id, None)
                self.owed.add(task.id)
            case _:
                pass

    def _hear_of_create(self, event: Event) -> None:
        match event:
            case CreateSent(item=Item(key=str(key))):
                self.creates.add(key)
            case (
                CreateRefused(item=Item(key=str(key)))
                | CreateLost(item=Item(key=str(key)))
                | TaskAccepted(item=Item(key=str(key)))
                | TaskSucceeded(item=Item(key=str(key)))
            ):
                self.creates.discard(key)
            case _:
                pass

    def add(self, outcome: Outcome) -> None:
        """Count what became of an item."""
        self.creates.discard(outcome.item.key or "")
        self.states[outcome.state] += 1
        if outcome.charged == "yes":
            request = outcome.item.request
            self.bill.add(outcome.credits, None if isinstance(request, str) else cost_of(request, outcome))
        if outcome.task_id is not None:
            self.tasks.pop(outcome.task_id, None)
            self.owed.discard(outcome.task_id)

    def line(self, now: float) -> str:
        """For people: ``12/48 · 1 failed · 20 in flight · 48 credits · 40/min · 0:35 left``.

        Where all that is left is in flight, no pace tells when the last will be done:
        ``46/48 · waiting for 2 tasks, the oldest for 3:40 · 184 credits · 40/min``.
        What refusals have taught stands in it while it holds: ``10/10 of 20/10 · closed for 39 s``.
        """
        elapsed = max(0.0, now - self.started)
        others = [f"{self.states[state]} {state}" for state in ("failed", "pending", "unknown", "skipped")]
        if self.never_sent:
            others.append(f"{self.never_sent} beyond the budget")
        parts = [
            f"{self.finished}/{self.total - self.never_sent}",
            *(words for words in others if not words.startswith("0 ")),
            self._waiting(now) or f"{self.in_flight} in flight",
            _spent(self.bill),
        ]
        if elapsed >= _SHORTEST:
            parts.append(f"{60 * self.states['succeeded'] / elapsed:.0f}/min")
        if self.learned:
            parts.append(self.learned)
        if self.closed_until > now:
            parts.append(f"closed for {math.ceil(self.closed_until - now)} s")
        if not self._waiting(now):
            parts.append(f"{clock(self.seconds_left(now))} left")
        return " · ".join(parts)

    def _waiting(self, now: float) -> str:
        """What is waited for, where nothing more is to be sent; else nothing."""
        if not self.tasks or self.to_do > len(self.owed):
            return ""
        tasks = "1 task" if len(self.tasks) == 1 else f"{len(self.tasks)} tasks"
        return f"waiting for {tasks}, the oldest for {clock(now - min(self.tasks.values()))}"

    def seconds_left(self, now: float) -> float:
        """What the rate allows at best; past that, what the pace so far tells. What is skipped has no pace."""
        elapsed = max(0.0, now - self.started)
        here = self.states.total() - self.states["skipped"]
        by_pace = elapsed / here * self.to_do if here else 0.0
        by_rate = self.least_seconds - elapsed if self.to_do else 0.0
        return by_rate if by_rate > 0 else by_pace


def _spent(bill: Bill) -> str:
    """In one number: what no record tells counts at its documented price, and the number is about right."""
    known, unknown = bill.credits + bill.about, f"{bill.unknown} of unknown price" if bill.unknown else ""
    words = f"{'about ' if bill.about else ''}{written(known)} credits" if known or not unknown else ""
    return " and ".join(filter(None, (words, unknown)))


def clock(seconds: float) -> str:
    """A stretch of time for people: ``0:35``, ``2:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
