"""How long to wait after a failure: doubling, bounded, with full jitter."""

from __future__ import annotations

import attrs


@attrs.frozen
class Backoff:
    """Waits of ``min(cap, base * 2**failures) * random`` seconds: full jitter spreads those who failed together."""

    base: float = 0.5
    cap: float = 10.0

    def delay(self, failures: int, random: float) -> float:
        """Seconds to wait after `failures` earlier failures in a row (0 for the first); `random` is in [0, 1)."""
        ceiling: float = min(self.cap, self.base * 2.0 ** min(failures, 30))
        return ceiling * random
