"""The rules for numbers: whole ones, those between two bounds, and prices."""

from __future__ import annotations

import math
from typing import TypeGuard

from nanobanana_async.models._problems import LONGEST_INT, FieldError, shown

_EXACT = 2**53
"""From here on a float skips whole numbers: what it was read from may have been another."""


def whole_or_none(field: str, value: object, *, least: int | None = None, most: int | None = None) -> int | None:
    """`value` as an int, if it is a whole number from `least` to `most`; None is unset. 512.0 is 512.

    Raises:
        FieldError: it is none.
    """
    if value is None:
        return None
    whole = _whole(value)
    if whole is None or not _is_within(whole, least, most):
        limit = _limit(least, most)
        message = f"{field}={shown(value)} is no whole number{limit}"
        raise FieldError(field, value, message, f"Give {field} as an int{limit}, or leave it out.")
    return whole


def number_or_none(field: str, value: object, *, least: float, most: float) -> float | None:
    """`value` as a float, if it is a number from `least` to `most`; None is unset.

    Raises:
        FieldError: it is none.
    """
    if value is None:
        return None
    if not _is_number(value) or not _is_within(value, least, most):
        limit = _limit(least, most)
        message = f"{field}={shown(value)} is no number{limit}"
        raise FieldError(field, value, message, f"Give {field} as a number{limit}, or leave it out.")
    return float(value)


def credits_or_none(value: object) -> float | None:
    """A price in credits; None where it is not known.

    Raises:
        FieldError: it is no number from 0.
    """
    if value is None:
        return None
    if not _is_number(value) or value < 0:
        message = f"credits={shown(value)} is no number from 0"
        raise FieldError("credits", value, message, "Give the task's price in credits, or leave it out.")
    return float(value)


def _whole(value: object) -> int | None:
    """`value` as an int, where it is one, is exact, and can be written down; bools are none."""
    match value:
        case bool():
            return None
        case int():
            return int(value) if value.bit_length() <= LONGEST_INT else None
        case float():
            return int(value) if abs(value) <= _EXACT and value.is_integer() else None
        case _:
            return None


def _is_number(value: object) -> TypeGuard[float]:
    """Whether `value` is a number that is finite as a float, and no bool."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _limit(least: float | None, most: float | None) -> str:
    """The bounds as they stand at the end of a message."""
    return (f" from {least:g}" if least is not None else "") + (f" to {most:g}" if most is not None else "")
