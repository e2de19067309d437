"""From a word to a value: how each setting of a fault is read, and how what is allowed is said.

Text is the one way in: a value given in code is written out and read like one from the command line, so both are held
to the same rules and two equal faults look alike. Nothing here knows which fault a setting belongs to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Generic, TypeAlias, TypeVar

from attrs import field, frozen

from nanobanana_async.emulator._operations import CREATES, LOOKS, OPERATIONS, UPLOADS, Operation

T = TypeVar("T")
Value: TypeAlias = str | int | float
"""What a parameter of a fault can be."""

_GROUPS = {"any": OPERATIONS, "creates": CREATES, "looks": LOOKS, "uploads": UPLOADS}
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_MOST_SECONDS, _MOST_TIMES = 1e9, 1e6


@frozen
class Reader(Generic[T]):
    """How one setting is read. `read` raises ValueError for what is not `allowed`."""

    allowed: str
    read: Callable[[str], T] = field(repr=False)


def number(allowed: str, holds: Callable[[float], bool]) -> Reader[float]:
    """A finite number for which `holds` is true."""

    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and holds(value)):
            raise ValueError(text)
        return value

    return Reader(allowed, read)


def whole(allowed: str, *, least: int, most: int = 10**18) -> Reader[int]:
    """A whole number from `least` to `most`."""

    def read(text: str) -> int:
        value = int(text) if _WHOLE.fullmatch(text) else None
        if value is None or not least <= value <= most:
            raise ValueError(text)
        return value

    return Reader(allowed, read)


def one_of(words: Iterable[str]) -> Reader[str]:
    """One of some words."""
    known = tuple(words)

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return Reader(", ".join(known), read)


def _read_pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(text) from error
    return text


def _read_ascii(text: str) -> str:
    if not (text.isascii() and text.isprintable() and text.strip()):
        raise ValueError(text)
    return text


def _read_open_state(text: str) -> str:
    if text.lower() in ("success", "fail"):
        raise ValueError(text)
    return _read_ascii(text)


def _read_counts(text: str) -> frozenset[int]:
    return frozenset(COUNT.read(word) for word in text.split("/"))


def _read_operations(text: str) -> frozenset[Operation]:
    found: set[Operation] = set()
    for word in text.split("/"):
        found.update(_GROUPS.get(word) or (operation for operation in OPERATIONS if operation == word))
        if word not in _GROUPS and word not in OPERATIONS:
            raise ValueError(word)
    return frozenset(found)


# Bounded, so that every moment has a date: a thousand million seconds are 31 years.
SECONDS = number("seconds, 0 or more, at most 1e9", lambda value: 0 <= value <= _MOST_SECONDS)
PERIOD = number("seconds, more than 0, at most 1e9", lambda value: 0 < value <= _MOST_SECONDS)
FACTOR = number("a number above 0, at most 1e6", lambda value: 0 < value <= _MOST_TIMES)
SHARE = number("a number from 0 up to, but not including, 1", lambda value: 0 <= value < 1)
CHANCE = number("a number above 0 and at most 1", lambda value: 0 < value <= 1)
COUNT = whole("a whole number, 1 or more", least=1)
SIZE = whole("a whole number of bytes, 0 or more", least=0, most=2**40)
CODE = whole("a whole number", least=-(10**18))
STATUS = whole("an HTTP status, 200 to 599", least=200, most=599)
YES_OR_NO = one_of(("yes", "no"))
TEXT: Reader[str] = Reader("any text", str)
WORD = Reader("printable ASCII text", _read_ascii)
OPEN_STATE = Reader("printable ASCII text, and neither success nor fail", _read_open_state)
PATTERN = Reader("a regular expression", _read_pattern)
COUNTS = Reader("whole numbers, 1 or more; several with a slash between them", _read_counts)
ON = Reader(f"{', '.join([*OPERATIONS, *_GROUPS])}; several with a slash between them", _read_operations)


def written(value: object) -> str:
    """A value as the text that is read back as the same value."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return repr(value).removesuffix(".0")
        case frozenset() | set() | tuple() | list():
            return _written_set(frozenset(value))
        case _:
            return str(value)


def _written_set(values: frozenset[object]) -> str:
    for name, group in _GROUPS.items():
        if values == frozenset(group):
            return name
    known = [operation for operation in OPERATIONS if operation in values]
    others = sorted((value for value in values if value not in known), key=lambda value: (str(type(value)), value))
    return "/".join(str(value) for value in (*known, *others))
