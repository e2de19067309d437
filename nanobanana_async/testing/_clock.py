"""The time of day for an emulator that lives on somebody's loop, and outlives it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from attrs import define, field

from nanobanana_async.testing._virtual_time import VirtualTimeLoop


@define(eq=False)
class LoopClock:
    """Seconds since the epoch: virtual on a virtual-time loop, real on any other, and never fewer than before.

    It stays with the last loop that asked, so that a test that looks at what the emulator saw after its loop has ended
    sees it at the time at which that loop stood. On the next virtual-time loop, whose own clock begins anew, it goes on
    from there: no real second comes in between, and the same loops give the same times.
    """

    _source: Callable[[], float] = field(default=time.time, init=False)
    """The clock of the last loop that asked; the real one before there was any."""
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _ahead: float = field(default=0.0, init=False)
    """By how much this clock is ahead of its source."""
    _shown: float | None = field(default=None, init=False)

    def __call__(self) -> float:
        """The time of day now."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            if loop is not self._loop:
                self._be_on(loop)
        now = self._source() + self._ahead
        if self._shown is None or now > self._shown:
            self._shown = now
        return self._shown

    def _be_on(self, loop: asyncio.AbstractEventLoop) -> None:
        source = loop.time_of_day if isinstance(loop, VirtualTimeLoop) else time.time
        if self._shown is not None and source is not self._source:
            stood_at = max(self._shown, self._source() + self._ahead)
            self._ahead = stood_at - source()
        self._loop, self._source = loop, source
