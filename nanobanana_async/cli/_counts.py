"""How a batch stands, as numbers and as one line of words. It counts what it is told, and knows no screen."""

from __future__ import annotations

from collections import Counter

import attrs

from nanobanana_async.events import Event, TaskAccepted, TaskLooked
from nanobanana_async.outcomes import Outcome

_SHORTEST = 5.0
"""Seconds before a pace means anything."""


@attrs.define
class Counts:
    """The counts of a run that began at `started`, in seconds of the clock that `line` is given.

    `total` is how many items there are, `done` for how many of them there is nothing to do; `least_seconds` is what the
    rate allows at best.
    """

    started: float
    total: int = 0
    done: int = 0
    least_seconds: float = 0.0
    states: Counter[str] = attrs.field(factory=Counter)
    credits: float = 0.0
    tasks: set[str] = attrs.field(factory=set)
    """The ids of those that are paid for and not finished."""

    @property
    def finished(self) -> int:
        """How many items there is nothing more to do for."""
        return self.done + self.states.total()

    def hear(self, event: Event) -> None:
        """Note what is in flight."""
        match event:
            case TaskAccepted(task=task) | TaskLooked(task=task) if not task.state.is_final:
                self.tasks.add(task.id)
            case TaskAccepted(task=task) | TaskLooked(task=task):
                self.tasks.discard(task.id)
            case _:
                pass

    def add(self, outcome: Outcome) -> None:
        """Count what became of an item."""
        self.states[outcome.state] += 1
        self.credits += outcome.credits or 0.0
        if outcome.task_id is not None:
            self.tasks.discard(outcome.task_id)

    def line(self, now: float) -> str:
        """For people: ``12/48 · 1 failed · 20 in flight · 48 credits · 40/min · 0:35 left``."""
        elapsed = max(0.0, now - self.started)
        others = [f"{self.states[state]} {state}" for state in ("failed", "pending", "unknown", "skipped")]
        parts = [
            f"{self.finished}/{self.total}",
            *(words for words in others if not words.startswith("0 ")),
            f"{len(self.tasks)} in flight",
            f"{self.credits:g} credits",
        ]
        if elapsed >= _SHORTEST:
            parts.append(f"{60 * self.states['succeeded'] / elapsed:.0f}/min")
        return " · ".join([*parts, f"{clock(self.seconds_left(now))} left"])

    def seconds_left(self, now: float) -> float:
        """What the rate allows at best; past that, what the pace so far tells."""
        elapsed = max(0.0, now - self.started)
        here = self.states.total()
        by_pace = elapsed / here * (self.total - self.finished) if here else 0.0
        by_rate = self.least_seconds - elapsed
        return by_rate if by_rate > 0 else by_pace


def clock(seconds: float) -> str:
    """A stretch of time for people: ``0:35``, ``2:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
