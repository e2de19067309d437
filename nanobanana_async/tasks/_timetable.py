"""What is due when: one heap for everything that waits, however many that is."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import attrs


class Scheduled(Protocol):
    """Something that can stand in a timetable, once at a time: `ticket` is its newest entry, or 0."""

    ticket: int


S = TypeVar("S", bound=Scheduled)


@attrs.define
class Timetable(Generic[S]):
    """A heap of (when, what). Setting a thing anew, or striking it out, leaves its old entry behind as a dead one."""

    _heap: list[tuple[float, int, S]] = attrs.field(factory=list, init=False)
    _tickets: Iterator[int] = attrs.field(factory=lambda: itertools.count(1), init=False)
    _dead: int = attrs.field(default=0, init=False)

    def set(self, what: S, when: float) -> None:
        """`what` is due at `when`, and no longer when it was before."""
        self.strike(what)
        what.ticket = next(self._tickets)
        heapq.heappush(self._heap, (when, what.ticket, what))

    def strike(self, what: S) -> None:
        """`what` is not due any more."""
        if what.ticket:
            what.ticket = 0
            self._dead += 1
            self._sweep()

    def due(self, now: float) -> Iterator[S]:
        """Take out whatever is due at `now`, in the order it became due."""
        while (when := self.next()) is not None and when <= now:
            what = heapq.heappop(self._heap)[2]
            what.ticket = 0
            yield what

    def next(self) -> float | None:
        """When the first thing is due; None when there is none."""
        while self._heap and self._heap[0][2].ticket != self._heap[0][1]:
            heapq.heappop(self._heap)
            self._dead -= 1
        return self._heap[0][0] if self._heap else None

    def things(self) -> Iterator[S]:
        """Everything that is in it, in no order."""
        return (what for _, ticket, what in self._heap if what.ticket == ticket)

    def __len__(self) -> int:
        return len(self._heap) - self._dead

    def _sweep(self) -> None:
        """Dead entries hold their things in memory: never more of them than of live ones, and a few."""
        if self._dead > 64 and self._dead * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].ticket == entry[1]]
            heapq.heapify(self._heap)
            self._dead = 0
