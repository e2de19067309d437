"""JSON as it comes: readings that take every shape a gateway was seen to send, and say None to the rest.

None of them raises for anything that `json.loads` can give.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

from nanobanana_async.values import JSON

_WHOLE = re.compile(r"-?\d{1,15}(\.0+)?", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
_FIRST_MS = 100_000_000_000  # as milliseconds the year 1973, as seconds the year 5138
_SANE_MS = (946_684_800_000, 4_102_444_800_000)  # the years 2000 to 2100

MOST_PARTS = 250_000
"""Of one answer. A part is 300 bytes at most, but for what is in its text: some 75 MB."""


def is_of_too_many_parts(text: str | bytes) -> bool:
    """Whether it has more than `MOST_PARTS`, going by what comes between them, which may also stand in its words."""
    if len(text) <= MOST_PARTS:
        return False
    if isinstance(text, bytes):
        return text.count(b",") + text.count(b"[") + text.count(b"{") > MOST_PARTS
    return text.count(",") + text.count("[") + text.count("{") > MOST_PARTS


def loads(text: str | bytes) -> JSON:
    """What `text` says as JSON.

    Raises:
        ValueError: it is none, or nothing that Python will read: nested too deep, a number of too many digits. Or it
            has so many parts that it would take fifty times its length as values; pictures are one part each.
    """
    if is_of_too_many_parts(text):
        raise ValueError(f"of more than {MOST_PARTS} parts")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def unwrapped(value: JSON) -> JSON:
    """`value`, or what it says as JSON if it is text: the record has JSON in JSON, once or twice (PROTOCOL §1.2)."""
    for _ in range(3):
        if not isinstance(value, str):
            return value
        try:
            value = loads(value)
        except ValueError:
            return value
    return value


def as_dict(value: JSON) -> dict[str, JSON]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def first(record: dict[str, JSON], *names: str) -> JSON:
    """The first value that `record` has under one of `names` and that says something."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def whole(value: JSON) -> int | None:
    """A whole number, which may also be written as a float or as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(float(value)) if isinstance(value, str) and _WHOLE.fullmatch(value.strip()) else None


def number(value: JSON) -> float | None:
    """A finite number, which may also be written as text."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value.strip()) else None
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def amount(value: JSON) -> float | None:
    """A number of credits: finite, from 0."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def instant(value: JSON) -> datetime | None:
    """A time: milliseconds since the epoch, or ISO 8601 (without an offset: taken as UTC); None if it is not sane."""
    ms = number(value)
    if ms is None:
        ms = _iso_ms(value) if isinstance(value, str) else None
    if ms is None or not _SANE_MS[0] <= ms <= _SANE_MS[1]:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC)


def instant_of_seconds(value: JSON) -> datetime | None:
    """A time as OpenAI says it: seconds since the epoch; also whatever `instant` reads."""
    seconds = number(value)
    return instant(seconds * 1000 if seconds is not None and seconds < _FIRST_MS else value)


def _iso_ms(text: str) -> float | None:
    try:
        said = datetime.fromisoformat(text.strip())
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


def word(value: JSON) -> str | None:
    """A code or an id: text that says something, or a whole number as text. It can be written as UTF-8."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text and _is_utf8(text) else None


def web_url(value: JSON) -> str | None:
    """An http or https URL, or None."""
    if not isinstance(value, str):
        return None
    url = value.strip()
    return url if _URL.fullmatch(url) and url.isprintable() else None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
