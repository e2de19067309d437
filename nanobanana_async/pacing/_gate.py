"""One gate for everybody: a refusal closes it, and it opens again by one, two, four.

Theory of operation
===================
1. It starts *probing*: one request alone, until the gateway has answered once. A mistyped base URL then costs one
   request, not a window of them.
2. Closed, it stays so for as long as the gateway said. Where it said nothing, or where this follows another closing
   with nothing accepted in between, it stays closed for a backoff as well; unless the refusal is explained by a limit
   that is kept from now on, and is the first: then there is nothing to wait for.
3. Open again, it lets one through; each one accepted doubles how many may be under way, up to `WIDE`, where the
   gate no longer matters.
"""

from __future__ import annotations

import attrs

from nanobanana_async.pacing._backoff import Backoff

WIDE = 64


@attrs.define
class Gate:
    """Closed by refusals, opened by time, widened by acceptances."""

    backoff: Backoff = attrs.field(factory=Backoff)
    opens_at: float = attrs.field(default=0.0, init=False)
    failures: int = attrs.field(default=0, init=False)
    refused_since: float = attrs.field(default=0.0, init=False)
    """When the first refusal came after the last acceptance; 0 before the first refusal."""
    has_answered: bool = attrs.field(default=False, init=False)
    """Whether the gateway has ever answered in its own words; until then it is probed."""
    _width: int = attrs.field(default=1, init=False)

    def room(self, now: float, *, under_way: int) -> int:
        """How many more may leave at `now`, with `under_way` of them on the wire."""
        if now < self.opens_at:
            return 0
        return max(0, self._width - under_way) if self._width < WIDE else WIDE

    def close(self, now: float, *, retry_after: float, is_explained: bool, random: float) -> float:
        """Everybody is refused; how long the gate is now closed, in seconds.

        `retry_after` is the gateway's own word in seconds, 0 where it said nothing. `is_explained`: by a limit that is
        kept from now on. `random` is in [0, 1).
        """
        backoff = self.backoff.delay(self.failures, random)
        # A gateway that says "at once" again and again must not be taken at its word.
        is_enough = (retry_after or is_explained) and not self.failures
        seconds = retry_after if is_enough else max(retry_after, backoff)
        if not self.failures:
            self.refused_since = now
        self.failures += 1
        self._width = 1
        self.opens_at = max(self.opens_at, now + seconds)
        return self.opens_at - now

    def passed(self) -> None:
        """A request was accepted."""
        self.failures = 0
        self._width = WIDE if not self.has_answered else min(WIDE, self._width * 2)
        self.has_answered = True

    def not_refused_yet(self) -> None:
        """A request has been on the wire for a while; but refusals have come later than that.

        It is believed once: where that was wrong, and everybody was refused again, more is needed to open wider.
        """
        if self.failures <= 1:
            self._width = min(WIDE, self._width * 2)

    def not_refused(self) -> None:
        """A request has been on the wire for so long that it was taken, though its answer is to come."""
        self.failures = 0
        self._width = min(WIDE, self._width * 2)

    def put_off(self, now: float, until: float) -> None:
        """Somebody is told at `now` to come back at `until`, by a refusal for which it has been closed already."""
        if until <= self.opens_at:
            return
        self.opens_at = until
        if not self.failures:
            self.refused_since = now

    def pause(self, until: float) -> None:
        """The gateway says that nothing more is to come before then; nothing was refused."""
        self.opens_at = max(self.opens_at, until)

    def answered(self) -> None:
        """The gateway has spoken, whatever it said: it is there, and nothing is left to probe."""
        if not self.has_answered and not self.failures:
            self._width = WIDE
        self.has_answered = True
