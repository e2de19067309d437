"""How new tasks are counted against the account's limit (PROTOCOL §1.4).

The vendor says "20 in any 10 s" and refuses the rest without queueing it; it does not say how it counts. A
sliding window is the default. Other ways of counting are other classes with `admit`, chosen by
`EmulatorOptions.window`.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from attrs import define, field, frozen, validators


@frozen
class Limit:
    """At most `count` new tasks in `per` seconds."""

    count: int = field(default=20, validator=validators.ge(1))
    per: float = field(default=10.0, kw_only=True, validator=validators.gt(0))


class Window(Protocol):
    """A way of counting, with the state of one account."""

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""


@define
class SlidingWindow:
    """Lets in `count` requests within any stretch of `per` seconds; refused ones don't count."""

    limit: Limit
    _admitted: deque[float] = field(factory=deque, init=False)

    def admit(self, now: float) -> bool:
        """Whether a request that arrives now is let in; if so, it counts."""
        while self._admitted and self._admitted[0] <= now - self.limit.per:
            self._admitted.popleft()
        if len(self._admitted) >= self.limit.count:
            return False
        self._admitted.append(now)
        return True
