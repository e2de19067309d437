"""Waiting for evidence, not for a time: for what another thread does, or another process."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 20.0
"""Seconds after which a test gives up; nothing comes near it on a machine that works."""


def until(condition: Callable[[], bool], *, within: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
