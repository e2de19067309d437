"""One task, several rows: it is looked at in one of them, and the others are told what it hears.

A task may be waited for by its id, and taken up by its key a moment later. Two rows that both look at it would cost
twice as many looks, hold two slots, and each tell the journal an end of its own.
"""

from __future__ import annotations

import attrs

from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._rows import Row, TaskListener


@attrs.frozen(eq=False)
class _Relay(TaskListener):
    """Listens to the row that looks, on behalf of another. What it wants to know of is the present task."""

    desk: Desk
    row: Row

    def settled(self, outcome: Outcome) -> None:
        """The task is over, and so is the other row."""
        if not self.row.over:
            self.row.state = ItemState(outcome.state)
            self.desk.settle(self.row, attrs.evolve(outcome, item=self.row.item, index=self.row.index))


def share(desk: Desk, row: Row, leader: Row) -> None:
    """Tell `row` what becomes of the task of `leader`, which is looked at there."""
    row.task, row.accepted_at = leader.task, leader.accepted_at
    leader.deadline = max(leader.deadline, row.deadline, desk.now() + desk.settings.deadline)
    if leader.place is None:  # it was known by its id alone: from now on the journal hears of it
        leader.place = row.place
    leader.listeners.append(_Relay(desk, row))
