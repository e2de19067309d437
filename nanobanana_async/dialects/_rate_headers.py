"""The x-ratelimit headers that OpenAI-style gateways send: how long nobody is let in any more.

They are read in two spellings: with ``-requests`` at the end, as OpenAI has it, and without. A reset is a duration, or
the date at which it will be. What is read here never counts for longer than a day: it is more likely to be misread.

In an answer that is no refusal the pause counts from when its create began, and not from when it was answered. Such a
gateway writes these headers when it lets the request in; it answers when the picture is made, a minute or three later.
Counted from each answer as it trickles in, a limit that was reset long ago would hold the gate shut for ever.
A date is early by the time that the picture took, then: at worst one create is refused, and that costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nanobanana_async.dialects._lenient import whole
from nanobanana_async.dialects._retry_after import answered_at, retry_after

LONGEST = 86_400.0
"""Seconds beyond which nothing that is said of a reset is believed."""

_SPELLINGS = ("-requests", "")
# "1h2m3.5s", "6m0s", "20ms", or a bare number of seconds. So many digits, and it is a date: seconds or milliseconds
# since 1970.
_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_SECONDS = re.compile(_NUMBER, re.ASCII)
_PARTS = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m(?!s))?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?", re.ASCII)
_WORTH = (3600.0, 60.0, 1.0, 0.001)
_DATE = re.compile(r"(\d{10}(?:\.\d{1,9})?)|(\d{13})(?:\.0{1,9})?", re.ASCII)


def until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until requests are let in again, where the answer says that none is left now; else None.

    Where it does not say when, or not so that it can be read, its Retry-After counts.
    """
    for spelling in _SPELLINGS:
        left = whole(headers.get(f"x-ratelimit-remaining{spelling}"))
        if left is not None:
            return _reset(headers, spelling) if left == 0 else None
    return None


def _reset(headers: Mapping[str, str], spelling: str) -> float | None:
    said = _seconds(headers.get(f"x-ratelimit-reset{spelling}", "").strip(), headers)
    seconds = retry_after(headers) if said is None else said
    return seconds if seconds is not None and seconds <= LONGEST else None


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text)
    date = _DATE.fullmatch(text)
    if date is not None:
        return _until(float(date[1]) if date[1] else float(date[2]) / 1000, headers)
    match = _PARTS.fullmatch(text)
    if match is None or not match[0]:
        return None
    return sum(float(part) * worth for part, worth in zip(match.groups(), _WORTH, strict=True) if part)


def _until(date: float, headers: Mapping[str, str]) -> float | None:
    """Seconds to `date` from the answer's own ``Date``; None where it has none, or `date` has passed."""
    now = answered_at(headers)
    return date - now if now is not None and date >= now else None
