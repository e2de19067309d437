"""The queue of rows to be sent: first come, first served, also for those that were refused and come back."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterator

import attrs

from nanobanana_async.tasks._rows import Row

FEW = 64


@attrs.define(eq=False)
class Queue:
    """Rows in the order of their turns. One that comes back keeps its turn; one that is over is passed by.

    A row that ends while it stands here stays where it is until its turn comes, but never more of these than of the
    others, and a few: callers who give up would fill the memory else.
    """

    _rows: deque[Row] = attrs.field(factory=deque, init=False)
    _returned: list[tuple[int, Row]] = attrs.field(factory=list, init=False)
    _turns: Iterator[int] = attrs.field(factory=lambda: itertools.count(1), init=False)
    _live: int = attrs.field(default=0, init=False)

    def append(self, row: Row) -> None:
        """`row` comes after all that are here."""
        row.turn = next(self._turns)
        row.queued = True
        self._live += 1
        self._rows.append(row)

    def put_back(self, row: Row) -> None:
        """`row` was taken out and is to be sent again: before all that came after it."""
        row.queued = True
        self._live += 1
        heapq.heappush(self._returned, (row.turn, row))

    def withdraw(self, row: Row) -> None:
        """`row`, which may stand here, is not to be sent any more."""
        if row.queued:
            row.queued = False
            self._live -= 1
            self._sweep()

    def pop(self) -> Row | None:
        """Take out the row whose turn it is; None where there is none."""
        while self._returned:
            row = heapq.heappop(self._returned)[1]
            if self._is_taken(row):
                return row
        while self._rows:
            row = self._rows.popleft()
            if self._is_taken(row):
                return row
        return None

    def take_all(self) -> list[Row]:
        """Take out every row, in the order of their turns."""
        taken: list[Row] = []
        while (row := self.pop()) is not None:
            taken.append(row)
        return taken

    def __len__(self) -> int:
        return self._live

    def _is_taken(self, row: Row) -> bool:
        if not row.queued:
            return False
        row.queued = False
        self._live -= 1
        return True

    def _sweep(self) -> None:
        if len(self._rows) + len(self._returned) > 2 * self._live + FEW:
            self._rows = deque(row for row in self._rows if row.queued)
            self._returned = [entry for entry in self._returned if entry[1].queued]
            heapq.heapify(self._returned)
