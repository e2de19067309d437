"""The time of day for an emulator that lives on somebody's loop."""

from __future__ import annotations

import asyncio
import time

from attrs import define, field

from nanobanana_async.testing._virtual_time import VirtualTimeLoop


@define(eq=False)
class LoopClock:
    """Seconds since the epoch: virtual on a virtual-time loop, real on any other.

    It remembers the last loop that asked, so that a test that looks at what the emulator saw after its loop has ended
    sees it at the time at which that loop stood.
    """

    _virtual: VirtualTimeLoop | None = field(default=None, init=False)

    def __call__(self) -> float:
        """The time of day now."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            self._virtual = loop if isinstance(loop, VirtualTimeLoop) else None
        return time.time() if self._virtual is None else self._virtual.time_of_day()
