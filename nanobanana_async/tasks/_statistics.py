"""What a client is doing right now, as counts."""

from __future__ import annotations

import attrs

from nanobanana_async.pacing import Rate


@attrs.frozen(kw_only=True)
class Statistics:
    """Counts of items, and of exchanges on the wire.

    `cooldown` is for how many seconds nothing is sent because of refusals. `learned` names the limits that refusals
    have taught, where they are under those that were given: ``10/10 of 20/10``; `rate` is the one that is kept.
    """

    queued: int
    preparing: int
    creating: int
    in_flight: int
    looking: int
    awaited: int
    possible_duplicates: int
    cooldown: float
    rate: Rate
    learned: str = ""
