"""The queue of rows to be sent: first come, first served, also for those that were refused and come back.

A create that carries pictures holds them until it is answered. So as not to fill the memory, such a row may have to
wait until others of its kind are answered. It holds up nobody else: they stand in a lane of their own, in which none
passes another, and whoever carries little passes by.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator

import attrs

from nanobanana_async.tasks._rows import Row

FEW = 64


@attrs.define(eq=False)
class _Lane:
    """Rows in the order of their turns; those that have come back were before all that are here."""

    rows: deque[Row] = attrs.field(factory=deque, init=False)
    returned: list[tuple[int, Row]] = attrs.field(factory=list, init=False)

    def head(self) -> Row | None:
        """The row whose turn it is; None where there is none."""
        while self.returned and not self.returned[0][1].queued:
            heapq.heappop(self.returned)
        if self.returned:
            return self.returned[0][1]
        while self.rows and not self.rows[0].queued:
            self.rows.popleft()
        return self.rows[0] if self.rows else None

    def take(self) -> None:
        """Take out its head."""
        if self.returned:
            heapq.heappop(self.returned)
        else:
            self.rows.popleft()

    def sweep(self) -> None:
        """Let go of those that are over."""
        self.rows = deque(row for row in self.rows if row.queued)
        self.returned = [entry for entry in self.returned if entry[1].queued]
        heapq.heapify(self.returned)

    def __len__(self) -> int:
        return len(self.rows) + len(self.returned)


@attrs.define(eq=False)
class Queue:
    """Rows in the order of their turns. One that comes back keeps its turn; one that is over is passed by.

    A row that ends while it stands here stays where it is until its turn comes, but never more of these than of the
    others, and a few: callers who give up would fill the memory else.
    """

    _light: _Lane = attrs.field(factory=_Lane, init=False)
    _heavy: _Lane = attrs.field(factory=_Lane, init=False)
    _turns: Iterator[int] = attrs.field(factory=lambda: itertools.count(1), init=False)
    _live: int = attrs.field(default=0, init=False)

    def append(self, row: Row) -> None:
        """`row` comes after all that are here."""
        row.turn = next(self._turns)
        row.queued = True
        self._live += 1
        self._lane_of(row).rows.append(row)

    def put_back(self, row: Row) -> None:
        """`row` was taken out and is to be sent again: before all that came after it."""
        row.queued = True
        self._live += 1
        heapq.heappush(self._lane_of(row).returned, (row.turn, row))

    def withdraw(self, row: Row) -> None:
        """`row`, which may stand here, is not to be sent any more."""
        if row.queued:
            row.queued = False
            self._live -= 1
            self._sweep()

    def pop(self, *, room: int | None = None) -> Row | None:
        """Take out the row whose turn it is; None where there is none. It carries no more than `room` bytes."""
        row = self.next(room=room)
        if row is not None:
            self._lane_of(row).take()
            row.queued = False
            self._live -= 1
        return row

    def next(self, *, room: int | None = None) -> Row | None:
        """The row that `pop` would take out."""
        light, heavy = self._light.head(), self._heavy.head()
        if heavy is None or (room is not None and heavy.weight > room):
            return light
        return heavy if light is None or heavy.turn < light.turn else light

    def take_all(self) -> list[Row]:
        """Take out every row, in the order of their turns."""
        taken: list[Row] = []
        while (row := self.pop()) is not None:
            taken.append(row)
        return taken

    def __len__(self) -> int:
        return self._live

    def _lane_of(self, row: Row) -> _Lane:
        return self._heavy if row.weight else self._light

    def _sweep(self) -> None:
        if len(self._light) + len(self._heavy) > 2 * self._live + FEW:
            self._light.sweep()
            self._heavy.sweep()
