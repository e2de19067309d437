"""How long tasks of one kind take, learned from those that are done.

The vendor's documents give a range, and the range is of another day: a first look at the documented time comes too
early or too late. What is done says better when a result can be there, and how long one waits for it then. By the
records' own times (PROTOCOL §1.2), so that neither clock has to be right.
"""

from __future__ import annotations

from collections import deque
from statistics import fmean

import attrs

from nanobanana_async.values import Expected

REMEMBERED = 200
"""The newest so many tasks: a gateway that has become slower is believed within some minutes."""
ENOUGH = 5
"""From so many on, what was seen goes before what is documented."""
EARLIEST = 0.05
"""The share of tasks that may be done before the first look, and wait for it. Earlier looks cost more than they win."""


@attrs.define
class Durations:
    """The newest durations of one kind of task, in seconds."""

    _seconds: deque[float] = attrs.field(factory=lambda: deque(maxlen=REMEMBERED), init=False)
    _expected: Expected | None = attrs.field(default=None, init=False)

    def add(self, seconds: float) -> None:
        """One more is done; what is no duration (a record without its times, a clock that ran back) is left out."""
        if seconds > 0:
            self._seconds.append(seconds)
            self._expected = None

    def expected(self) -> Expected | None:
        """How long a task of this kind takes, in seconds after acceptance; None where too little is known."""
        if len(self._seconds) < ENOUGH:
            return None
        if self._expected is None:
            ranked = sorted(self._seconds)
            self._expected = Expected(ranked[int(EARLIEST * len(ranked))], fmean(ranked))
        return self._expected
