"""A rate that a refusal has taught, and what it rests on: it may turn out that less was accepted than it seemed.

A create that lasts as long as its task is taken for accepted long before it is answered. Where it is refused after
all, the lesson is gone through again without it. It must never be made of more than was accepted.
"""

from __future__ import annotations

import math

import attrs

AS_MUCH_AS_EVER = 0.9
"""From which share of the most that was ever accepted a refusal is explained by the rate."""


@attrs.define
class Most:
    """The most creates that were ever accepted in one window, and when that was."""

    count: int = 0
    at: float = -math.inf

    def explains(self, accepted: int) -> bool:
        """Whether a refusal after so many means that no more may be accepted."""
        return accepted > 0 and accepted >= int(AS_MUCH_AS_EVER * self.count)

    def rests_on(self, stamp: float, per: float) -> bool:
        """Whether a create that was counted at `stamp` is one of them, in a window of `per` seconds."""
        return self.at - per < stamp <= self.at

    def take_back(self, stamp: float, per: float) -> None:
        """A create that was counted at `stamp` was not accepted."""
        self.count -= self.rests_on(stamp, per)


@attrs.define
class Lesson:
    """A rate that was learned from what was `accepted` lately; the `most` and the `limit` are those of before."""

    accepted: Most
    most: Most
    limit: int

    def take_back(self, stamp: float, per: float) -> None:
        """A create that was counted at `stamp` was not accepted."""
        self.accepted.take_back(stamp, per)
        self.most.take_back(stamp, per)

    @property
    def rate(self) -> int | None:
        """The rate as it is learned; None where it would not be, for there is nothing left that explains it."""
        return min(self.limit, self.accepted.count) if self.most.explains(self.accepted.count) else None
