"""The rule for JSON that is sent as it is: a deep copy of the plain values, or the path of the first that is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nanobanana_async.models._problems import LONGEST_INT, FieldError, shown
from nanobanana_async.models._text_rule import is_utf8
from nanobanana_async.values import JSON

_DEEPEST = 64  # a value that holds itself ends here too
_LONGEST_PATH = 80  # characters of a path in a message


def checked_json(path: str, value: Any, depth: int = 0) -> JSON:
    """`value` as dicts, lists and plain values of its own, so that what the caller changes later changes nothing here.

    Raises:
        FieldError: something in it is not JSON; the message names its path.
    """
    if depth > _DEEPEST:
        raise _not_json(path, value, f"is nested more than {_DEEPEST} deep")
    match value:
        case None | bool():
            return value
        case str():
            return _text(path, value)
        case int() | float():
            return _number(path, value)
        case Mapping():
            return {_key(path, key): checked_json(f"{path}.{key}", inner, depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [checked_json(f"{path}[{place}]", inner, depth + 1) for place, inner in enumerate(value)]
        case _:
            raise _not_json(path, value, f"is {shown(value)}, of type {type(value).__name__}, which JSON has not")


def _text(path: str, value: str) -> str:
    if not is_utf8(value):
        raise _not_json(path, value, f"is {shown(value)}, with a lone surrogate, which can't be written as UTF-8")
    return value


def _number(path: str, value: float) -> float:
    if isinstance(value, float) and not math.isfinite(value):
        raise _not_json(path, value, f"is {value}, which JSON has not")
    if isinstance(value, int) and value.bit_length() > LONGEST_INT:
        raise _not_json(path, value, f"is a number of {value.bit_length()} bits")
    return value


def _key(path: str, key: object) -> str:
    if not isinstance(key, str):
        raise _not_json(path, key, f"has the key {shown(key)}, which is no str")
    return _text(path, key)


def _not_json(path: str, value: object, message: str) -> FieldError:
    field = path.partition(".")[0].partition("[")[0]
    path = path if len(path) <= _LONGEST_PATH else f"{path[: _LONGEST_PATH // 2]}…{path[-_LONGEST_PATH // 2 :]}"
    return FieldError(
        field, value, f"{path} {message}", f"Give {field} as plain JSON: str, int, float, bool, None, list and dict."
    )
