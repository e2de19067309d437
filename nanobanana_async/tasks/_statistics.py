"""What a client is doing right now, as counts."""

from __future__ import annotations

import attrs

from nanobanana_async.pacing import Rate
from nanobanana_async.tasks._desk import Desk


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


def statistics_of(desk: Desk, *, awaited: int) -> Statistics:
    """What is going on at `desk`, where so many await something."""
    board, throttle = desk.board, desk.board.throttle
    return Statistics(
        queued=len(board.queue),
        preparing=len(desk.preparing),
        creating=board.on_the_wire,
        in_flight=board.in_flight,
        looking=board.looking,
        awaited=awaited,
        possible_duplicates=desk.possible_duplicates,
        cooldown=throttle.cooldown(desk.now()),
        rate=throttle.kept_rate,
        learned=throttle.learned,
    )
