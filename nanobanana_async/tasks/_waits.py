"""What held creates back, and for how long: the clock of a client's queue.

Whoever runs an account at its limit wants to know which limit that is. So whenever something may have changed, one asks
what the head of the queue waits for, and counts the seconds since the last time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

import attrs

HeldBy = Literal["rate", "learned_rate", "in_flight", "first_answer", "refusals", "connections", "pictures"]
"""The account's rate, as given or as refusals have taught; the tasks between create and result; a gate closed by
refusals; all connections in use; as much in the creates on the wire as there is memory for."""


@attrs.define
class Waits:
    """Seconds in which something was to be sent and could not be, by what held it back."""

    _seconds: defaultdict[str, float] = attrs.field(factory=lambda: defaultdict(float), init=False)
    _held_by: HeldBy | None = attrs.field(default=None, init=False)
    _since: float = attrs.field(default=0.0, init=False)

    def note(self, now: float, held_by: HeldBy | None) -> None:
        """From `now` on, the head of the queue is held back by that; None where nothing is, or nothing waits."""
        if self._held_by is not None:
            self._seconds[self._held_by] += now - self._since
        self._held_by, self._since = held_by, now

    def seconds(self, now: float) -> Mapping[str, float]:
        """The sums at `now`."""
        self.note(now, self._held_by)
        return dict(self._seconds)
