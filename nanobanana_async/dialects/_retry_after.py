"""The Retry-After header, in seconds. No gateway was seen to send one; it is honoured if it comes (PROTOCOL §1.4).

OpenAI's servers send ``retry-after-ms`` too, in milliseconds: it is read where the other is no number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, or None where nothing readable is said.

    A date counts from the answer's own ``Date``: the server's clock on both sides, and none of ours. A date that has
    passed says nothing.
    """
    said = headers.get("retry-after", "").strip()
    ms = headers.get("retry-after-ms", "").strip()
    if _SECONDS.fullmatch(said):
        seconds = float(said)
    elif _SECONDS.fullmatch(ms):
        seconds = float(ms) / 1000
    else:
        then, now = _date(said), _date(headers.get("date", "").strip())
        seconds = (then - now).total_seconds() if then and now else -1.0
    return seconds if seconds >= 0 and math.isfinite(seconds) else None


def answered_at(headers: Mapping[str, str]) -> float | None:
    """The answer's own ``Date``, in seconds since 1970; None where it has none that can be read."""
    date = _date(headers.get("date", "").strip())
    return date.timestamp() if date is not None else None


def _date(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
