"""What is left of the limit, in the headers that OpenAI's gateways have for it."""

from __future__ import annotations

import math

from nanobanana_async.emulator._accounts import Account


def rate_headers(account: Account, now: float) -> dict[str, str]:
    """The limit, what is left of it, and when all of it will be there again."""
    left = account.limit.count - account.let_in_lately(now)
    return {
        "x-ratelimit-limit-requests": str(account.limit.count),
        "x-ratelimit-remaining-requests": str(max(left, 0)),
        "x-ratelimit-reset-requests": duration(account.forgets_in(now)),
    }


def duration(seconds: float) -> str:
    """As in `120ms`, `1s`, `6m0s`, `1h0m5s`; what is more than a second is rounded up."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{front}{rest}s"
