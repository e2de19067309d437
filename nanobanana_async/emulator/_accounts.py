"""The accounts: who is let in, what they have left, and how many tasks they may start.

A bearer key is an account. Keys are never kept: an account is named by a digest of its key, so that neither
the state folder nor the ledger can leak a real one that somebody points at the emulator by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from heapq import heappop, heappush

from attrs import define, field

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._calls import RefusedError
from nanobanana_async.emulator._options import EmulatorOptions
from nanobanana_async.emulator._windows import Window


@define
class Account:
    """One key's credits and its rate window. Credits are taken at acceptance and given back on failure."""

    name: str
    window: Window = field(repr=False)
    _credits: float
    _refunds: list[tuple[float, float]] = field(factory=list, init=False, repr=False)

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
            account = Account(name, self._options.window(self._options.limit), self._options.credits)
            self._by_name[name] = account
        return account


def bearer_key(authorization: str | None) -> str | None:
    """The key in an `Authorization: Bearer KEY` header, or None."""
    scheme, _, key = (authorization or "").partition(" ")
    return (key.strip() or None) if scheme.lower() == "bearer" else None


def account_name(key: str) -> str:
    """The name under which a key's account is kept: the front of its SHA-256."""
    return f"acct-{sha256(key.encode()).hexdigest()[:12]}"
