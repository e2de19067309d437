"""When to look at a task: first when a result can be there, then at an interval, then ever more slowly.

Theory of operation
===================
1. No look before a result can be there: that is as good as certain to be in vain.
2. Of tasks of which the share h is done each second, looks that are ``sqrt(2 c / h)`` apart cost least in all, where a
   look costs as much as c seconds by which a result is known later: twice as many looks for half the delay pay up to
   there and no further. For h stands 1 over the seconds that are left on average, once a result can be there.
3. A task that is very late tells that it is not one of the usual: what it has taken so far is as good a guess as any
   of what it still takes. So looks at it come ever more slowly, and one that is stuck costs little.
"""

from __future__ import annotations

import math

import attrs

from nanobanana_async.settings import ABOVE_ZERO, FROM_ZERO
from nanobanana_async.values import Expected

RECORD_GRACE = 90.0
"""Seconds in which a record that isn't there yet means nothing (PROTOCOL §1.2)."""

LOOK_COSTS = 0.11
"""What a look costs, in seconds by which a result is known later: 2 s between looks at tasks of about half a minute."""

LONGEST_PAUSE = 60.0
"""Seconds that looks are put off at most because the gateway asks for it."""

VERY_LATE = 3.0
"""Times the usual time."""

AFTER_FAILURE = 2.0
"""Seconds to the next look after one that gave no answer."""


@attrs.frozen(kw_only=True)
class Polling:
    """How tasks are looked at. All times in seconds.

    `first`: when to look for the first time after acceptance. `interval`: between looks after that. Where they are None
    it is as long as is best for what tasks of that kind take: as documented, and, once a few are done, as they took.
    No interval is under `shortest` or over `longest`; a task that is very late is looked at more seldom.
    `per_second`: looks of the whole client a second, at most.
    `speed`: how much faster than documented things go, with an emulator that is sped up; it divides `interval` too.

    Raises:
        ConfigurationError: one of them is out of its range, or no number.
    """

    first: float | None = attrs.field(default=None, validator=FROM_ZERO.or_none())
    interval: float | None = attrs.field(default=None, validator=ABOVE_ZERO.or_none())
    shortest: float = attrs.field(default=0.4, validator=FROM_ZERO)
    longest: float = attrs.field(default=20.0, validator=ABOVE_ZERO)
    per_second: float = attrs.field(default=20.0, validator=ABOVE_ZERO)
    speed: float = attrs.field(default=1.0, validator=ABOVE_ZERO)

    def first_look(self, expected: Expected, random: float) -> float:
        """Seconds from acceptance to the first look; `random` in [0, 1) spreads looks by 5 %."""
        wait = expected.first if self.first is None else self.first
        return max(self.shortest, wait) * (0.95 + 0.1 * random)

    def next_look(self, age: float, expected: Expected, random: float) -> float:
        """Seconds to the next look at a task accepted `age` seconds ago."""
        left = max(0.0, expected.usual - expected.first)
        wait = _best_interval(left) if self.interval is None else self.interval / self.speed
        is_late = age > VERY_LATE * expected.usual
        return self._bounded(max(wait, _best_interval(age)) if is_late else wait, random)

    def after_failure(self, failures: int, random: float, *, retry_after: float | None = None) -> float:
        """Seconds to the next look after `failures` looks in a row (from 1) that gave no answer.

        `retry_after` is what the gateway asks for, in seconds. More than a minute is not waited: tasks have deadlines,
        and one look a minute harms nobody.
        """
        wait = (self.interval or AFTER_FAILURE) / self.speed * 2.0 ** min(failures - 1, 10)
        return max(self._bounded(wait, random), min(retry_after or 0.0, LONGEST_PAUSE))

    def while_missing(self, age: float, random: float) -> float:
        """Seconds to the next look at a task whose record isn't there, `age` seconds after its acceptance."""
        soon = (self.interval or AFTER_FAILURE) / self.speed
        return self._bounded(soon if age < RECORD_GRACE else self.longest, random)

    def _bounded(self, seconds: float, random: float) -> float:
        """`seconds` within the bounds, off by up to 5 % either way."""
        return min(self.longest, max(self.shortest, seconds)) * (0.95 + 0.1 * random)


def _best_interval(left: float) -> float:
    """Seconds between looks at tasks that still take `left` seconds on average."""
    return math.sqrt(2 * LOOK_COSTS * left)
