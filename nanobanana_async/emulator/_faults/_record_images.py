"""The other ways in which an OpenAI-style gateway says the same thing (PROTOCOL §3).

Two things are said of a task there: the answer with the pictures in it, and the record of one that is polled, which has
that answer inside.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.emulator._faults._effect import RecordEffect, Said
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._tasks import Task


def _no_url(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    answer = said["data"] if "status" in said else said
    if not isinstance(answer, dict):
        return None
    empty = {**answer, "data": []}
    return said | {"data": empty} if "status" in said else empty


def _odd_case(_fault: Fault, _task: Task, said: Said, _now: float) -> Said | None:
    return said | {"status": str(said["status"]).lower()} if "status" in said else None


IMAGES: Mapping[FaultName, RecordEffect] = {"no-url": _no_url, "odd-case": _odd_case}
"""What each fault makes of an answer or a record; the others have nothing to act on."""
