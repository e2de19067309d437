"""When a fault strikes: by chance, by count, by what the call is about, or by the clock. All that is given must hold.

A value with no memory. The counting is done by the engine, which knows what has come before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

from attrs import field, fields, frozen

from nanobanana_async.emulator._faults._names import FaultError
from nanobanana_async.emulator._faults._readers import (
    CHANCE,
    COUNT,
    COUNTS,
    ON,
    PATTERN,
    PERIOD,
    SECONDS,
    TEXT,
    Reader,
    written,
)
from nanobanana_async.emulator._operations import Operation

WHEN: Mapping[str, Reader[Any]] = {
    "probability": CHANCE,
    "nth": COUNTS,
    "every": COUNT,
    "times": COUNT,
    "prompt": PATTERN,
    "model": TEXT,
    "after": SECONDS,
    "lasting": PERIOD,
    "on": ON,
}
"""How each condition is read."""
_SAYS = {
    "probability": "how likely",
    "nth": "only at these, the first being 1",
    "every": "at each n-th",
    "times": "at most so often",
    "prompt": "where it is found in the prompt",
    "model": "where it is this one",
    "after": "not before so long after the first call",
    "lasting": "for so long from then, or from now",
    "on": "at these operations, in place of the usual ones",
}
FAULT_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {name: f"{_SAYS[name]}: {reader.allowed}" for name, reader in WHEN.items()}
)
"""When a fault can be told to strike: each condition with what it means and what it may be."""


def read_condition(name: str, value: object) -> object:
    """The value of a condition. Raises FaultError for one that is not allowed."""
    if not isinstance(value, str | int | float | frozenset):
        raise FaultError(f"{name}={value!r} is not allowed: as text, {WHEN[name].allowed}")
    try:
        return WHEN[name].read(written(value))
    except ValueError:
        raise FaultError(f"{name}={written(value)!r} is not allowed: {WHEN[name].allowed}") from None


def _as_numbers(value: object) -> frozenset[Any]:
    return _as_set("nth", value)


def _as_operations(value: object) -> frozenset[Any]:
    return _as_set("on", value)


def _as_set(name: str, value: object) -> frozenset[Any]:
    """One or several; a list with nothing in it is a slip, and would mean "always"."""
    if not isinstance(value, AbstractSet | Sequence) or isinstance(value, str):
        return frozenset((value,))
    if not value and not isinstance(value, frozenset):
        raise FaultError(f"{name}={value!r} names nothing at all: leave it out, or give {WHEN[name].allowed}")
    return frozenset(value)


@frozen(kw_only=True)
class When:
    """The conditions of a fault. Counts begin when the fault is added, and count the calls that it applies to.

    Args:
        probability: How likely it is to strike, above 0 and at most 1.
        nth: Which calls, the first being 1.
        every: Each n-th call.
        times: At most so often.
        prompt: A regular expression to be found in the prompt of the create, or of the task that the call is about.
        model: The model of the same.
        after: Not before so many seconds have passed since the world's first call.
        lasting: For so many seconds from then; without `after`, from when the fault was added (before the first call:
            from that).
        on: The operations it applies to; empty for those that the fault is usually about.

    Raises:
        FaultError: A value that makes no sense.
    """

    probability: float | None = None
    nth: frozenset[int] = field(default=frozenset(), converter=_as_numbers)
    every: int | None = None
    times: int | None = None
    prompt: str | None = None
    model: str | None = None
    after: float | None = None
    lasting: float | None = None
    on: frozenset[Operation] = field(default=frozenset(), converter=_as_operations)

    def __attrs_post_init__(self) -> None:
        for name, value in self.given():
            object.__setattr__(self, name, read_condition(name, value))

    def given(self) -> list[tuple[str, object]]:
        """The conditions that are set, by name, in the order in which they are written."""
        said = [(each.name, getattr(self, each.name)) for each in fields(When)]
        return [(name, value) for name, value in said if value is not None and value != frozenset()]

    @property
    def asks_about(self) -> bool:
        """Whether it matters what the call is about."""
        return self.prompt is not None or self.model is not None

    def is_about(self, model: str, prompt: str) -> bool:
        """Whether a call about such an order is meant."""
        if self.model is not None and self.model != model:
            return False
        return self.prompt is None or re.search(self.prompt, prompt) is not None

    def counts_in(self, number: int) -> bool:
        """Whether the call of this number, the first being 1, is meant."""
        if self.nth and number not in self.nth:
            return False
        return self.every is None or number % self.every == 0
