"""What a setting may be: checked where it is given, so that a slip of the pen is an error and not another policy.

Each kind of setting is a test and the words for it. What doesn't pass is a `ConfigurationError` that names the setting,
its value and what it takes. Nothing here may guess what was meant: some of these words decide whether money is spent.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import attrs

from nanobanana_async.errors import ConfigurationError

LONGEST_SHOWN = 80


@attrs.frozen
class Kind:
    """One kind of setting: whether a value `fits`, and what it `takes`, in words.

    It may stand as the validator of a field, which is then checked on construction.
    """

    takes: str
    fits: Callable[[Any], bool]

    def check(self, **settings: object) -> None:
        """Raises ConfigurationError for the first of `settings` that doesn't fit."""
        for name, value in settings.items():
            if not self.fits(value):
                raise refused(name, value, self.takes)

    def __call__(self, _: object, field: attrs.Attribute[Any], value: object) -> None:
        """As attrs calls a validator. Raises ConfigurationError."""
        self.check(**{field.name: value})

    def or_none(self) -> Kind:
        """The same, or None."""
        return Kind(f"{self.takes}, or None", lambda value: value is None or self.fits(value))


def refused(name: str, value: object, takes: str) -> ConfigurationError:
    """The error for the setting `name`, which takes something else than `value`."""
    return ConfigurationError(f"{name}={_shown(value)} can't be used: it takes {takes}", remedy=f"Give {name} {takes}.")


def one_of(*words: str) -> Kind:
    """One of `words`, letter by letter."""
    takes = f"{' or '.join(map(repr, words))}, written exactly so"
    return Kind(takes, lambda value: isinstance(value, str) and value in words)


def instance_of(cls: type, takes: str) -> Kind:
    """An object of `cls`; the class itself is none."""
    return Kind(takes, lambda value: isinstance(value, cls) and not isinstance(value, type))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_listener(value: object) -> bool:
    """Whether it can be called, and does what it does at once: nobody awaits what it returns."""
    while isinstance(value, functools.partial):
        value = value.func
    is_itself = inspect.isroutine(value) or isinstance(value, type)
    called = value if is_itself else getattr(value, "__call__", None)  # noqa: B004  what is called, not whether
    return callable(value) and not (inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


ABOVE_ZERO = Kind("a finite number above 0", lambda value: _is_number(value) and value > 0)
FROM_ZERO = Kind("a finite number from 0", lambda value: _is_number(value) and value >= 0)
COUNT = Kind("a whole number from 1", lambda value: _is_whole(value) and value >= 1)
WHOLE = Kind("a whole number", _is_whole)
TEXT = Kind("a text that is not empty", lambda value: isinstance(value, str) and bool(value.strip()))
YES_OR_NO = Kind("True or False", lambda value: isinstance(value, bool))
LISTENER = Kind("a function that is not async: it is called, and never awaited", _is_listener)
