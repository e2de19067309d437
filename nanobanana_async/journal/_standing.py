"""What a journal says of the account on opening: what still counts against its limits, what is on its way, and what it
all has cost. With this a client takes up where an earlier run has left."""

from __future__ import annotations

import attrs

from nanobanana_async.lifecycle import ItemState


@attrs.frozen
class Sent:
    """A create that the vendor counts, or may count. `answered_at` is None while its answer may still come."""

    sent_at: float
    answered_at: float | None = None


@attrs.frozen(kw_only=True)
class InFlight:
    """A task that the vendor is at work on, or may be: accepted, or with an answer that was lost, and not over."""

    scope: str
    key: str
    state: ItemState
    task_id: str | None
    model: str
    sent_at: float
    accepted_at: float | None


@attrs.frozen
class Standing:
    """What was `sent` lately and counts, and what is `in_flight` still; both in the order in which they were sent."""

    sent: tuple[Sent, ...] = ()
    in_flight: tuple[InFlight, ...] = ()


@attrs.frozen
class Spent:
    """Credits of one scope, over all its generations and attempts.

    `spent` was taken, `reserved` is for what is in flight, `possible` was perhaps taken: the answers were lost. What
    has no known price counts as nothing; `unpriced` is how many of these there are.
    """

    spent: float = 0.0
    reserved: float = 0.0
    possible: float = 0.0
    unpriced: int = 0

    @property
    def total(self) -> float:
        """What a budget has to count as gone: all three together."""
        return self.spent + self.reserved + self.possible
