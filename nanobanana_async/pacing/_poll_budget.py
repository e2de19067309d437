"""The polls of an account: so many a second, fewer after a refusal, growing back slowly."""

from __future__ import annotations

import attrs

from nanobanana_async.pacing._polling import LONGEST_PAUSE


@attrs.define
class PollBudget:
    """Spaces looks evenly at `per_second`; a poll's 429 halves the pace, and each answer wins a little of it back."""

    per_second: float
    floor: float = 1.0
    _pace: float = attrs.field(init=False)
    _next: float = attrs.field(default=float("-inf"), init=False)

    def __attrs_post_init__(self) -> None:
        self._pace = self.per_second

    def opens_at(self, now: float) -> float:
        """When the next look may leave: `now` or later."""
        return max(now, self._next)

    def spend(self, now: float) -> None:
        """A look leaves. Up to a tenth of a second's worth of looks may leave together."""
        self._next = max(self._next, now - 0.1) + 1.0 / self._pace

    def answered(self) -> None:
        """A look was answered: the pace grows back, to the full in about 200 answers."""
        self._pace = min(self.per_second, self._pace + self.per_second / 200)

    def refused(self, now: float, *, retry_after: float | None) -> None:
        """A look was refused with 429: half the pace, and none at all before `retry_after` seconds have passed.

        More than a minute is not waited: tasks have deadlines, and one look a minute harms nobody.
        """
        self._pace = max(min(self.floor, self.per_second), self._pace / 2)
        self._next = max(self._next, now + min(retry_after or 1.0, LONGEST_PAUSE))
