"""The keys of one pass over a file: the user's, or derived; no two rows have the same.

Equal requests get ``-2``, ``-3`` in the order in which they come, counted from the start of the pass: so a line that is
inserted elsewhere, or a file in another order, asks for the same set of keys, and nothing is paid for again.
"""

from __future__ import annotations

from collections import Counter

import attrs

from nanobanana_async.models import FieldProblem
from nanobanana_async.values import JSON


@attrs.define
class Keys:
    """The keys given out so far, in order, and the line of each."""

    _lines: dict[str, int] = attrs.field(factory=dict, init=False)
    _equal: Counter[str] = attrs.field(factory=Counter, init=False)

    def take(self, key: str, line: int, *, field: str) -> FieldProblem | None:
        """Give `key` to the row on `line`; what is wrong where another has it."""
        earlier = self._lines.setdefault(key, line)
        if earlier == line:
            return None
        message = f"{field}={key!r} is the key of line {earlier} already"
        return FieldProblem(field, key, message, "Give each row a key of its own, or leave it empty.")

    def numbered(self, derived: str) -> str:
        """The key for one more request whose derived key is `derived`."""
        self._equal[derived] += 1
        count = self._equal[derived]
        return derived if count == 1 else f"{derived}-{count}"

    def all(self) -> tuple[str, ...]:
        """Every key, in order."""
        return tuple(self._lines)


def own_key(given: JSON, field: str) -> str | FieldProblem | None:
    """The key that a row names itself, None where it names none; what is wrong where it can't be one."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, str | int):
        return FieldProblem(field, given, f"{field}={given!r} is no key", "Give the key as text.")
    key = str(given).strip()
    try:
        key.encode()
    except UnicodeEncodeError:
        return FieldProblem(field, given, f"{field}={given!r} can't be written as UTF-8", "Give whole characters.")
    return key or None
