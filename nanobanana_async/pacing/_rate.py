"""The rate of creates: a log of the last answers, so that no window of the vendor's ever holds too many requests.

Theory of operation
===================
The vendor counts *new requests in any 10 s* and refuses the rest (PROTOCOL §1.4). What it counts is the arrival, and
we know only when we sent and when the answer came. So:

1. A create takes a place in the log when it is sent, and keeps it while it is under way.
2. When its answer arrives, the place is stamped with that moment, and is free again `per` seconds later.
3. A create whose answer is lost is stamped when it is given up; one that was refused or never arrived was not
   counted by the vendor, and gives its place back at once.

With L places, create n+L is sent after ``answered(n) + per``, and so arrives after ``arrived(n) + per``: within the
limit whether the vendor counts a sliding window, a fixed one or a bucket, at any jitter, for about one round trip a
window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import attrs

from nanobanana_async.settings import ABOVE_ZERO, COUNT, instance_of


@attrs.frozen
class Rate:
    """At most `limit` new tasks in any `per` seconds. The vendor's documented limit is 20 in 10 s (PROTOCOL §1.4).

    Raises:
        ConfigurationError: one of them is not above 0, or `limit` is no whole number.
    """

    limit: int = attrs.field(default=20, validator=COUNT)
    per: float = attrs.field(default=10.0, kw_only=True, validator=ABOVE_ZERO)

    def __str__(self) -> str:
        """As the command line writes it: ``20/10``."""
        return f"{self.limit}/{self.per:g}"


A_RATE = instance_of(Rate, "a Rate, such as Rate(20, per=10)")


@attrs.define
class RateWindow:
    """A sliding-window log of creates, each stamped when its answer arrives. `limit` may be learned to be lower."""

    rate: Rate
    limit: int = attrs.field(init=False)
    _stamps: deque[float] = attrs.field(factory=deque, init=False)
    _under_way: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.limit = self.rate.limit

    def room(self, now: float) -> int:
        """How many creates may be sent at `now`."""
        return max(0, self.limit - self.counted_within(now) - self._under_way)

    def counted_within(self, now: float) -> int:
        """How many creates the vendor counts, or may count, in the window that ends at `now`."""
        while self._stamps and self._stamps[0] + self.rate.per <= now:
            self._stamps.popleft()
        return len(self._stamps)

    @property
    def used(self) -> int:
        """How many places are taken: by stamps, and by creates under way."""
        return len(self._stamps) + self._under_way

    def opens_at(self, now: float) -> float | None:
        """When there will be room: `now` or later; None when that waits for an answer and not for the clock."""
        if self.room(now):
            return now
        return self._stamps[0] + self.rate.per if self._stamps else None

    def wait_for(self, now: float, *, ahead: int) -> float:
        """Seconds until a create may leave that has `ahead` others before it, if all are answered at once."""
        room = self.room(now)
        if ahead < room:
            return 0.0
        per = self.rate.per
        freed = [stamp + per - now for stamp in self._stamps] + [per] * (self._under_way + room)
        windows, place = divmod(ahead - room, len(freed))
        return freed[place] + windows * per

    def sent(self) -> None:
        """A create leaves."""
        self._under_way += 1

    def counted(self, now: float) -> None:
        """A create that the vendor counted, or may have, is over at `now`."""
        self._under_way -= 1
        self._stamps.append(now)

    def restore(self, stamps: Iterable[float]) -> None:
        """Creates of an earlier run, by the moments at which they were answered."""
        self._stamps = deque(sorted([*self._stamps, *stamps]))

    def not_counted(self) -> None:
        """A create was refused or never arrived."""
        self._under_way -= 1

    def take_back(self, stamp: float) -> None:
        """A create that was counted at `stamp` was refused after all, or never arrived: it takes no place."""
        if stamp in self._stamps:
            self._stamps.remove(stamp)
