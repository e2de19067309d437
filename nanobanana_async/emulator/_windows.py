"""How new tasks are counted against the account's limit (PROTOCOL §1.4).

The vendor says "20 in any 10 s" and refuses the rest without queueing it; it does not say how it counts. A sliding
window is the default; the other usual ways stand beside it, each with a harsher sister that counts what it refuses. A
way of counting is a class with `admit`, chosen by `EmulatorOptions.window` or `World.limit_to`.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol, runtime_checkable

from attrs import define, field, frozen

from nanobanana_async.emulator._option_checks import number, whole

_ROUNDING = 1e-6
"""A token that is whole but for so much is whole: floats round."""


@frozen
class Limit:
    """At most `count` new tasks in `per` seconds. Raises OptionError for what is no limit."""

    count: int = field(default=20, validator=whole(least=1))
    per: float = field(default=10.0, kw_only=True, validator=number(above=0))


class Window(Protocol):
    """A way of counting, with the state of one account."""

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""


@runtime_checkable
class ForetellingWindow(Window, Protocol):
    """A way of counting that can say when there will be room again. A window of one's own need not."""

    def opens_in(self, now: float) -> float:
        """Seconds until a request would be let in, if none came in between; 0 where one would be now."""


@define
class SlidingWindow:
    """Lets in `count` requests within any stretch of `per` seconds.

    With `count_refused` a refused request counts as well, so whoever keeps knocking is never let in.
    """

    limit: Limit
    count_refused: bool = field(default=False, kw_only=True)
    _counted: deque[float] = field(init=False, repr=False)
    """The last `count` of them: where the oldest of these has left the window, there is room."""

    def __attrs_post_init__(self) -> None:
        self._counted = deque(maxlen=self.limit.count)

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""
        is_full = len(self._counted) == self.limit.count
        is_admitted = not is_full or self._counted[0] <= now - self.limit.per
        if is_admitted or self.count_refused:
            self._counted.append(now)
        return is_admitted

    def opens_in(self, now: float) -> float:
        """Seconds until a request would be let in; 0 where one would be now."""
        is_full = len(self._counted) == self.limit.count
        return max(self._counted[0] + self.limit.per - now, 0.0) if is_full else 0.0


@define
class FixedWindow:
    """Lets in `count` requests in each window of `per` seconds; the windows follow each other without a gap.

    They are aligned to the epoch, as a counter is whose name is the time divided by `per`: the likelier way, and the
    harsher one for a client that learns, since it may see twice the limit pass within `per` seconds and be refused
    later for half of that. With `count_refused` each refusal keeps the gate shut for `per` seconds, as a counter does
    whose expiry is renewed by every request.

    Args:
        limit: How many, in how long.
        phase: Seconds by which the windows begin after those that are aligned to the epoch.
        count_refused: Whether refusals count.
    """

    limit: Limit
    phase: float = field(default=0.0, kw_only=True)
    count_refused: bool = field(default=False, kw_only=True)
    _window: float = field(default=-math.inf, init=False, repr=False)
    _admitted: int = field(default=0, init=False, repr=False)
    _shut_until: float = field(default=-math.inf, init=False, repr=False)

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""
        window = (now - self.phase) // self.limit.per
        if window != self._window:
            self._window, self._admitted = window, 0
        if now < self._shut_until or self._admitted >= self.limit.count:
            if self.count_refused:
                self._shut_until = now + self.limit.per
            return False
        self._admitted += 1
        return True

    def opens_in(self, now: float) -> float:
        """Seconds until a request would be let in; 0 where one would be now."""
        ends = (self._window + 1) * self.limit.per + self.phase if self._admitted >= self.limit.count else now
        return max(ends - now, self._shut_until - now, 0.0)


@define
class Bucket:
    """Lets in a request for each token; `count` of them fit, and they come back evenly, `count` in `per` seconds.

    With `count_refused` a refused request takes what there is of a token, so whoever knocks faster than they come back
    is never let in.
    """

    limit: Limit
    count_refused: bool = field(default=False, kw_only=True)
    _tokens: float = field(init=False, repr=False)
    _at: float | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._tokens = float(self.limit.count)

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""
        passed = 0.0 if self._at is None else max(now - self._at, 0.0)
        self._tokens = min(self._tokens + passed * self.limit.count / self.limit.per, self.limit.count)
        self._at = now
        is_admitted = self._tokens >= 1 - _ROUNDING
        if is_admitted:
            self._tokens = max(self._tokens - 1, 0.0)
        elif self.count_refused:
            self._tokens = 0.0
        return is_admitted

    def opens_in(self, now: float) -> float:
        """Seconds until a request would be let in; 0 where one would be now."""
        if self._at is None:
            return 0.0
        ready_at = self._at + (1 - self._tokens) * self.limit.per / self.limit.count
        return max(ready_at - now, 0.0)
