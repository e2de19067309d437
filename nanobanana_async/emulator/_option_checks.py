"""Whether the options of an emulator make sense: checks, each with an error that a person can act upon.

What an option means is not known here. No error shows a key.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from nanobanana_async.emulator._nearest import did_you_mean

if TYPE_CHECKING:
    from attrs import Attribute

Check: TypeAlias = Callable[[Any, "Attribute[Any]", Any], None]


class OptionError(ValueError):
    """An option that makes no sense; the message names it, its value, and what is allowed.

    Args:
        option: Its name in Python.
        shown: The value, as it may be shown.
        allowed: What it may be.
    """

    def __init__(self, option: str, shown: str, allowed: str) -> None:
        super().__init__(option, shown, allowed)
        self.option, self.shown, self.allowed = option, shown, allowed

    def __str__(self) -> str:
        return f"{self.option}={self.shown} is not allowed: {self.allowed}"


def whole(*, least: int | None = None) -> Check:
    """An int: `least` and more, or of any size and sign."""
    allowed = "a whole number" if least is None else f"a whole number, {least} or more"

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or (least is not None and value < least):  # type: ignore[operator]  # it is an int by then
            raise OptionError(attribute.name, repr(value), allowed)

    return check


def number(*, above: float | None = None, least: float = -math.inf) -> Check:
    """A finite int or float: more than `above`, or `least` and more."""
    allowed = f"a number, {least:g} or more" if above is None else f"a number above {above:g}"

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        found = _finite(value)
        if found is None or found < least or (above is not None and found <= above):
            raise OptionError(attribute.name, repr(value), allowed)

    return check


def unless_none(check: Check) -> Check:
    """None, or whatever passes the check."""

    def checked(options: object, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            check(options, attribute, value)

    return checked


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if value not in words:
            raise OptionError(attribute.name, repr(value), f"{', '.join(words)}{did_you_mean(value, words)}")

    return check


def yes_or_no(_: object, attribute: Attribute[Any], value: object) -> None:
    """True or False, and no word for it."""
    if not isinstance(value, bool):
        raise OptionError(attribute.name, repr(value), "True or False")


def secret(_: object, attribute: Attribute[Any], value: object) -> None:
    """A text that is not empty, or None; it is never shown."""
    if value is not None and not (isinstance(value, str) and value):
        shown = "''" if value == "" else f"<{type(value).__name__}>"
        raise OptionError(attribute.name, shown, "a text that is not empty; leave it out for none")


def _finite(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
