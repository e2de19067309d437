"""The keys of one pass in memory, for journals that live there."""

from __future__ import annotations

from collections import Counter

import attrs


@attrs.define(eq=False)
class MemoryPass:
    """Counts in plain memory, which grows with the pass."""

    _numbers: Counter[str] = attrs.field(factory=Counter, init=False)
    _keys: set[str] = attrs.field(factory=set, init=False)

    async def numbered(self, base: str) -> str:
        """The key for one more request whose derived key is `base`."""
        self._numbers[base] += 1
        return key_of(base, self._numbers[base])

    async def seen(self, key: str) -> bool:
        """Whether `key` was asked about before in this pass."""
        known = key in self._keys
        self._keys.add(key)
        return known

    def close(self) -> None:
        """Forget it all."""
        self._numbers.clear()
        self._keys.clear()


def key_of(base: str, number: int) -> str:
    """The key of the `number`-th request, from 1, whose derived key is `base`."""
    return base if number == 1 else f"{base}-{number}"
