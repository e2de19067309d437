"""When to look at a task: first when a result can be there, then at an interval, then ever more slowly."""

from __future__ import annotations

import attrs
from attrs.validators import ge, gt

from nanobanana_async.values import Expected

RECORD_GRACE = 90.0
"""Seconds in which a record that isn't there yet means nothing (PROTOCOL §1.2)."""


@attrs.frozen(kw_only=True)
class Polling:
    """How tasks are looked at. All times in seconds.

    `first`: when to look for the first time after acceptance; None takes the documented time of the request, and, once
    a few tasks of that kind are done, what they took.
    `interval`: between looks after that, never under `shortest` and, for late tasks, never over `longest`.
    `per_second`: looks of the whole client a second, at most.
    `speed`: divides the documented times and the interval, for an emulator that is sped up; not the bounds.
    """

    first: float | None = None
    interval: float = attrs.field(default=2.0, validator=gt(0))
    shortest: float = attrs.field(default=0.4, validator=ge(0))
    longest: float = attrs.field(default=20.0, validator=gt(0))
    per_second: float = attrs.field(default=20.0, validator=gt(0))
    speed: float = attrs.field(default=1.0, validator=gt(0))

    def first_look(self, expected: Expected, random: float, *, learned: float | None = None) -> float:
        """Seconds from acceptance to the first look; `random` in [0, 1) spreads looks by 5 %.

        `learned` is when a result can be there as seen from earlier tasks, in seconds; None where nothing is known.
        """
        documented = expected.first / self.speed if learned is None else learned
        wait = documented if self.first is None else self.first
        return max(self.shortest, wait) * (0.95 + 0.1 * random)

    def next_look(self, age: float, expected: Expected, random: float) -> float:
        """Seconds to the next look at a task accepted `age` seconds ago.

        The interval holds for three times the usual time; past that it is a tenth of the age, up to 20 s: a task that
        is so late is more likely stuck than about to finish.
        """
        interval = self.interval / self.speed
        late = age > 3 * expected.usual / self.speed
        return self._bounded(max(interval, age / 10) if late else interval, random)

    def after_failure(self, failures: int, random: float) -> float:
        """Seconds to the next look after `failures` looks in a row (from 1) that gave no answer."""
        return self._bounded(self.interval / self.speed * 2.0 ** min(failures - 1, 10), random)

    def while_missing(self, age: float, random: float) -> float:
        """Seconds to the next look at a task whose record isn't there, `age` seconds after its acceptance."""
        return self._bounded(self.interval / self.speed if age < RECORD_GRACE else self.longest, random)

    def _bounded(self, seconds: float, random: float) -> float:
        """`seconds` within the bounds, off by up to 5 % either way."""
        return min(self.longest, max(self.shortest, seconds)) * (0.95 + 0.1 * random)
