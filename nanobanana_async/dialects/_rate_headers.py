"""The x-ratelimit headers that OpenAI-style gateways send: how long nobody is let in any more."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nanobanana_async.dialects._lenient import whole

# "1h2m3.5s", "6m0s", "20ms", or a bare number of seconds. So many digits, and it is a date, which nobody here can read
# without a clock.
_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_SECONDS = re.compile(_NUMBER, re.ASCII)
_PARTS = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m(?!s))?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?", re.ASCII)
_WORTH = (3600.0, 60.0, 1.0, 0.001)


def until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until requests are let in again, where the answer says that none is left now; else None."""
    if whole(headers.get("x-ratelimit-remaining-requests")) != 0:
        return None
    return _seconds(headers.get("x-ratelimit-reset-requests", "").strip())


def _seconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text)
    match = _PARTS.fullmatch(text)
    if match is None or not match[0]:
        return None
    return sum(float(part) * worth for part, worth in zip(match.groups(), _WORTH, strict=True) if part)
