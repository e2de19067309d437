"""The accounts: who is let in, what they have left, and how many tasks they may start.

A bearer key is an account. Keys are never kept: an account is named by a digest of its key, so that neither
the state folder nor the ledger can leak a real one that somebody points at the emulator by mistake.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from hashlib import sha256
from heapq import heappop, heappush
from itertools import islice, takewhile

from attrs import define, field

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import RefusedError
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._windows import ForetellingWindow, Limit, Window

_STARTS_KEPT = 1000


@define
class Account:
    """One key's credits and its rate window. Credits are taken at acceptance and given back on failure."""

    name: str
    limit: Limit
    _counting: Callable[[Limit], Window] = field(repr=False)
    _credits: float
    _window: Window = field(init=False, repr=False)
    _starts: deque[float] = field(init=False, repr=False)
    """When the last tasks were let in: what another way of counting has to begin with."""
    _refunds: list[tuple[float, float]] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._starts = deque(maxlen=_STARTS_KEPT)
        self._window = self._counting(self.limit)

    def admit(self, now: float) -> bool:
        """Whether a task that is asked for now is within the limit; if so, it counts."""
        is_admitted = self._window.admit(now)
        if is_admitted:
            self._starts.append(now)
        return is_admitted

    def let_in_lately(self, now: float) -> int:
        """How many were let in within the last stretch of the limit, as far as the last 1 000 tell."""
        return sum(1 for _ in takewhile(lambda start: start > now - self.limit.per, reversed(self._starts)))

    def opens_in(self, now: float) -> float:
        """Seconds until one more task would be let in; a whole stretch where the way of counting can't tell."""
        return self._window.opens_in(now) if isinstance(self._window, ForetellingWindow) else self.limit.per

    def forgets_in(self, now: float) -> float:
        """Seconds until none of those that were let in counts any more."""
        return max(self._starts[-1] + self.limit.per - now, 0.0) if self._starts else 0.0

    def limit_to(self, limit: Limit, counting: Callable[[Limit], Window] | None) -> None:
        """Count by another limit from now on, None counting it as before. What was let in counts as well."""
        self.limit, self._counting = limit, counting or self._counting
        self._window = self._counting(limit)
        for start in islice(self._starts, max(len(self._starts) - limit.count, 0), None):
            self._window.admit(start)  # the newest only: more than the limit were never let in by this one

    def balance(self, now: float) -> float:
        """The credits left at this moment, refunds that have come due included."""
        while self._refunds and self._refunds[0][0] <= now:
            self._credits += heappop(self._refunds)[1]
        return self._credits

    def take(self, credits: float, *, gives_back_at: float | None) -> None:
        """Charge an accepted task; with the moment at which the credits return, if it will fail."""
        self._credits -= credits
        if gives_back_at is not None:
            heappush(self._refunds, (gives_back_at, credits))


@define
class Accounts:
    """All accounts by name, opened when a key is first seen."""

    _options: EmulatorOptions
    _by_name: dict[str, Account] = field(factory=dict, init=False)
    _limit: Limit = field(init=False)
    _counting: Callable[[Limit], Window] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._limit, self._counting = self._options.limit, self._options.window

    def __iter__(self) -> Iterator[Account]:
        """The accounts in the order in which they were opened."""
        return iter(self._by_name.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_name)

    def let_in(self, authorization: str | None) -> Account:
        """The account behind an `Authorization` header.

        Raises:
            RefusedError: 401, when there is no key or it is not among those let in.
        """
        key = bearer_key(authorization)
        if key is None:
            raise RefusedError(401, texts.UNAUTHENTICATED)
        if self._options.keys is not None and key not in self._options.keys:
            raise RefusedError(401, texts.NO_ACCESS)
        return self.named(account_name(key))

    def named(self, name: str) -> Account:
        """The account of this name, opened with the usual credits if it is new."""
        account = self._by_name.get(name)
        if account is None:
            account = Account(name, self._limit, self._counting, self._options.credits)
            self._by_name[name] = account
        return account

    def limit_to(self, limit: Limit, counting: Callable[[Limit], Window] | None, name: str | None) -> None:
        """Another limit from now on, for one account or for all of them, those to come included."""
        if name is not None:
            self.named(name).limit_to(limit, counting)
            return
        self._limit, self._counting = limit, counting or self._counting
        for account in self:
            account.limit_to(limit, counting)


def bearer_key(authorization: str | None) -> str | None:
    """The key in an `Authorization: Bearer KEY` header, or None."""
    scheme, _, key = (authorization or "").partition(" ")
    return (key.strip() or None) if scheme.lower() == "bearer" else None


def account_name(key: str) -> str:
    """The name under which a key's account is kept: the front of its SHA-256."""
    return f"acct-{sha256(key.encode()).hexdigest()[:12]}"
